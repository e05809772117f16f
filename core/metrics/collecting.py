"""Puts together what ``/metrics`` shows: what apps know of their tables, the queues, the counts, the requests."""

import time
from collections.abc import Callable, Iterable, Iterator

import structlog
from django.db import DatabaseError, connection, transaction
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from redis import RedisError

from core.metrics import counted, queues, requests

log = structlog.get_logger(__name__)
Source = Callable[[], Iterable[Metric]]
# Name -> figures out of the database. Each app adds its own in its registration.
sources: dict[str, Source] = {}
# A figure that takes longer is not worth the database's time.
STATEMENT_SECONDS = 4


class _Together(Collector):
    """One reading of everything; a part that fails is told as such, and the others are there."""

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("crm_source_up", "Whether this part of the figures could be read.", labels=["source"])
        seconds = GaugeMetricFamily("crm_source_seconds", "Seconds that reading it took.", labels=["source"])
        database = {name: _in_database(source) for name, source in sources.items()}
        for name, source in {"queues": queues.families, "counters": counted.families, **database}.items():
            began = time.perf_counter()
            try:
                yield from list(source())
            except (DatabaseError, RedisError, OSError) as error:
                log.warning("metrics.source_failed", source=name, error=type(error).__name__)
                up.add_metric([name], 0)
            else:
                up.add_metric([name], 1)
            seconds.add_metric([name], round(time.perf_counter() - began, 4))
        yield up
        yield seconds


def _in_database(source: Source) -> Source:
    def limited() -> Iterable[Metric]:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{STATEMENT_SECONDS}s"])
            return list(source())

    return limited


def text() -> bytes:
    """All figures in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Together())
    return generate_latest(requests.registry()) + generate_latest(registry)
