"""Files of invoices and of the drafts that become invoices."""

from typing import Any

from django.db.models import Q, QuerySet

from core import registry
from invoices import queries
from invoices.models import Approval, InvoiceDraft
from invoices.ports import accounting

DRAFT = "invoicedraft"
APPROVE = "invoices.approve"


def drafts_visible_to(user: Any) -> QuerySet[InvoiceDraft]:
    """A person's own drafts; that of a refused invoice is everybody's, one that waits those people's who approve."""
    mine = Q(owner=user) | Q(invoice__isnull=False)
    if user.has_perm(APPROVE):
        mine |= Q(approval=Approval.ASKED)
    return InvoiceDraft.objects.filter(mine)


def register() -> None:
    """Let files be put on invoices and on drafts."""
    registry.add_file_host(
        "invoice",
        registry.FileHost(
            queries.visible_to,
            "invoices.create",
            "invoices:invoice-detail",
            sees="invoices.view",
            accounting=True,
            standing=lambda file_ids: accounting().file_marks(file_ids),
        ),
    )
    registry.add_file_host(DRAFT, registry.FileHost(drafts_visible_to, "invoices.create", accounting=True))
