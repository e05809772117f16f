"""Counts calls to QuickBooks by company, day and cause: reads cost money. What a pace costs, what a budget holds."""

import calendar
import datetime
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection as database
from django.db.models import Sum
from django.utils import timezone

from core.metrics import counters
from qbo_connector.enums import Cause
from qbo_connector.models import ApiUsage, Connection, MirrorObject
from qbo_connector.session import Call

_COUNT = """
INSERT INTO qbo_connector_apiusage AS usage (connection_id, day, cause, reads, writes, failures)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (connection_id, day, cause) DO UPDATE SET
    reads = usage.reads + excluded.reads,
    writes = usage.writes + excluded.writes,
    failures = usage.failures + excluded.failures
"""
DAYS_A_MONTH = 30
# TaxCode, TaxRate, Preferences and CompanyInfo are not in change data and are read once a day.
DAILY_READS = 4
SAFETY_READS_A_DAY = 4


def record(connection: Connection, cause: Cause, *, reads: int = 0, writes: int = 0, failures: int = 0) -> None:
    """Add to today's counts (days are UTC, as in Intuit's billing)."""
    with database.cursor() as cursor:
        cursor.execute(_COUNT, [connection.pk, timezone.now().date(), cause, reads, writes, failures])


def meter_for(connection: Connection, cause: Cause) -> Callable[[Call], None]:
    """A meter for a session: successful reads, writes and failures of one cause.

    A company that is not saved yet (its consent is under way) is counted by whoever saves it.
    """

    def count(call: Call) -> None:
        succeeded = 200 <= call.status < 300
        kind = "read" if call.read else "write"
        counters.add(
            (counters.CALLS, {"cause": cause, "kind": kind, "ended": _ended(call.status)}, 1),
            (counters.CALL_SECONDS, {"cause": cause, "kind": kind}, call.milliseconds / 1000),
        )
        if not call.status:
            return
        if connection.pk is not None:
            record(
                connection,
                cause,
                reads=int(succeeded and call.read),
                writes=int(succeeded and not call.read),
                failures=int(not succeeded),
            )

    return count


def _ended(status: int) -> str:
    """How a call ended, for the figures: of few kinds, whatever QuickBooks answers."""
    if status == 0:
        return "no_answer"
    if 200 <= status < 300:
        return "answered"
    known = {401: "unauthorized", 403: "forbidden", 429: "throttled"}
    return known.get(status) or ("server_error" if status >= 500 else "refused")


def estimate(connection: Connection, minutes: int, economical: bool = False) -> int:  # noqa: FBT001 -- reads as asked
    """Reads a month of a company while nothing changes, with a read every ``minutes`` or in the economical mode.

    The nightly count check is in it: one read for each entity that the company uses. In the economical mode each
    webhook burst of the last thirty days is expected to come again.
    """
    used = MirrorObject.objects.filter(connection=connection, deleted=False).values("entity").distinct().count()
    daily = DAILY_READS + max(0, used)
    if not economical:
        return DAYS_A_MONTH * (24 * 60 // minutes + daily)
    since = timezone.now().date() - datetime.timedelta(days=DAYS_A_MONTH)
    bursts = ApiUsage.objects.filter(connection=connection, cause=Cause.WEBHOOK, day__gt=since)
    return DAYS_A_MONTH * (SAFETY_READS_A_DAY + daily) + (bursts.aggregate(total=Sum("reads"))["total"] or 0)


@dataclass(frozen=True)
class Month:
    """Reads of a company in this month (UTC), what they will be at its end at this pace, and what is allowed."""

    reads: int
    forecast: int
    budget: int | None

    @property
    def percent(self) -> int:
        """How much of the budget is spent; 0 without one."""
        return 100 * self.reads // self.budget if self.budget else 0

    @property
    def over(self) -> bool:
        """Whether the budget will not last."""
        return self.budget is not None and self.forecast > self.budget


def month(connection: Connection, *, now: datetime.datetime | None = None) -> Month:
    """This month's reads. The forecast goes on as in the last seven days, so that a first load does not count on."""
    moment = (now or timezone.now()).astimezone(datetime.UTC)
    today = moment.date()
    first = today.replace(day=1)
    week = today - datetime.timedelta(days=7)
    rows = ApiUsage.objects.filter(connection=connection, day__gte=min(first, week), day__lte=today)
    by_day = list(rows.values_list("day", "cause", "reads"))
    reads = sum(count for day, _cause, count in by_day if day >= first)
    # What happens once says nothing about the days to come.
    once = (Cause.FIRST_LOAD, Cause.CONNECT)
    recent = [(day, count) for day, cause, count in by_day if day > week and cause not in once]
    started = min((day for day, _count in recent), default=today)
    begun = (moment - datetime.datetime.combine(today, datetime.time(), datetime.UTC)) / datetime.timedelta(days=1)
    elapsed = max(0.25, (today - started).days + begun)
    left = calendar.monthrange(today.year, today.month)[1] - today.day + 1 - begun
    return Month(reads, reads + int(sum(count for _day, count in recent) / elapsed * left), connection.monthly_budget)
