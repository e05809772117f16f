"""What the CRM tells core about merging: what points to records of any kind, and what it is called."""

from django.utils.translation import gettext_lazy as _

from core.merging import add_pointer, labels
from crm.models import ActivityLink, Association, Task


def register() -> None:
    """Fill the registries."""
    add_pointer(Task, "about_type", "about_id", _("Tasks"))
    add_pointer(ActivityLink, "object_type", "object_id", _("Activities"))
    add_pointer(Association, "from_type", "from_id", _("Associations"), other=("to_type", "to_id"))
    add_pointer(Association, "to_type", "to_id", _("Associations"), other=("from_type", "from_id"))
    labels.update(
        {
            "crm.dealcontact": _("Deals"),
            "crm.dealline": _("Line items of deals"),
            "crm.quoteline": _("Line items of quotes"),
            "invoices.invoiceline": _("Lines of invoices"),
            "invoices.estimateline": _("Lines of estimates"),
        }
    )
