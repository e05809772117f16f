"""What waits in core's tables: events, e-mails, requests, and how old the last sign of life is. One statement."""

from collections.abc import Iterator

from django.db import connection
from prometheus_client.core import GaugeMetricFamily

COUNT_UP_TO = 100_000
# Each is a range of a partial index, left as soon as it is long enough.
_WAITING = """
    SELECT 'events', count(*), extract(epoch FROM now() - min(since))::float8 FROM (
        SELECT occurred_at AS since FROM core_event WHERE dispatched_at IS NULL ORDER BY id LIMIT %(most)s
    ) AS waiting
    UNION ALL
    SELECT 'mails', count(*), extract(epoch FROM now() - min(since))::float8 FROM (
        SELECT due_at AS since FROM core_outgoingmail WHERE state = 'planned' AND due_at <= now()
        ORDER BY due_at LIMIT %(most)s
    ) AS waiting
    UNION ALL
    SELECT 'requests', count(*), extract(epoch FROM now() - min(since))::float8 FROM (
        SELECT due_at AS since FROM core_outgoingrequest WHERE state = 'planned' AND due_at <= now()
        ORDER BY due_at LIMIT %(most)s
    ) AS waiting
    UNION ALL
    SELECT 'heartbeat', count(*), extract(epoch FROM now() - max(beaten_at))::float8
    FROM core_heartbeat WHERE name = 'worker'
"""


def families() -> Iterator[GaugeMetricFamily]:
    """How much waits, for how long; the age of the heartbeat."""
    count = GaugeMetricFamily(
        "crm_waiting", "Events, e-mails and requests that are due and not sent, up to 100,000.", labels=["kind"]
    )
    age = GaugeMetricFamily("crm_waiting_seconds", "For how long the oldest of them has been due.", labels=["kind"])
    beat = GaugeMetricFamily("crm_heartbeat_age_seconds", "Since a message last went through beat, broker and worker.")
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"most": COUNT_UP_TO})
        for kind, number, seconds in cursor.fetchall():
            if kind == "heartbeat":
                if seconds is not None:
                    beat.add_metric([], seconds)
                continue
            count.add_metric([kind], number)
            age.add_metric([kind], max(0.0, seconds or 0.0))
    yield from (count, age, beat)
