"""Move an invoice to a deal or away from it; both deals' figures follow."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from core.events import emit
from crm.models import Deal
from invoices.models import Invoice
from invoices.services import billing


class OnAnotherDeal(Exception):
    """The invoice counts for another deal already; moving it has to be confirmed."""

    def __init__(self, deal: Deal) -> None:
        super().__init__(str(deal))
        self.deal = deal


@transaction.atomic
def link_to_deal(invoice: Invoice, deal: Deal, *, by: Any, move: bool = False) -> Invoice:
    """Let ``invoice`` count for ``deal``. Raises OnAnotherDeal unless ``move`` says that this was asked.

    An invoice made in QuickBooks is tracked from then on, so that it stays up to date with invoice sync off.
    """
    locked = Invoice.objects.select_for_update().defer("search").get(pk=invoice.pk)
    former = locked.deal
    if former is not None and former.pk == deal.pk:
        return locked
    if former is not None and not move:
        raise OnAnotherDeal(former)
    Invoice.objects.filter(pk=locked.pk).update(deal=deal, tracked=True, updated_at=timezone.now())
    billing.recompute_deals([deal.pk, former.pk if former else None])
    locked.refresh_from_db(fields=["deal", "tracked", "updated_at"])
    if former is not None:
        emit("invoice.unlinked", locked, by=by, about=[former], number=locked.number, deal=former.name)
    emit("invoice.linked", locked, by=by, about=[deal], number=locked.number, deal=deal.name)
    return locked


@transaction.atomic
def unlink(invoice: Invoice, *, by: Any) -> Invoice:
    """Take ``invoice`` off its deal. Nothing happens when it is on none."""
    locked = Invoice.objects.select_for_update().defer("search").get(pk=invoice.pk)
    former = locked.deal
    if former is None:
        return locked
    Invoice.objects.filter(pk=locked.pk).update(deal=None, updated_at=timezone.now())
    billing.recompute_deals([former.pk])
    locked.refresh_from_db(fields=["deal", "updated_at"])
    emit("invoice.unlinked", locked, by=by, about=[former], number=locked.number, deal=former.name)
    return locked
