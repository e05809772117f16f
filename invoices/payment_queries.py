"""Reads of payments and credit documents, each with a fixed number of statements."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.urls import reverse

from accounts.visibility import Sight, within
from core.money import NotAnAmount
from core.search import matching
from invoices import queries
from invoices.enums import CreditKind
from invoices.models import CreditApplication, CreditDocument, Payment, PaymentApplication
from invoices.ports import accounting
from invoices.reading import number

SHOWN = 10


def credits_visible_to(user: Any) -> QuerySet[CreditDocument]:
    """Credit memos, refunds and sales receipts that ``user`` may see.

    Those that they made, of deals that they own, and made from or used for invoices that they may see.
    """
    rows = CreditDocument.objects.defer("search")
    return within(rows, user, _ways) if user.has_perm("invoices.view") else rows.none()


def _ways(sight: Sight) -> list[QuerySet[Any, Any]]:
    of_invoices = sight.seen("invoice", queries.ways)
    paying = PaymentApplication.objects.filter(of_invoices, invoice__isnull=False).values_list("payment_id")
    found = [
        CreditDocument.objects.filter(sight.by("created_by")).values_list("pk"),
        CreditDocument.objects.filter(sight.own("deal__owner"), deal__isnull=False).values_list("pk"),
        CreditDocument.objects.filter(of_invoices, invoice__isnull=False).values_list("pk"),
        CreditApplication.objects.filter(credit__isnull=False, payment__in=paying).values_list("credit_id"),
    ]
    if sight.unassigned:
        lone = CreditDocument.objects.filter(created_by=None, deal=None, invoice=None, applications=None)
        found.append(lone.values_list("pk"))
    return found


def found_by(text: str, column: str) -> Q:
    """Records by words, or by just that amount."""
    words = matching(text)
    wanted = Q(search=words) if words is not None else Q(pk__in=[])
    try:
        amount = number(text)
    except (NotAnAmount, ValueError):
        return wanted
    return wanted | Q(**{column: amount}) if abs(amount) < 10**14 else wanted


def payment_found_by(text: str) -> Q:
    """Payments by customer, reference or amount."""
    return found_by(text, "amount")


def credit_found_by(text: str) -> Q:
    """Credit documents by number, customer, reference or amount."""
    return found_by(text, "total")


@dataclass(frozen=True)
class Line:
    """A payment or document of the card."""

    kind: str  # payment or the kind of document
    record: Any
    title: str
    on: datetime.date | None
    amount: Decimal
    currency: str
    left: Decimal  # what is unapplied or unused
    url: str


@dataclass(frozen=True)
class Money:
    """What the card prints: the newest lines, whether there are more, and credit that can be used, by currency."""

    lines: Sequence[Line]
    more: bool
    credit: Sequence[tuple[str, Decimal]]


def money_of(object_type: str, pk: int, user: Any) -> Money:
    """Payments, credits, refunds and receipts of a deal's invoices, or of the customers that a record is."""
    payments, documents = _rows(object_type, pk, user)
    newest = list(payments.order_by("-received_on", "-pk")[: SHOWN + 1])
    papers = list(documents.order_by("-issued_on", "-pk")[: SHOWN + 1])
    lines = [_payment_line(payment) for payment in newest] + [_document_line(document) for document in papers]
    lines.sort(key=lambda line: (line.on or datetime.date.min, line.record.created_at), reverse=True)
    return Money(lines[:SHOWN], len(lines) > SHOWN, _credit(payments, documents))


def credit_memos_of(object_type: str, pk: int, user: Any, limit: int) -> list[CreditDocument]:
    """The newest credit memos of a deal's invoices, or of the customers that a record is."""
    _payments, documents = _rows(object_type, pk, user)
    return list(documents.filter(kind=CreditKind.CREDIT_MEMO).order_by("-issued_on", "-pk")[:limit])


def _rows(object_type: str, pk: int, user: Any) -> tuple[QuerySet[Payment], QuerySet[CreditDocument]]:
    payments = queries.payments_visible_to(user).filter(removed_at=None).defer("search")
    documents = credits_visible_to(user).filter(removed_at=None)
    if object_type == "deal":
        paying = Q(pk__in=Payment.objects.filter(applications__invoice__deal_id=pk).values("pk"))
        used = CreditDocument.objects.filter(
            Q(invoice__deal_id=pk) | Q(applications__payment__applications__invoice__deal_id=pk)
        )
        return payments.filter(paying), documents.filter(pk__in=used.values("pk"))
    wanted = Q(pk__in=[])
    for connection_id, customer in accounting().customers_of(object_type, pk):
        wanted |= Q(connection_id=connection_id, customer_external_id=customer)
    return payments.filter(wanted), documents.filter(wanted)


def _credit(payments: QuerySet[Payment], documents: QuerySet[CreditDocument]) -> list[tuple[str, Decimal]]:
    """What can still be used, by currency."""
    open_payments = payments.filter(unapplied__gt=0, voided=False).exclude(external_id="").order_by()
    open_memos = documents.filter(remaining__gt=0, voided=False, kind=CreditKind.CREDIT_MEMO).order_by()
    found: dict[str, Decimal] = {}
    for rows, column in ((open_payments, "unapplied"), (open_memos, "remaining")):
        for currency, total in rows.values_list("currency").annotate(total=Sum(column)):
            found[currency] = found.get(currency, Decimal(0)) + total
    return sorted(found.items())


def _payment_line(payment: Payment) -> Line:
    url = reverse("invoices:payment-detail", args=[payment.pk])
    title = payment.reference
    return Line(
        "payment", payment, title, payment.received_on, payment.amount, payment.currency, payment.unapplied, url
    )


def _document_line(document: CreditDocument) -> Line:
    url = reverse("invoices:credit-detail", args=[document.pk])
    return Line(
        document.kind,
        document,
        document.number,
        document.issued_on,
        document.total,
        document.currency,
        document.remaining,
        url,
    )
