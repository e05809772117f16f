"""What deals have been invoiced: the five properties and the roll-ups, for any number of deals at once."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import F

from crm.models import Deal
from crm.services import deals
from crm.services.deals import DealBillingValues
from invoices.enums import InvoiceStatus
from invoices.models import Invoice
from invoices.totals import converted

ZERO = Decimal(0)
OPEN = (InvoiceStatus.WAITING, InvoiceStatus.SENT, InvoiceStatus.PARTIAL, InvoiceStatus.OVERDUE)


@dataclass(frozen=True)
class Billed:
    """An invoice as far as its deal is concerned."""

    deal_id: int
    number: str
    status: str
    recipient: str
    due_on: datetime.date | None
    currency: str
    home_currency: str
    exchange_rate: Decimal
    total: Decimal
    balance: Decimal

    def money(self, amount: Decimal, currency: str) -> Decimal | None:
        """``amount`` of this invoice in ``currency``; None when its own rate does not lead there."""
        return amount_in(amount, currency, self.currency, self.home_currency, self.exchange_rate)


def amount_in(amount: Decimal, wanted: str, currency: str, home_currency: str, rate: Decimal) -> Decimal | None:
    """``amount`` of an invoice in ``currency`` in the ``wanted`` one, at the invoice's rate to the home currency."""
    if currency == wanted:
        return amount
    return converted(amount, rate, wanted) if home_currency == wanted else None


@transaction.atomic
def recompute_deals(deal_ids: Iterable[int | None]) -> list[int]:
    """Bring the invoice properties and roll-ups of these deals up to date; returns the deals that changed.

    Two reads and one write whatever the number of deals. Invoices count as soon as QuickBooks has them and until
    they are deleted there. The five properties are those of the invoice that changed last in QuickBooks.
    """
    ids = sorted({pk for pk in deal_ids if pk})
    if not ids:
        return []
    # Locked in order of ids, so that of two changes on one deal the second one sees the first.
    locked = Deal.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    currencies = dict(locked.values_list("pk", "currency"))
    invoices: dict[int, list[Billed]] = {pk: [] for pk in currencies}
    for billed in _billed(list(currencies)):
        invoices[billed.deal_id].append(billed)
    return deals.set_billing([billing_of(pk, currencies[pk], found) for pk, found in invoices.items()])


def _billed(deal_ids: list[int]) -> list[Billed]:
    """The invoices of deals, those that changed last in QuickBooks first."""
    rows = (
        Invoice.objects.filter(deal_id__in=deal_ids, removed_at=None)
        .exclude(external_id="")
        .order_by("deal_id", F("remote_updated_at").desc(nulls_last=True), "-pk")
        .values_list(
            "deal_id",
            "number",
            "status",
            "recipient",
            "customer_name",
            "due_on",
            "currency",
            "connection__home_currency",
            "exchange_rate",
            "total",
            "balance",
        )
    )
    return [
        Billed(deal_id, number, status, recipient or customer, due_on, currency, home, rate, total, balance)
        for deal_id, number, status, recipient, customer, due_on, currency, home, rate, total, balance in rows
    ]


def billing_of(deal_id: int, currency: str, invoices: list[Billed]) -> DealBillingValues:
    """The billing of one deal from its invoices, the latest first. Money that can't be converted is left out."""
    if not invoices:
        return DealBillingValues(deal_id=deal_id, currency=currency)
    latest = invoices[0]
    alive = [invoice for invoice in invoices if invoice.status not in (InvoiceStatus.VOIDED, InvoiceStatus.DRAFT)]
    billed = sum((invoice.money(invoice.total, currency) or ZERO for invoice in alive), ZERO)
    outstanding = sum((invoice.money(invoice.balance, currency) or ZERO for invoice in alive), ZERO)
    overdue = [invoice for invoice in alive if invoice.status == InvoiceStatus.OVERDUE]
    dues = [invoice.due_on for invoice in alive if invoice.due_on and invoice.status in OPEN]
    return DealBillingValues(
        deal_id=deal_id,
        invoice_amount_billed=latest.money(latest.total, currency),
        invoice_recipient=latest.recipient,
        invoice_number=latest.number,
        invoice_status=latest.status,
        invoice_due_on=latest.due_on,
        currency=currency,
        billed=billed,
        paid=billed - outstanding,
        outstanding=outstanding,
        overdue=sum((invoice.money(invoice.balance, currency) or ZERO for invoice in overdue), ZERO),
        next_due_on=min(dues, default=None),
        invoices=len(invoices),
    )
