"""The queue of record for reads: when each company is due, who leases it, and proof that the lease still holds."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from qbo_connector.enums import Cause, ConnectionStatus
from qbo_connector.models import Connection, FailedRead, PullSchedule

BATCH = 50


class LeaseLost(Exception):
    """Another worker has this company now; nothing of ours may be committed."""


@dataclass(frozen=True)
class Lease:
    """The right to read one company until the lease runs out; ``token`` fences late writers off."""

    connection_id: int
    token: int


_LEASE = """
UPDATE qbo_connector_pullschedule AS schedule
SET leased_until = now() + %s * interval '1 second', lease_token = lease_token + 1, started_at = now()
FROM (
    SELECT due.connection_id FROM qbo_connector_pullschedule AS due
    JOIN qbo_connector_connection AS company ON company.id = due.connection_id
    WHERE due.due_at <= now() AND (due.leased_until IS NULL OR due.leased_until < now()) AND company.status = %s
      AND company.environment = %s
      AND (%s OR due.connection_id = ANY(%s))
    ORDER BY due.due_at LIMIT %s FOR UPDATE OF due SKIP LOCKED
) AS chosen
WHERE schedule.connection_id = chosen.connection_id
RETURNING schedule.connection_id, schedule.lease_token
"""


def lease_due(*, limit: int = BATCH, only: Sequence[int] | None = None) -> list[Lease]:
    """Lease companies that are due, oldest first; two callers at once never get the same one."""
    with database.cursor() as cursor:
        cursor.execute(
            _LEASE,
            [
                settings.LEASE_SECONDS,
                ConnectionStatus.ACTIVE,
                settings.QBO_ENVIRONMENT,
                only is None,
                list(only or []),
                limit,
            ],
        )
        return [Lease(*row) for row in cursor.fetchall()]


def confirm(lease: Lease) -> PullSchedule:
    """The schedule row, locked for this transaction. Raises LeaseLost unless the lease is still ours."""
    try:
        return PullSchedule.objects.select_for_update().get(connection_id=lease.connection_id, lease_token=lease.token)
    except PullSchedule.DoesNotExist:
        raise LeaseLost from None


def begin(lease: Lease) -> bool:
    """Start the lease's time anew when its work begins; False when it ran out while its message waited.

    Without this, messages that pile up while workers are away would each read their company for nothing.
    """
    until = timezone.now() + datetime.timedelta(seconds=settings.LEASE_SECONDS)
    ours = PullSchedule.objects.filter(
        connection_id=lease.connection_id, lease_token=lease.token, leased_until__isnull=False
    )
    return bool(ours.update(leased_until=until))


# In the economical mode a company is read when a webhook came, and this often all the same: webhooks get lost.
SAFETY = datetime.timedelta(hours=6)


def interval(connection: Connection) -> datetime.timedelta:
    """How often the company is read, webhooks aside."""
    if connection.economical:
        return SAFETY
    seconds = settings.PULL_INTERVAL_SECONDS or connection.interval_minutes * 60
    return datetime.timedelta(seconds=seconds)


def next_due(connection: Connection, now: datetime.datetime) -> datetime.datetime:
    """The next time of the company's own offset in the interval, so that companies spread evenly."""
    period = interval(connection).total_seconds()
    offset = (connection.pk * 7919) % period
    turns = int((now.timestamp() - offset) // period) + 1
    return datetime.datetime.fromtimestamp(turns * period + offset, tz=datetime.UTC)


def release(lease: Lease, *, due_at: datetime.datetime) -> None:
    """Give the lease back, to be due again at ``due_at``."""
    PullSchedule.objects.filter(connection_id=lease.connection_id, lease_token=lease.token).update(
        leased_until=None, due_at=due_at
    )


def failed(lease: Lease, problem: str, *, wait: datetime.timedelta | None = None) -> None:
    """Note a failed read and try again later: after half a minute at first, doubling up to the hour."""
    row = PullSchedule.objects.filter(connection_id=lease.connection_id, lease_token=lease.token).first()
    if row is None:
        return
    delay = wait or datetime.timedelta(seconds=min(3600, 30 * 2 ** min(row.failures, 7)))
    now = timezone.now()
    noted = PullSchedule.objects.filter(pk=row.pk, lease_token=lease.token).update(
        leased_until=None, due_at=now + delay, failures=F("failures") + 1, last_problem=problem[:2000]
    )
    if noted:
        _remember(row, problem[:2000], now)


def _remember(row: PullSchedule, problem: str, now: datetime.datetime) -> None:
    """Keep the failure for the history of reads; one that goes on for the same reason is one entry."""
    last = FailedRead.objects.filter(connection_id=row.connection_id).order_by("-last_at").first()
    if last is not None and row.failures and last.problem == problem:
        FailedRead.objects.filter(pk=last.pk).update(times=F("times") + 1, last_at=now)
    else:
        FailedRead.objects.create(
            connection_id=row.connection_id, cause=row.cause, problem=problem, first_at=now, last_at=now
        )


@transaction.atomic
def request_pull(connection_ids: Sequence[int], *, cause: Cause = Cause.SYNC_NOW, reference: bool = True) -> None:
    """Make companies due now. ``reference``: also read what change data lacks (tax codes, preferences).

    What the program asks for by itself (a regular cycle) does not shorten the wait after a failure; a person may.
    """
    now = timezone.now()
    values: dict[str, object] = {"due_at": now, "requested_at": now, "cause": cause}
    if reference:
        values["read_reference"] = True
    rows = PullSchedule.objects.filter(connection_id__in=connection_ids)
    if cause == Cause.CYCLE:
        rows = rows.filter(failures=0)
    rows.update(**values)


def anything_due() -> bool:
    """Whether a company is due that nobody reads."""
    return PullSchedule.objects.filter(
        due_at__lte=timezone.now(),
        leased_until=None,
        connection__status=ConnectionStatus.ACTIVE,
        connection__environment=settings.QBO_ENVIRONMENT,
    ).exists()
