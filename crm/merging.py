"""What the CRM tells core about merging: what points to records of any kind, and what it is called."""

from django.utils.translation import gettext_lazy as _

from core.merging import add_mover, add_pointer, labels, staying
from crm.models import ActivityLink, Association, Task
from crm.services import deal_merging


def register() -> None:
    """Fill the registries."""
    add_pointer(Task, "about_type", "about_id", _("Tasks"))
    add_pointer(ActivityLink, "object_type", "object_id", _("Activities"))
    add_pointer(Association, "from_type", "from_id", _("Associations"), other=("to_type", "to_id"))
    add_pointer(Association, "to_type", "to_id", _("Associations"), other=("from_type", "from_id"))
    # A deal's way through the stages is its own, its roll-ups are added up anew, and lines are asked about.
    staying.update({"crm.stagechange.deal_id", "crm.dealbilling.deal_id", "crm.dealline.deal_id"})
    add_mover("deals", deal_merging.MOVER)
    labels.update(
        {
            "crm.dealcontact": _("Deals"),
            "crm.dealcontact.deal_id": _("Contacts"),
            "crm.dealline": _("Line items of deals"),
            "crm.quoteline": _("Line items of quotes"),
            "invoices.invoiceline": _("Lines of invoices"),
            "invoices.estimateline": _("Lines of estimates"),
        }
    )
