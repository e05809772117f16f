"""Move an invoice to a deal or away from it; both deals' figures follow."""

from typing import Any

from core.access import needs
from crm.models import Deal
from invoices.models import Invoice
from invoices.services import links


class OnAnotherDeal(Exception):
    """The invoice counts for another deal already; moving it has to be confirmed."""

    def __init__(self, deal: Deal) -> None:
        super().__init__(str(deal))
        self.deal = deal


@needs("invoices.create")
def link_to_deal(invoice: Invoice, deal: Deal, *, by: Any, move: bool = False) -> Invoice:
    """Let ``invoice`` count for ``deal``. Raises OnAnotherDeal unless ``move`` says that this was asked."""
    added = links.add([invoice.pk], deal, by=by, move=[invoice.pk] if move else [])
    row = Invoice.objects.defer("search").select_related("deal").get(pk=invoice.pk)
    if added.elsewhere and row.deal is not None:
        raise OnAnotherDeal(row.deal)
    return row


@needs("invoices.create")
def unlink(invoice: Invoice, *, by: Any) -> Invoice:
    """Take ``invoice`` off its deal; no rule puts it back there. Nothing happens when it is on none."""
    row = Invoice.objects.defer("search").select_related("deal").get(pk=invoice.pk)
    if row.deal is not None:
        links.take_off(row, row.deal, by=by)
        row.refresh_from_db(fields=["deal", "updated_at"])
    return row
