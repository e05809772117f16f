"""Use credit of a customer for an invoice: unapplied payments and credit memos. Kept here first, `sync` carries it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Case, F, QuerySet, Value, When
from django.utils.translation import gettext as _

from core.access import needs
from core.money import formatted, rounded
from core.plain import plain
from core.properties import put_defaults
from invoices import queries
from invoices.enums import CreditKind
from invoices.models import (
    CreditApplication,
    CreditDocument,
    CreditUse,
    Invoice,
    Payment,
    PaymentApplication,
)
from invoices.ports import accounting
from invoices.services.open_amounts import remaining_of, still_to_pay, unapplied_of, usable_sum
from invoices.services.payment_endings import tell
from invoices.services.payments import BadPayment


@dataclass(frozen=True)
class Credits:
    """What a customer has to use: each with the amount that is left of it, oldest first."""

    payments: Sequence[tuple[Payment, Decimal]]
    memos: Sequence[tuple[CreditDocument, Decimal]]


def available(invoice: Invoice) -> Credits:
    """The unapplied payments and open credit memos that an invoice could use; four statements."""
    if not invoice.customer_external_id:
        return Credits((), ())
    payments, memos = _of_customer(invoice)
    unapplied, remaining = unapplied_of(payments), remaining_of(memos)
    return Credits(
        [(payment, unapplied[payment.pk]) for payment in payments if unapplied[payment.pk] > 0],
        [(memo, remaining[memo.pk]) for memo in memos if remaining[memo.pk] > 0],
    )


def usable(invoice: Invoice) -> Decimal:
    """What ``available`` comes to; one statement."""
    return usable_sum(*_of_customer(invoice)) if invoice.customer_external_id else Decimal(0)


def _of_customer(invoice: Invoice) -> tuple[QuerySet[Payment], QuerySet[CreditDocument]]:
    of_customer = {
        "connection_id": invoice.connection_id,
        "customer_external_id": invoice.customer_external_id,
        "currency": invoice.currency,
        "removed_at": None,
        "voided": False,
    }
    payments = Payment.objects.filter(**of_customer, unapplied__gt=0, ending="").exclude(external_id="")
    memos = CreditDocument.objects.filter(**of_customer, kind=CreditKind.CREDIT_MEMO, remaining__gt=0, ending="")
    return (
        payments.defer("search").order_by("received_on", "pk")[:50],
        memos.exclude(external_id="").defer("search").order_by("issued_on", "pk")[:50],
    )


MOST_OFFERED = 5


def usable_for(memo: CreditDocument, user: Any) -> list[tuple[Invoice, Decimal]]:
    """The open invoices of ``user`` that a credit memo could be used for, each with the amount that fits.

    The invoice that it was made from comes first, then the customer's by due date.
    """
    unusable = memo.kind != CreditKind.CREDIT_MEMO or not memo.living or memo.ending or memo.remaining <= 0
    if unusable or not memo.customer_external_id:
        return []
    rows = (
        queries.visible_to(user)
        .filter(
            connection_id=memo.connection_id,
            customer_external_id=memo.customer_external_id,
            currency=memo.currency,
            balance__gt=0,
            removed_at=None,
            voided=False,
            ending="",
        )
        .exclude(external_id="")
    )
    own = Case(When(pk=memo.invoice_id or 0, then=Value(0)), default=Value(1))
    invoices = list(rows.defer("search").order_by(own, F("due_on").asc(nulls_last=True), "pk")[:MOST_OFFERED])
    left = remaining_of([memo])[memo.pk]
    to_pay = still_to_pay(invoices)
    fitting = [(invoice, min(left, to_pay[invoice.pk])) for invoice in invoices]
    return [(invoice, amount) for invoice, amount in fitting if amount > 0]


@needs("invoices.record_payment")
def apply_memo(memo: CreditDocument, invoice: Invoice, *, by: Any) -> Decimal:
    """Use as much of a credit memo for an invoice as fits, in one click; the amount. Raises BadPayment."""
    amount = min(remaining_of([memo])[memo.pk], still_to_pay([invoice])[invoice.pk])
    if amount <= 0:
        raise BadPayment(_("Nothing of this credit is left for invoice %s, or it is paid.") % invoice)
    apply_credits(invoice, memos=[(memo, amount)], request_id=uuid.uuid4(), by=by)
    return amount


@needs("invoices.record_payment")
@transaction.atomic
def apply_credits(
    invoice: Invoice,
    *,
    payments: Sequence[tuple[Payment, Decimal]] = (),
    memos: Sequence[tuple[CreditDocument, Decimal]] = (),
    request_id: uuid.UUID,
    by: Any,
) -> list[Payment]:
    """Use these amounts for the invoice; the payments that carry it. The same ``request_id`` again is free.

    Credit memos are used by one new payment over nothing, unapplied payments are applied themselves. Balances change
    when QuickBooks has it. Raises BadPayment with a sentence.
    """
    # Held first, as by everybody who pays an invoice: of two at once, the second sees what the first has used.
    locked = Invoice.objects.select_for_update(of=("self",)).defer("search").get(pk=invoice.pk)
    asked = ({p.pk: a for p, a in payments if a}, {m.pk: a for m, a in memos if a})
    made = _made_before(request_id, *asked)
    if made is not None:
        return made
    payments = [(payment, amount) for payment, amount in payments if amount]
    memos = [(memo, amount) for memo, amount in memos if amount]
    held = _held(Payment, [payment.pk for payment, _amount in payments])
    held_memos = _held(CreditDocument, [memo.pk for memo, _amount in memos])
    _check(locked, [(held[p.pk], amount) for p, amount in payments], [(held_memos[m.pk], a) for m, a in memos])
    carrying = []
    try:
        with transaction.atomic():
            if memos:
                carrying.append(_new_payment(locked, [(held_memos[m.pk], a) for m, a in memos], request_id, by))
            CreditUse.objects.bulk_create(
                CreditUse(
                    payment=held[payment.pk],
                    invoice=locked,
                    amount=amount,
                    request_id=_part_of(request_id, payment),
                    intent=request_id,
                    asked_by=by,
                )
                for payment, amount in payments
            )
    except IntegrityError:
        made = _made_before(request_id, *asked)
        if made is None:
            raise
        return made
    Invoice.objects.filter(pk=locked.pk).update(tracked=True)
    if memos:
        used = sum((amount for _memo, amount in memos), Decimal(0))
        numbers = [str(held_memos[memo.pk]) for memo, _amount in memos]
        tell("creditmemo.apply_requested", carrying[0], by=by, used=plain(used), credits=numbers)
    for payment, amount in payments:
        carrying.append(held[payment.pk])
        tell("payment.apply_requested", held[payment.pk], by=by, used=plain(amount), invoices=[locked.number])
    return carrying


@needs("invoices.record_payment")
@transaction.atomic
def give_up_use(use: CreditUse, *, by: Any) -> bool:
    """Drop the wish to use a payment that QuickBooks refused; False when it is under way or done."""
    locked = CreditUse.objects.select_for_update(of=("self",)).select_related("payment").filter(pk=use.pk).first()
    if locked is None or locked.done_at is not None or locked.refused_at is None:
        return False
    payment, amount = locked.payment, locked.amount
    locked.delete()
    accounting().forget_refusal(payment)
    tell("payment.use_discarded", payment, by=by, used=plain(amount))
    return True


def _part_of(request_id: uuid.UUID, payment: Payment) -> uuid.UUID:
    return uuid.uuid5(request_id, str(payment.pk))


def _made_before(
    request_id: uuid.UUID, payments: Mapping[int, Decimal], memos: Mapping[int, Decimal]
) -> list[Payment] | None:
    """What the same click made. Raises BadPayment where it asks for other amounts now.

    A form does not name again what is used up, so what was made may be more.
    """
    found = list(Payment.objects.filter(request_id=request_id).defer("search"))
    uses = list(CreditUse.objects.filter(intent=request_id).select_related("payment"))
    if not found and not uses:
        return None
    of_payments = {use.payment_id: use.amount for use in uses}
    of_memos = dict(CreditApplication.objects.filter(payment__in=found).values_list("credit_id", "amount"))
    same = all(of_payments.get(pk) == amount for pk, amount in payments.items())
    # Once QuickBooks has the payment, it may have been applied otherwise there.
    if found and not found[0].external_id:
        same = same and all(of_memos.get(pk) == amount for pk, amount in memos.items())
    if not same:
        raise BadPayment(_("Credit was used already, with other figures. Open the form again."))
    return found + [use.payment for use in uses]


def _held(model: Any, ids: Sequence[int]) -> dict[int, Any]:
    if len(set(ids)) != len(ids):
        raise BadPayment(_("A credit is named twice."))
    rows = model.objects.select_for_update(of=("self",)).defer("search").filter(pk__in=ids).order_by("pk")
    return {row.pk: row for row in rows}


def _new_payment(
    invoice: Invoice, memos: Sequence[tuple[CreditDocument, Decimal]], request_id: uuid.UUID, by: Any
) -> Payment:
    payment = Payment(
        connection_id=invoice.connection_id,
        request_id=request_id,
        customer_external_id=invoice.customer_external_id,
        customer_name=invoice.customer_name,
        received_on=accounting().today(invoice.connection_id),
        amount=Decimal(0),
        unapplied=Decimal(0),
        currency=invoice.currency,
        exchange_rate=invoice.exchange_rate,
        created_by=by,
    )
    put_defaults("payment", [payment])
    payment.save(force_insert=True)
    total = sum((amount for _memo, amount in memos), Decimal(0))
    PaymentApplication.objects.create(
        payment=payment, invoice=invoice, invoice_external_id=invoice.external_id, amount=total
    )
    CreditApplication.objects.bulk_create(
        CreditApplication(payment=payment, credit=memo, credit_external_id=memo.external_id, amount=amount)
        for memo, amount in memos
    )
    return payment


def _check(
    invoice: Invoice,
    payments: Sequence[tuple[Payment, Decimal]],
    memos: Sequence[tuple[CreditDocument, Decimal]],
) -> None:
    sources: list[tuple[Any, Decimal]] = [*payments, *memos]
    if not sources:
        raise BadPayment(_("Say how much of which credit is used."))
    if not invoice.external_id or invoice.removed_at is not None or invoice.voided or invoice.ending:
        raise BadPayment(_("Credit can't be used for invoice %s: QuickBooks does not have it.") % invoice)
    if refusal := accounting().edit_refusal(invoice):
        raise BadPayment(refusal)
    ours = (invoice.connection_id, invoice.customer_external_id, invoice.currency)
    for source, amount in sources:
        if (source.connection_id, source.customer_external_id, source.currency) != ours:
            raise BadPayment(_("Credit is used for invoices of its own customer, in its own currency."))
        if not source.living or source.ending:
            raise BadPayment(_("QuickBooks does not have this credit (any more)."))
        if amount < 0 or amount != rounded(amount, invoice.currency):
            raise BadPayment(_("%s is no amount that can be used.") % plain(amount))
    left_of = unapplied_of(payment for payment, _amount in payments)
    left_in = remaining_of(memo for memo, _amount in memos)
    for left, (source, amount) in [
        *((left_of[payment.pk], (payment, amount)) for payment, amount in payments),
        *((left_in[memo.pk], (memo, amount)) for memo, amount in memos),
    ]:
        if amount > left:
            words = {"left": formatted(left, invoice.currency), "source": source}
            raise BadPayment(_("Only %(left)s is left of %(source)s.") % words)
    total = sum((amount for _source, amount in sources), Decimal(0))
    to_pay = still_to_pay([invoice])[invoice.pk]
    if total > to_pay:
        left_words = formatted(to_pay, invoice.currency)
        raise BadPayment(_("Invoice %(number)s has only %(left)s to pay.") % {"number": invoice, "left": left_words})
