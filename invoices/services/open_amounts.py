"""What is still to pay or to use: the figures of QuickBooks less what is on its way there."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from core.fields import MoneyField
from invoices.models import CreditApplication, CreditDocument, CreditUse, Invoice, Payment, PaymentApplication

ZERO = Decimal(0)


def still_to_pay(invoices: Iterable[Invoice]) -> dict[int, Decimal]:
    """The balance of each invoice less the payments and credits on their way, by id; two statements."""
    rows = list(invoices)
    ids = [invoice.pk for invoice in rows]
    parts = PaymentApplication.objects.filter(invoice__in=ids, payment__external_id="", payment__removed_at=None)
    coming = dict(parts.values_list("invoice_id").annotate(sum=Sum("amount")).order_by())
    uses = CreditUse.objects.filter(invoice__in=ids, done_at=None, refused_at=None)
    used = dict(uses.values_list("invoice_id").annotate(sum=Sum("amount")).order_by())
    return {each.pk: each.balance - coming.get(each.pk, ZERO) - used.get(each.pk, ZERO) for each in rows}


def usable_sum(payments: QuerySet[Payment], memos: QuerySet[CreditDocument]) -> Decimal:
    """What is left of all of these together, less what is on its way; one statement."""
    uses = CreditUse.objects.filter(payment=OuterRef("pk"), done_at=None, refused_at=None)
    coming = CreditApplication.objects.filter(credit=OuterRef("pk"), payment__external_id="", payment__removed_at=None)
    left = _less(payments, "unapplied", uses.values("payment")).union(
        _less(memos, "remaining", coming.values("credit")), all=True
    )
    return sum((amount for (amount,) in left if amount > 0), ZERO)


def _less(rows: QuerySet[Any], column: str, used: QuerySet[Any]) -> QuerySet[Any]:
    summed = Subquery(used.order_by().annotate(sum=Sum("amount")).values("sum"))
    return rows.values_list(F(column) - Coalesce(summed, ZERO, output_field=MoneyField()))


def unapplied_of(payments: Iterable[Payment]) -> dict[int, Decimal]:
    """What of each payment pays no invoice yet, less what is on its way, by id; one statement."""
    rows = list(payments)
    uses = CreditUse.objects.filter(payment__in=[row.pk for row in rows], done_at=None, refused_at=None)
    used = dict(uses.values_list("payment_id").annotate(sum=Sum("amount")).order_by())
    return {each.pk: each.unapplied - used.get(each.pk, ZERO) for each in rows}


def remaining_of(documents: Iterable[CreditDocument]) -> dict[int, Decimal]:
    """What of each credit memo is unused, less what is on its way, by id; one statement."""
    rows = list(documents)
    uses = CreditApplication.objects.filter(
        credit__in=[row.pk for row in rows], payment__external_id="", payment__removed_at=None
    )
    used = dict(uses.values_list("credit_id").annotate(sum=Sum("amount")).order_by())
    return {each.pk: each.remaining - used.get(each.pk, ZERO) for each in rows}
