"""Record a payment in the CRM. The intent is written here; no balance changes until QuickBooks has it."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import needs
from core.money import formatted, rounded
from core.plain import plain
from core.properties import put_defaults
from invoices.models import Invoice, Payment, PaymentApplication
from invoices.ports import accounting
from invoices.reading import LARGEST_AMOUNT
from invoices.services.open_amounts import still_to_pay
from invoices.services.payment_endings import tell

LONGEST_REFERENCE = 21
MOST_RATE = Decimal(1_000_000_000)


class BadPayment(ValueError):
    """The payment can't be recorded like this; the message says what to change."""


class NotDiscardable(Exception):
    """The payment can't be given up now; the message says why."""


class IntentReused(Exception):
    """The request id was used before, for another payment."""


@dataclass(frozen=True)
class Received:
    """Money that came in. ``parts`` are the invoices it pays with the amount for each; the rest stays as credit.

    ``amount`` and parts are in the invoices' currency, which all share, as they share company and customer.
    """

    amount: Decimal
    received_on: datetime.date
    parts: Sequence[tuple[Invoice, Decimal]]
    method_external_id: str = ""
    method_name: str = ""
    reference: str = ""
    note: str = ""
    deposit_account_external_id: str = ""
    deposit_account_name: str = ""
    exchange_rate: Decimal | None = None  # empty: the first invoice's


@needs("invoices.record_payment")
@transaction.atomic
def record(received: Received, *, request_id: uuid.UUID, by: Any) -> Payment:
    """The payment, on its way to QuickBooks; the same ``request_id`` again gives the same payment.

    Emits ``payment.requested``. Raises BadPayment with a sentence, or IntentReused.
    """
    if made := _made_before(received, request_id):
        return made
    invoices = _locked(received)
    first = invoices[received.parts[0][0].pk]
    _check(received, invoices)
    payment = Payment(
        connection_id=first.connection_id,
        request_id=request_id,
        customer_external_id=first.customer_external_id,
        customer_name=first.customer_name,
        received_on=received.received_on,
        amount=received.amount,
        unapplied=received.amount - sum((part for _invoice, part in received.parts), Decimal(0)),
        currency=first.currency,
        exchange_rate=received.exchange_rate or first.exchange_rate,
        deposit_account_external_id=received.deposit_account_external_id,
        deposit_account_name=received.deposit_account_name,
        method_external_id=received.method_external_id,
        method_name=received.method_name,
        reference=received.reference.strip(),
        note=received.note.strip(),
        created_by=by,
    )
    put_defaults("payment", [payment])
    try:
        with transaction.atomic():
            payment.save(force_insert=True)
    except IntegrityError:
        if made := _made_before(received, request_id):
            return made
        raise
    PaymentApplication.objects.bulk_create(
        PaymentApplication(
            payment=payment,
            invoice=invoices[invoice.pk],
            invoice_external_id=invoices[invoice.pk].external_id,
            amount=part,
        )
        for invoice, part in received.parts
    )
    # Whoever follows an invoice from here on is told when QuickBooks has the payment.
    Invoice.objects.filter(pk__in=invoices).update(tracked=True)
    tell("payment.requested", payment, by=by)
    return payment


@needs("invoices.record_payment")
@transaction.atomic
def discard_payment(payment: Payment, *, by: Any) -> Payment:
    """Give up a payment that QuickBooks does not have: refused, or still waiting. It counts for nothing any more.

    Emits ``payment.discarded``; a second time does nothing. If QuickBooks had taken it after all, the next read brings
    it back. Raises NotDiscardable with a sentence.
    """
    locked = Payment.objects.select_for_update(of=("self",)).get(pk=payment.pk)
    if locked.external_id or locked.request_id is None:
        raise NotDiscardable(_("QuickBooks has this payment. Void or delete it instead."))
    if locked.removed_at is not None:
        return locked
    if refusal := accounting().give_up_payment(locked):
        raise NotDiscardable(refusal)
    locked.removed_at = timezone.now()
    locked.save(update_fields=["removed_at"])
    tell("payment.discarded", locked, by=by)
    return locked


