"""What deals have been invoiced: the five properties and the roll-ups, for any number of deals at once."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import F

from crm.models import Deal
from crm.services import deals
from crm.services.deals import DealBillingValues
from invoices.enums import InvoiceStatus
from invoices.models import Invoice, InvoicingSettings
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
    across: Decimal | None = None  # home currency for one of the deal's, where the deal has a third currency

    def money(self, amount: Decimal, currency: str) -> Decimal | None:
        """``amount`` of this invoice in ``currency``; None when no rate leads there."""
        return amount_in(amount, currency, self.currency, self.home_currency, self.exchange_rate, self.across)


def amount_in(
    amount: Decimal, wanted: str, currency: str, home_currency: str, rate: Decimal, across: Decimal | None = None
) -> Decimal | None:
    """``amount`` of an invoice in ``currency`` in the ``wanted`` one, at the invoice's rate to the home currency.

    ``across`` is how much of the home currency one of the wanted one is, where that is a third one; None when no
    rate leads there.
    """
    if currency == wanted:
        return amount
    if home_currency == wanted:
        return converted(amount, rate, wanted)
    return converted(amount * rate / across, Decimal(1), wanted) if across else None


def rates_across(wanted: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Decimal]:
    """By company and currency, the rate of the company's newest invoice in that currency: for deals in a third one."""
    pairs = set(wanted)
    if not pairs:
        return {}
    rows = (
        Invoice.objects.filter(
            connection_id__in={pk for pk, _currency in pairs}, currency__in={currency for _pk, currency in pairs}
        )
        .exclude(external_id="")
        .order_by("connection_id", "currency", "-issued_on", "-pk")
        .distinct("connection_id", "currency")
    )
    found = rows.values_list("connection_id", "currency", "exchange_rate")
    return {(pk, currency): rate for pk, currency, rate in found if rate and (pk, currency) in pairs}


def skipping() -> set[int]:
    """The companies whose invoices count towards a deal in its own currency only."""
    return set(InvoicingSettings.objects.filter(skip_other_currencies=True).values_list("connection_id", flat=True))


@transaction.atomic
def recompute_deals(deal_ids: Iterable[int | None]) -> list[int]:
    """Bring the invoice properties and roll-ups of these deals up to date; returns the deals that changed.

    Three reads and one write whatever the number of deals, and one more read for deals in a third currency. Invoices
    count as soon as QuickBooks has them and until they are deleted there. The five properties are those of the invoice
    that changed last in QuickBooks.
    """
    ids = sorted({pk for pk in deal_ids if pk})
    if not ids:
        return []
    # Locked in order of ids, so that of two changes on one deal the second one sees the first.
    locked = Deal.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    currencies = dict(locked.values_list("pk", "currency"))
    invoices: dict[int, list[Billed]] = {pk: [] for pk in currencies}
    for billed in _billed(currencies):
        invoices[billed.deal_id].append(billed)
    return deals.set_billing([billing_of(pk, currencies[pk], found) for pk, found in invoices.items()])


def _billed(currencies: Mapping[int, str]) -> list[Billed]:
    """The invoices of deals that count, those that changed last in QuickBooks first. ``currencies`` are the deals'."""
    rows = list(
        Invoice.objects.filter(deal_id__in=list(currencies), removed_at=None)
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
            "connection_id",
        )
    )
    skipped = skipping()
    third = {
        (company, currencies[deal_id])
        for deal_id, *_some, currency, home, _rate, _total, _balance, company in rows
        if currencies[deal_id] not in (currency, home)
    }
    across = rates_across(third)
    return [
        Billed(
            deal_id,
            number,
            status,
            recipient or customer,
            due_on,
            currency,
            home,
            rate,
            total,
            balance,
            across.get((company, currencies[deal_id])),
        )
        for deal_id, number, status, recipient, customer, due_on, currency, home, rate, total, balance, company in rows
        if not (company in skipped and currency != currencies[deal_id])
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
