"""Counts calls to QuickBooks by company, day and cause: reads cost money."""

from collections.abc import Callable

from django.db import connection as database
from django.utils import timezone

from qbo_connector.enums import Cause
from qbo_connector.models import Connection
from qbo_connector.session import Call

_COUNT = """
INSERT INTO qbo_connector_apiusage AS usage (connection_id, day, cause, reads, writes, failures)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (connection_id, day, cause) DO UPDATE SET
    reads = usage.reads + excluded.reads,
    writes = usage.writes + excluded.writes,
    failures = usage.failures + excluded.failures
"""


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
        if connection.pk is not None:
            record(
                connection,
                cause,
                reads=int(succeeded and call.read),
                writes=int(succeeded and not call.read),
                failures=int(not succeeded),
            )

    return count
