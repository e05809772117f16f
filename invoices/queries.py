"""Reads of invoices, each with a fixed number of statements."""

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet, Sum

from accounts.visibility import Sight, sees_all, sight, within
from core import registry
from core.models import EventLink
from core.money import NotAnAmount
from core.search import matching
from crm.queries import deals
from invoices.enums import InvoiceStatus, SyncState
from invoices.models import (
    Approval,
    Invoice,
    InvoiceDraft,
    InvoiceLine,
    Payment,
    PaymentApplication,
    RecurringInvoice,
)
from invoices.ports import SyncMark, accounting
from invoices.reading import number


def visible_to(user: Any) -> QuerySet[Invoice]:
    """Invoices that ``user`` may see; the beginning of every list, record and search.

    Those that they own or made, and those of the deals, quotes, companies and contacts that they own.
    """
    if not user.has_perm("invoices.view"):
        return Invoice.objects.none()
    return within(Invoice.objects.defer("search"), user, ways)


def ways(sight: Sight) -> list[QuerySet[Any, Any]]:
    """The ids of the invoices of somebody who does not see all, by the index of each way to an owner."""
    found = [
        Invoice.objects.filter(sight.by("owner")).values_list("pk"),
        Invoice.objects.filter(sight.by("created_by")).values_list("pk"),
        Invoice.objects.filter(sight.own("deal__owner"), deal__isnull=False).values_list("pk"),
        Invoice.objects.filter(sight.own("quote__owner"), quote__isnull=False).values_list("pk"),
        Invoice.companies.through.objects.filter(sight.own("company__owner")).values_list("invoice_id"),
        Invoice.contacts.through.objects.filter(sight.own("contact__owner")).values_list("invoice_id"),
    ]
    if sight.unassigned:
        lone = Invoice.objects.filter(owner=None, created_by=None, deal=None, quote=None)
        found.append(lone.filter(companies=None, contacts=None).values_list("pk"))
    return found


def kinds_told(invoice: Invoice) -> set[str]:
    """The kinds of events on an invoice's timeline."""
    names = EventLink.objects.filter(object_type="invoice", object_id=invoice.pk).order_by().values_list("event__name")
    return {known.kind for (name,) in names.distinct() if (known := registry.event_kinds.get(name)) is not None}


def payments_visible_to(user: Any) -> QuerySet[Payment]:
    """Payments that ``user`` may see: of invoices that they may see, and those that they recorded."""
    if not user.has_perm("invoices.view"):
        return Payment.objects.none()
    return within(Payment.objects.all(), user, _payment_ways)


def _payment_ways(sight: Sight) -> list[QuerySet[Any, Any]]:
    applied = PaymentApplication.objects.filter(sight.seen("invoice", ways), invoice__isnull=False)
    found = [
        applied.values_list("payment_id"),
        Payment.objects.filter(sight.by("created_by")).values_list("pk"),
    ]
    if sight.unassigned:
        found.append(Payment.objects.filter(created_by=None, applications=None).values_list("pk"))
    return found


def parts_visible_to(user: Any) -> QuerySet[PaymentApplication]:
    """What payments pay of invoices that ``user`` may see; what is open or unknown of it for who sees all."""
    parts = PaymentApplication.objects.all()
    return parts if sees_all(user) else parts.filter(invoice__in=visible_to(user).order_by().values("pk"))


def drafts_visible_to(user: Any) -> QuerySet[InvoiceDraft]:
    """A person's own drafts; that of a refused invoice is everybody's, one that waits those people's who approve.

    Who does not see all records: of those only the ones of an invoice, a deal or a person that they see.
    """
    held, mine = sight(user), Q(owner=user)
    refused, asked = Q(invoice__isnull=False), Q(approval=Approval.ASKED)
    if held is not None:
        refused = Q(invoice__in=visible_to(user).order_by().values("pk"))
        asked &= held.by("owner") | Q(deal__in=deals.visible_to(user).order_by().values("pk"))
    mine |= refused
    if user.has_perm("invoices.approve"):
        mine |= asked
    return InvoiceDraft.objects.filter(mine)


def recurring_visible_to(user: Any) -> QuerySet[RecurringInvoice]:
    """Recurring invoices that ``user`` may see: their own, and those of deals that they may see."""
    if not user.has_perm("invoices.view"):
        return RecurringInvoice.objects.none()

    def ways(sight: Sight) -> list[QuerySet[Any, Any]]:
        of_deals = RecurringInvoice.objects.filter(deal__in=deals.visible_to(user).order_by().values("pk"))
        return [RecurringInvoice.objects.filter(sight.own()).values_list("pk"), of_deals.values_list("pk")]

    return within(RecurringInvoice.objects.all(), user, ways)


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
