"""How many records fail and why, for Prometheus, in one statement."""

from collections.abc import Iterator

from django.db import connection as database
from prometheus_client.core import GaugeMetricFamily

COUNT_UP_TO = 50_000
# A range of the index "sync_link_needs_a_person", left as soon as it is long enough.
_FAILING = """
    SELECT outcome, coalesce(remedy ->> 'kind', 'other'), count(*) FROM (
        SELECT outcome, remedy FROM sync_link WHERE outcome IN ('failing', 'broken') ORDER BY id DESC LIMIT %(most)s
    ) AS found GROUP BY 1, 2
"""


def families() -> Iterator[GaugeMetricFamily]:
    """Records that are not in sync and will not be by themselves, by what would mend them."""
    family = GaugeMetricFamily(
        "crm_records_failing", "Records that need a person, by cause, up to 50,000.", labels=["outcome", "cause"]
    )
    with database.cursor() as cursor:
        cursor.execute(_FAILING, {"most": COUNT_UP_TO})
        for outcome, cause, number in cursor.fetchall():
            family.add_metric([outcome, cause], number)
    yield family
