"""Reads of the connector for its pages: companies with their figures, what is pending, whom to ask."""

import datetime
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from core.models import Heartbeat
from qbo_connector.enums import Cause, ConnectionStatus
from qbo_connector.models import Alert, ApiUsage, Connection, MirrorObject, OAuthState, Operation
from qbo_connector.outbox.plan import OPEN

# From when on a company's end of consent (Intuit: five years after it was given) is announced.
CONSENT_ENDS = datetime.timedelta(days=30)
SILENT = datetime.timedelta(minutes=10)


def visible_to(user: Any) -> QuerySet[Connection]:
    """The companies that ``user`` may see."""
    return Connection.objects.all()


def month_start() -> datetime.date:
    """The first day of this month in UTC, as Intuit bills."""
    return timezone.now().astimezone(datetime.UTC).date().replace(day=1)


def companies(user: Any) -> QuerySet[Connection]:
    """Companies with who connected them, schedule and ``reads`` of this month, usable ones first, in one query."""
    usage = ApiUsage.objects.filter(connection=OuterRef("pk"), day__gte=month_start()).order_by()
    reads = usage.values("connection").annotate(total=Sum("reads")).values("total")
    return (
        visible_to(user)
        .select_related("connected_by", "pull")
        .annotate(reads=Coalesce(Subquery(reads), 0))
        .order_by("status", "company_name", "pk")
    )


@dataclass(frozen=True)
class Usage:
    """Calls of this month for one cause."""

    cause: str
    reads: int
    writes: int
    failures: int


def usage_by_cause(connection_id: int) -> list[Usage]:
    """This month's calls of a company by cause, the dearest first."""
    rows = (
        ApiUsage.objects.filter(connection_id=connection_id, day__gte=month_start())
        .values("cause")
        .annotate(reads_sum=Sum("reads"), writes_sum=Sum("writes"), failures_sum=Sum("failures"))
    )
    labels = dict(Cause.choices)
    found = [
        Usage(str(labels.get(row["cause"], row["cause"])), row["reads_sum"], row["writes_sum"], row["failures_sum"])
        for row in rows
    ]
    return sorted(found, key=lambda usage: (-usage.reads, -usage.writes, usage.cause))


@dataclass(frozen=True)
class Pending:
    """Writes that QuickBooks has not answered yet: how many of each entity, and the oldest of them."""

    total: int
    by_entity: Sequence[tuple[str, int]]
    oldest: Sequence[Operation]
    names: Mapping[int, str]

    @property
    def more(self) -> int:
        """How many are not among the listed ones."""
        return self.total - len(self.oldest)


def pending(connection_id: int, *, listed: int = 20) -> Pending:
    """What the outbox still holds for a company, in three queries; ``names`` says by operation what each is about."""
    rows = Operation.objects.filter(connection_id=connection_id, state__in=OPEN)
    counts = Counter(rows.values_list("entity", flat=True))
    oldest = list(rows.defer("body").order_by("pk")[:listed]) if counts else []
    return Pending(counts.total(), counts.most_common(), oldest, _names(connection_id, oldest))


def _names(connection_id: int, operations: Sequence[Operation]) -> dict[int, str]:
    """The name in each payload, or that of the customer it is for."""
    parties = {operation.pk: _customer(operation) for operation in operations}
    customers = MirrorObject.objects.filter(
        connection_id=connection_id, entity="Customer", qbo_id__in=set(parties.values()) - {""}
    )
    known = dict(customers.values_list("qbo_id", "name"))
    return {
        operation.pk: str(operation.intent.get("DisplayName") or operation.intent.get("Name") or "")
        or known.get(parties[operation.pk], "")
        for operation in operations
    }


def _customer(operation: Operation) -> str:
    reference = operation.intent.get("CustomerRef")
    value = reference.get("value") if isinstance(reference, dict) else ""
    # A customer that is created on the way has no id yet.
    return value if isinstance(value, str) else ""


def needing_a_person() -> list[Any]:
    """Companies about which somebody has to do something, with why and who connected them, in one statement.

    They do nothing until they are reconnected, or their consent ends soon (``ends_soon``), or their budget of reads
    does (``warned``), or nothing is written to them (``holds_writes``), or nothing has beaten for a while
    (``beaten_at``; then all active ones are here).
    """
    now = timezone.now()
    warned = Alert.objects.filter(connection=OuterRef("pk"), kind="budget", cleared_at=None)
    rows = Connection.objects.annotate(
        ends_soon=Q(token__hard_expires_at__lt=now + CONSENT_ENDS) & Q(status=ConnectionStatus.ACTIVE),
        warned=Exists(warned),
        beaten_at=Subquery(Heartbeat.objects.filter(name="worker").values("beaten_at")[:1]),
    ).exclude(status=ConnectionStatus.DISCONNECTED)
    waiting = Q(status__in=[ConnectionStatus.NEEDS_RECONNECT, ConnectionStatus.PAUSED])
    rows = rows.filter(
        waiting | Q(ends_soon=True) | Q(warned=True) | Q(holds_writes=True) | Q(beaten_at__lt=now - SILENT)
    )
    return list(rows.select_related("connected_by", "token").order_by("company_name", "pk"))


def consent_of(user: Any, state: str) -> OAuthState | None:
    """The consent that ``user`` began with this state, finished or not."""
    digest = hashlib.sha256(state.encode()).hexdigest()
    return OAuthState.objects.filter(digest=digest, user=user).select_related("reconnect").first()