@needs("invoices.record_payment")
@transaction.atomic
def correct_payment(payment: Payment, received: Received, *, request_id: uuid.UUID, by: Any) -> Payment:
    """Record ``received`` in place of a payment that QuickBooks does not have; the same ``request_id`` is free.

    Raises what ``discard_payment`` and ``record`` raise; then nothing has changed.
    """
    if made := _made_before(received, request_id):
        return made
    discard_payment(payment, by=by)
    return record(received, request_id=request_id, by=by)


def _made_before(received: Received, request_id: uuid.UUID) -> Payment | None:
    made = Payment.objects.filter(request_id=request_id).first()
    if made is None:
        return None
    parts = {(a.invoice_id, plain(a.amount)) for a in made.applications.all()}
    wanted = {(invoice.pk, plain(part)) for invoice, part in received.parts}
    same = (plain(made.amount), made.received_on) == (plain(received.amount), received.received_on)
    # QuickBooks may have applied it otherwise meanwhile; then only what it is tells it apart.
    if not same or (not made.external_id and parts != wanted):
        raise IntentReused
    return made


def _locked(received: Received) -> dict[int, Invoice]:
    if not received.parts:
        raise BadPayment(_("Choose an invoice that this payment is for."))
    ids = [invoice.pk for invoice, _part in received.parts]
    if len(set(ids)) != len(ids):
        raise BadPayment(_("An invoice is named twice."))
    rows = Invoice.objects.filter(pk__in=ids).select_for_update(of=("self",)).select_related("deal").defer("search")
    return {invoice.pk: invoice for invoice in rows.order_by("pk")}


def _check(received: Received, invoices: dict[int, Invoice]) -> None:
    shared = {(i.connection_id, i.customer_external_id, i.currency) for i in invoices.values()}
    if len(shared) != 1:
        raise BadPayment(_("One payment pays invoices of one customer, in one currency and one QuickBooks company."))
    currency = next(iter(invoices.values())).currency
    if received.exchange_rate is not None and not Decimal(0) < received.exchange_rate < MOST_RATE:
        raise BadPayment(_("The exchange rate has to be more than 0."))
    if not Decimal(0) < received.amount <= LARGEST_AMOUNT:
        raise BadPayment(_("The amount has to be more than 0."))
    if len(received.reference.strip()) > LONGEST_REFERENCE:
        raise BadPayment(_("A reference may have at most %d characters.") % LONGEST_REFERENCE)
    for amount in (received.amount, *(part for _invoice, part in received.parts)):
        if amount != rounded(amount, currency):
            raise BadPayment(_("%(amount)s has more decimals than %(currency)s has.") % {
                "amount": plain(amount), "currency": currency,
            })  # fmt: skip
    total = sum((part for _invoice, part in received.parts), Decimal(0))
    if total > received.amount:
        raise BadPayment(_("The invoices get more than the payment's amount."))
    left = still_to_pay(invoices.values())
    for invoice, part in received.parts:
        _check_part(invoices[invoice.pk], part, left[invoice.pk])


def _check_part(invoice: Invoice, part: Decimal, left: Decimal) -> None:
    if not invoice.external_id or invoice.removed_at is not None or invoice.voided or invoice.ending:
        raise BadPayment(_("Invoice %s can't be paid: QuickBooks does not have it.") % invoice)
    if refusal := accounting().edit_refusal(invoice):
        raise BadPayment(refusal)
    if not Decimal(0) < part:
        raise BadPayment(_("Each invoice gets more than 0."))
    if part > left:
        words = {"number": invoice, "left": formatted(left, invoice.currency)}
        raise BadPayment(_("Invoice %(number)s has only %(left)s to pay.") % words)
