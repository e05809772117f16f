"""Reads of invoices, each with a fixed number of statements."""

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet, Sum

from core import registry
from core.models import EventLink
from core.money import NotAnAmount
from core.search import matching
from invoices.enums import InvoiceStatus, SyncState
from invoices.models import Invoice, InvoiceLine, Payment, PaymentApplication
from invoices.ports import SyncMark, accounting
from invoices.reading import number


def visible_to(user: Any) -> QuerySet[Invoice]:
    """Invoices that ``user`` may see; the beginning of every list, record and search."""
    return Invoice.objects.defer("search") if user.has_perm("invoices.view") else Invoice.objects.none()


def kinds_told(invoice: Invoice) -> set[str]:
    """The kinds of events on an invoice's timeline."""
    names = EventLink.objects.filter(object_type="invoice", object_id=invoice.pk).order_by().values_list("event__name")
    return {known.kind for (name,) in names.distinct() if (known := registry.event_kinds.get(name)) is not None}


def payments_visible_to(user: Any) -> QuerySet[Payment]:
    """Payments that ``user`` may see."""
    return Payment.objects.all() if user.has_perm("invoices.view") else Payment.objects.none()


def found_by(text: str) -> Q:
    """Invoices by number, customer, recipient or amount: ``362.07`` finds a total or a balance of just that."""
    words = matching(text)
    wanted = Q(search=words) if words is not None else Q(pk__in=[])
    try:
        amount = number(text)
    except (NotAnAmount, ValueError):
        return wanted
    if abs(amount) < 10**14:
        wanted |= Q(total=amount) | Q(balance=amount)
    return wanted


@dataclass(frozen=True)
class Row:
    """An invoice of a list with its sync state."""

    invoice: Invoice
    mark: SyncMark | None

    @property
    def notable(self) -> bool:
        """Whether the sync state says more than that all is well."""
        return self.mark is not None and self.mark.state not in (SyncState.IN_SYNC, SyncState.NONE)


@dataclass(frozen=True)
class CurrencySum:
    """What invoices in one currency come to."""

    currency: str
    invoices: int
    total: Decimal
    balance: Decimal


def by_currency(rows: QuerySet[Invoice]) -> list[CurrencySum]:
    """Number, total and balance of ``rows`` in each currency, voided ones counted with their zero."""
    found = (
        rows.filter(removed_at=None)
        .order_by()
        .values("currency")
        .annotate(all=Sum("total"), open=Sum("balance"), count=Count("pk"))
    )
    return [
        CurrencySum(row["currency"], row["count"], row["all"], row["open"])
        for row in sorted(found, key=lambda row: -row["count"])
    ]


def record(user: Any, pk: int) -> Invoice | None:
    """An invoice with its lines, in two statements."""
    return (
        visible_to(user)
        .filter(pk=pk)
        .select_related("connection", "deal", "owner", "created_by")
        .prefetch_related(Prefetch("lines", InvoiceLine.objects.select_related("product")))
        .first()
    )


def payments_of(invoice: Invoice) -> QuerySet[PaymentApplication]:
    """What has been paid of an invoice, newest first, each with its payment."""
    applications = PaymentApplication.objects.filter(invoice=invoice, payment__removed_at=None)
    return applications.select_related("payment").order_by("-payment__received_on", "-pk")


def needing_something(user: Any, *, limit: int = 6) -> list[Row]:
    """Invoices that a person has to look at: refused by QuickBooks first, then the longest overdue."""
    unborn = visible_to(user).filter(external_id="", tracked=True, removed_at=None).order_by("-pk")[:100]
    late = visible_to(user).filter(status=InvoiceStatus.OVERDUE, removed_at=None).order_by("due_on", "pk")[:limit]
    candidates = [*unborn, *late]
    marks = accounting().sync_marks([invoice.pk for invoice in candidates]) if candidates else {}
    rows = [Row(invoice, marks.get(invoice.pk)) for invoice in candidates]
    failed = [row for row in rows if row.mark is not None and row.mark.state == SyncState.FAILED]
    overdue = [row for row in rows if row.invoice.status == InvoiceStatus.OVERDUE and row not in failed]
    return [*failed, *overdue][:limit]


def days_overdue(invoice: Invoice, today: datetime.date) -> int:
    """How many days past its due date an overdue invoice is."""
    if invoice.status != InvoiceStatus.OVERDUE or invoice.due_on is None:
        return 0
    return max(0, (today - invoice.due_on).days)
