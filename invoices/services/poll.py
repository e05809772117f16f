"""What time alone changes: invoices become overdue, and deals follow. Never asks QuickBooks itself."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from core.events import Draft, emit_many
from core.models import Origin
from invoices.enums import InvoiceStatus
from invoices.models import Invoice
from invoices.ports import accounting
from invoices.services import billing
from invoices.services.associations import about_of
from invoices.services.changes import event_data
from invoices.status import status_of

SLICE = 1000
NOT_YET_DUE = (InvoiceStatus.WAITING, InvoiceStatus.SENT, InvoiceStatus.PARTIAL)
OPEN = (*NOT_YET_DUE, InvoiceStatus.OVERDUE)


@dataclass(frozen=True)
class Polled:
    """What one poll did. ``next_deal`` is where to go on repairing deals; 0 when all were seen."""

    invoices: int
    deals: int
    next_deal: int


def poll_status(*, now: datetime.datetime, after_deal: int = 0) -> Polled:
    """Re-derive statuses that depend on the date, and repair deals whose figures are not those of their invoices.

    Invoices first, in slices of SLICE, each its own transaction; then one slice of deals. Two polls at a time are
    harmless: each slice skips rows that the other one holds.
    """
    changed = 0
    if after_deal == 0:
        for today, connection_ids in _companies_by_date().items():
            while moved := _slice(connection_ids, today):
                changed += moved
        accounting().ask_for_stale_pulls(now=now)
    repaired, next_deal = _repair(after_deal)
    return Polled(changed, repaired, next_deal)


def _companies_by_date() -> dict[datetime.date, list[int]]:
    """Companies by their today: at any moment there are at most three different dates on earth."""
    companies: dict[datetime.date, list[int]] = {}
    for connection_id, today in accounting().todays().items():
        companies.setdefault(today, []).append(connection_id)
    return companies


@transaction.atomic
def _slice(connection_ids: Sequence[int], today: datetime.date) -> int:
    """Bring up to SLICE invoices whose status the date has changed up to date; returns how many."""
    dated = Q(status__in=NOT_YET_DUE, due_on__lt=today) | Q(status=InvoiceStatus.OVERDUE, due_on__gte=today)
    found = list(
        Invoice.objects.filter(dated, connection_id__in=connection_ids, removed_at=None, balance__gt=0)
        .exclude(external_id="")
        .select_for_update(skip_locked=True)
        .defer("search")
        .order_by("pk")[:SLICE]
    )
    by_status: dict[InvoiceStatus, list[Invoice]] = {}
    for invoice in found:
        by_status.setdefault(_status(invoice, today), []).append(invoice)
    now = timezone.now()
    for status, invoices in by_status.items():
        Invoice.objects.filter(pk__in=[invoice.pk for invoice in invoices]).update(status=status, updated_at=now)
        for invoice in invoices:
            invoice.status = status
    if found:
        about = about_of({invoice.pk: invoice.deal_id for invoice in found})
        billing.recompute_deals(invoice.deal_id for invoice in found)
        overdue = by_status.get(InvoiceStatus.OVERDUE, [])
        emit_many(
            [Draft("invoice.overdue", "invoice", i.pk, about[i.pk], event_data(i)) for i in overdue],
            origin=Origin.SYSTEM,
        )
    return len(found)


def _status(invoice: Invoice, today: datetime.date) -> InvoiceStatus:
    return status_of(
        total=invoice.total,
        balance=invoice.balance,
        due_on=invoice.due_on,
        emailed=invoice.emailed,
        voided=invoice.voided,
        today=today,
    )


@transaction.atomic
def _repair(after_deal: int) -> tuple[int, int]:
    """Recompute a slice of the deals with open invoices; only wrong ones are written, each with a timeline entry."""
    ids = list(
        Invoice.objects.filter(status__in=OPEN, deal_id__gt=after_deal)
        .order_by("deal_id")
        .values_list("deal_id", flat=True)
        .distinct()[:SLICE]
    )
    wrong = billing.recompute_deals(ids)
    emit_many([Draft("deal.billing_repaired", "deal", pk) for pk in wrong], origin=Origin.SYSTEM)
    return len(wrong), ids[-1] if len(ids) == SLICE and ids[-1] else 0
