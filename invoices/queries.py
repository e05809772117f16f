"""Reads of invoices, each with a fixed number of statements."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db import OperationalError, connection, transaction
from django.db.models import Case, Count, Prefetch, Q, QuerySet, Sum, Value, When
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.conditions import BadCondition, Field, Where, compile_conditions, fields, from_query, where_in
from core.money import NotAnAmount, formatted
from core.paging import SIZES, BadCursor, Page, page_by_key
from core.properties import lists
from core.search import matching
from invoices.enums import InvoiceStatus, SyncState
from invoices.models import Invoice, InvoiceLine, Payment, PaymentApplication
from invoices.ports import SyncMark, accounting
from invoices.reading import number
from qbo_connector.models import Connection

SORTS = ("number", "customer_name", "total", "balance", "issued_on", "due_on")
DEFAULT_SORT = "-issued_on"
DEFAULT_SIZE = 50
SUMS_LIMIT_MS = 2000
LONGEST_SEARCH = 200

FILTERS = fields(
    Field("status", _("Status"), "choice", "status", tuple(InvoiceStatus.choices)),
    Field("due_on", _("Due date"), "date", "due_on"),
    Field("issued_on", _("Invoice date"), "date", "issued_on"),
    Field("company", _("QuickBooks company"), "record", "connection_id"),
    Field("owner", _("Owner"), "record", "owner_id"),
    Field("deal_owner", _("Deal owner"), "record", "deal__owner_id"),
    Field("total", _("Amount"), "number", "total"),
    Field("balance", _("Balance"), "number", "balance"),
    Field("currency", _("Currency"), "choice", "currency"),
)
# Ranges are typed by hand, so they are no list of values.
RANGES = ("due_on", "issued_on", "total", "balance")


def visible_to(user: Any) -> QuerySet[Invoice]:
    """Invoices that ``user`` may see; the beginning of every list, record and search."""
    return Invoice.objects.defer("search") if user.has_perm("invoices.view") else Invoice.objects.none()


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
class Listing:
    """A page of the index, and what of its address was understood."""

    page: Page[Invoice]
    rows: Sequence[Row]
    q: str
    sort: str
    chosen: dict[str, list[str]]
    problem: str
    where: Where

    @property
    def filtered(self) -> bool:
        """Whether a search or filter hides invoices."""
        return bool(self.q or self.chosen or self.where.text)


def filtered(user: Any, query: QueryDict, where: Where) -> tuple[QuerySet[Invoice], str]:
    """The invoices that the address asks for, and a sentence where a filter can't be understood."""
    rows, problem = visible_to(user).filter(archived_at=None).filter(where.fitting), where.problem
    if query.getlist("status"):
        # What QuickBooks deleted has no status any more, only the last one that it had.
        rows = rows.filter(removed_at=None)
    rows, misfit = lists.filtered_in(rows, query, "invoice")
    problem = problem or misfit
    try:
        rows = rows.filter(compile_conditions(from_query(query, FILTERS), FILTERS))
    except BadCondition as error:
        problem = str(error)
    text = query.get("q", "").strip()[:LONGEST_SEARCH]
    return (rows.filter(found_by(text)) if text else rows), problem


def listing(user: Any, query: QueryDict) -> Listing:
    """One page of the index: one statement for the rows, and what sync states cost."""
    where = where_in(query, "invoice", user)
    rows, problem = filtered(user, query, where)
    sort = query.get("sort", "")
    rows, custom_key, slow = lists.sorted_in(rows, query, "invoice")
    sort = sort if custom_key or sort.removeprefix("-") in SORTS else DEFAULT_SORT
    key = custom_key or sort
    size = {str(each): each for each in SIZES}.get(query.get("size", ""), DEFAULT_SIZE)
    shown = rows.select_related("connection", "deal", "owner")
    try:
        page = page_by_key(shown, sort=key, cursor=query.get("cursor", ""), size=size)
    except BadCursor:
        page = page_by_key(shown, sort=key, size=size)
    marks = accounting().sync_marks([invoice.pk for invoice in page.rows]) if page.rows else {}
    return Listing(
        page=page,
        rows=[Row(invoice, marks.get(invoice.pk)) for invoice in page.rows],
        q=query.get("q", "").strip()[:LONGEST_SEARCH],
        sort=sort,
        chosen={name: values for name in FILTERS if (values := [v for v in query.getlist(name) if v])}
        | lists.chosen_in(query, "invoice"),
        problem=problem or slow,
        where=where,
    )


Choices = list[tuple[str, str]]


def filter_choices() -> tuple[Choices, Choices]:
    """QuickBooks companies and active users to filter by, as (id, name), in one statement."""
    companies = Connection.objects.annotate(
        kind=Value("company"), label=Case(When(company_name="", then="realm_id"), default="company_name")
    )
    people = get_user_model()._default_manager.filter(is_active=True)
    people = people.annotate(kind=Value("person"), label=Case(When(name="", then="email"), default="name"))
    columns = ("kind", "label", "pk")
    rows = companies.order_by().values_list(*columns).union(people.order_by().values_list(*columns), all=True)
    found: dict[str, Choices] = {"company": [], "person": []}
    for kind, label, pk in rows.order_by("kind", "label", "pk"):
        found[kind].append((str(pk), label))
    return found["company"], found["person"]


@dataclass(frozen=True)
class CurrencySum:
    """What invoices in one currency come to."""

    currency: str
    invoices: int
    total: Decimal
    balance: Decimal


class TooManyToSum(Exception):
    """The sums took longer than a page may wait."""


def sums(user: Any, query: QueryDict) -> list[CurrencySum]:
    """Sums of what is filtered, by currency. Raises TooManyToSum after two seconds."""
    rows, _problem = filtered(user, query, where_in(query, "invoice", user))
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(SUMS_LIMIT_MS)])
            return by_currency(rows)
    except OperationalError as error:
        raise TooManyToSum from error


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


def search(user: Any, text: str, limit: int) -> list[dict[str, str]]:
    """Invoices for the search over everything."""
    rows = visible_to(user).filter(archived_at=None).filter(found_by(text)).order_by("-issued_on", "-pk")[:limit]
    return [
        {
            "title": f"{invoice} · {invoice.customer_name}",
            "detail": f"{formatted(invoice.total, invoice.currency)} · {invoice.get_status_display()}",
            "url": reverse("invoices:invoice-detail", args=[invoice.pk]),
        }
        for invoice in rows
    ]


def days_overdue(invoice: Invoice, today: datetime.date) -> int:
    """How many days past its due date an overdue invoice is."""
    if invoice.status != InvoiceStatus.OVERDUE or invoice.due_on is None:
        return 0
    return max(0, (today - invoice.due_on).days)
