"""Sync health: how each company is doing, what waits, what failed and why. A fixed number of statements."""

import contextlib
import datetime
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import Case, CharField, Count, Exists, F, Min, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, NullIf, Trim
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core import registry
from core.models import Heartbeat
from crm.models import Company, Contact, Product
from invoices.models import Invoice
from qbo_connector import queries as connector
from qbo_connector.enums import OperationState
from qbo_connector.models import Connection, Operation, ParkedRecord
from qbo_connector.outbox.plan import OPEN
from sync.enums import Outcome
from sync.models import Link
from sync.progress import WORKER_IS_LATE, is_late

SHOWN = 100
LONGEST_PAYLOAD = 20_000


@dataclass(frozen=True)
class CompanyHealth:
    """One company: what was read when, and what its outbox holds."""

    connection: Connection
    last_success: datetime.datetime | None
    due_at: datetime.datetime | None
    problem: str
    failures: int
    waiting: int
    oldest_waiting: datetime.datetime | None
    failed: int
    late: bool


@dataclass(frozen=True)
class Worker:
    """The last sign of life that went from beat through the broker to a worker."""

    beaten_at: datetime.datetime | None
    alive: bool


@dataclass(frozen=True)
class FailingLine:
    """A record that is not in sync, with its page and whether sending it again makes sense."""

    link: Link
    kind: str
    title: str
    url: str
    retryable: bool


@dataclass(frozen=True)
class Cause:
    """Records that fail for one reason."""

    reason: str
    lines: Sequence[FailingLine]

    @property
    def retryable(self) -> list[int]:
        """The links that can be retried together."""
        return [line.link.pk for line in self.lines if line.retryable]


def companies(user: Any) -> list[CompanyHealth]:
    """Every company with its schedule and the state of its outbox, in one statement."""
    newer = Operation.objects.filter(
        connection=OuterRef("connection"), subject=OuterRef("subject"), pk__gt=OuterRef("pk")
    )
    of_company = Operation.objects.filter(connection=OuterRef("pk")).order_by()
    waiting = of_company.filter(state__in=OPEN).values("connection")
    # A refusal counts until its record is sent again.
    refused = of_company.filter(~Exists(newer), state__in=[OperationState.REFUSED, OperationState.HELD])
    rows = connector.companies(user).annotate(
        waiting=Coalesce(Subquery(waiting.annotate(count=Count("id")).values("count")), 0),
        oldest_waiting=Subquery(waiting.annotate(oldest=Min("created_at")).values("oldest")),
        refused=Coalesce(Subquery(refused.values("connection").annotate(count=Count("id")).values("count")), 0),
    )
    return [_company(connection) for connection in rows]


def _company(connection: Any) -> CompanyHealth:
    plan = getattr(connection, "pull", None)
    finished = plan.finished_at if plan else None
    return CompanyHealth(
        connection=connection,
        last_success=finished,
        due_at=plan.due_at if plan and connection.active else None,
        problem=plan.last_problem if plan and connection.active else connection.status_reason,
        failures=plan.failures if plan else 0,
        waiting=connection.waiting,
        oldest_waiting=connection.oldest_waiting,
        failed=connection.refused,
        late=is_late(connection, finished, timezone.now()),
    )


def worker() -> Worker:
    """Whether tasks are carried out at the moment."""
    beat = Heartbeat.objects.filter(name="worker").values_list("beaten_at", flat=True).first()
    return Worker(beat, beat is not None and timezone.now() - beat < WORKER_IS_LATE)


def parked(user: Any) -> QuerySet[ParkedRecord]:
    """Objects of QuickBooks that can't be read, the latest first, without their payloads."""
    rows = ParkedRecord.objects.filter(resolved_at=None).select_related("connection").defer("body")
    return rows.order_by("-last_seen_at", "-pk")


def payload_text(record: ParkedRecord) -> str:
    """What QuickBooks sent, as text; very long ones are cut."""
    body = bytes(record.body)
    with contextlib.suppress(zlib.error):
        # What the sync could not apply comes compressed from the mirror, what the parser refused as it was sent.
        body = zlib.decompress(body)
    text = body.decode("utf-8", errors="replace")
    if len(text) <= LONGEST_PAYLOAD:
        return text
    return text[:LONGEST_PAYLOAD] + "\n" + _("… and %s more characters") % f"{len(text) - LONGEST_PAYLOAD:,}"


def failing(user: Any) -> QuerySet[Link]:
    """Links whose record is not in sync and will not be by itself."""
    return Link.objects.filter(outcome__in=[Outcome.FAILING, Outcome.BROKEN, Outcome.CONFLICT])


def causes(user: Any) -> list[Cause]:
    """The failing records by cause, the biggest cause first, in one statement."""
    rows = (
        failing(user)
        .select_related("connection")
        .annotate(title=_title())
        .order_by("reason", "-changed_at", "-pk")[:SHOWN]
    )
    grouped = groupby(rows, key=lambda link: link.reason)
    found = [Cause(reason or _("No reason was given"), [_line(link) for link in links]) for reason, links in grouped]
    return sorted(found, key=lambda cause: -len(cause.lines))


def _title() -> Case:
    """The record's name, whatever its kind; a link holds only kind and id."""
    record = OuterRef("object_id")

    def of(rows: QuerySet[Any], expression: Any) -> Subquery:
        named = rows.filter(pk=record).annotate(shown=Cast(expression, CharField()))
        return Subquery(named.values("shown")[:1])

    number = Coalesce(NullIf(F("number"), Value("")), Concat(Value("#"), Cast("pk", CharField())))
    invoice = Concat(number, Value(" · "), F("customer_name"), output_field=CharField())
    person = Trim(Concat(F("first_name"), Value(" "), F("last_name")))
    contact = Coalesce(NullIf(person, Value("")), F("email"))
    return Case(
        When(object_type="invoice", then=of(Invoice.objects.all(), invoice)),
        When(object_type="company", then=of(Company.objects.all(), F("name"))),
        When(object_type="contact", then=of(Contact.objects.all(), contact)),
        When(object_type="product", then=of(Product.objects.all(), F("name"))),
        default=Value(""),
        output_field=CharField(),
    )


def _line(link: Any) -> FailingLine:
    kind = registry.object_types.get(link.object_type)
    try:
        url = reverse(kind.url_name, args=[link.object_id]) if kind else ""
    except NoReverseMatch:
        url = ""
    return FailingLine(
        link=link,
        kind=str(kind.label) if kind else link.object_type,
        title=link.title or f"#{link.object_id}",
        url=url,
        retryable=link.object_type == "invoice" and link.outcome == Outcome.FAILING and not link.qbo_id,
    )
