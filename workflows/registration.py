"""What workflows add to the registries: their types of steps, and what of theirs points to records."""

from django.utils.translation import gettext_lazy as _

from core.merging import add_pointer
from workflows.models import Enrolment, MadeRecord, Matching
from workflows.steps import crm, estimates, flow, messages, quickbooks, sales_receipts


def register() -> None:
    """Fill the registries."""
    flow.register()
    crm.register()
    quickbooks.register()
    estimates.register()
    sales_receipts.register()
    messages.register()
    add_pointer(Enrolment, "object_type", "record_id", _("Workflow runs"))
    add_pointer(MadeRecord, "object_type", "object_id", _("Workflow runs"))
    add_pointer(Matching, "object_type", "object_id", _("Workflows"))
