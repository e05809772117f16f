"""Sync health: how each company is doing, what waits, what can't be read. A fixed number of statements."""

import contextlib
import datetime
import zlib
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import Heartbeat
from qbo_connector import queries as connector
from qbo_connector.enums import OperationState
from qbo_connector.models import Connection, Operation, ParkedRecord
from qbo_connector.outbox.plan import OPEN
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
    reads: int


@dataclass(frozen=True)
class Worker:
    """The last sign of life that went from beat through the broker to a worker."""

    beaten_at: datetime.datetime | None
    alive: bool


def companies(user: Any, pk: int | None = None) -> list[CompanyHealth]:
    """Every company (or one) with its schedule, its outbox and its reads of this month, in one statement."""
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
    if pk is not None:
        rows = rows.filter(pk=pk)
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
        reads=connection.reads,
    )


def worker() -> Worker:
    """Whether tasks are carried out at the moment."""
    beat = Heartbeat.objects.filter(name="worker").values_list("beaten_at", flat=True).first()
    return Worker(beat, beat is not None and timezone.now() - beat < WORKER_IS_LATE)


def parked(user: Any) -> QuerySet[ParkedRecord]:
    """Objects of QuickBooks that can't be read, the latest first, without their payloads."""
    rows = ParkedRecord.objects.filter(resolved_at=None, connection__in=connector.visible_to(user))
    rows = rows.select_related("connection").defer("body")
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
