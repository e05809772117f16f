"""Counts that all processes add to: workers answer no requests, so what they count stands in Redis.

An emptied Redis starts them at 0 again, which Prometheus takes for a restart. With Redis away nothing is counted.
Prometheus' client is not imported here: gunicorn's master, which imports this, has to choose its folder first.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import structlog
from redis import RedisError

from core.metrics import switch
from core.redis import key, redis_client

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Count:
    """A counter: its name without the prefix ``crm_`` and without ``_total``, and its labels, of few values each."""

    name: str
    text: str
    labels: tuple[str, ...] = ()

    def field(self, values: Mapping[str, str]) -> str:
        """Where one of its series stands."""
        return json.dumps([self.name, *(str(values[label]) for label in self.labels)])


CALLS = Count("quickbooks_calls", "Calls to QuickBooks by cause, kind and how they ended.", ("cause", "kind", "ended"))
CALL_SECONDS = Count("quickbooks_call_seconds", "Seconds that these calls took together.", ("cause", "kind"))
WRITES = Count("outbox_outcomes", "Planned writes that ended, by outcome and QuickBooks' code.", ("outcome", "code"))
RETRIES = Count("outbox_retries", "Writes that are tried again, by kind of error.", ("error",))
PULLS_FAILED = Count("pull_failures", "Reads of a company that failed, by kind of error.", ("error",))
TASKS = Count("tasks", "Tasks that ended, by name and outcome.", ("task", "outcome"))
TASK_SECONDS = Count("task_seconds", "Seconds that these tasks took together.", ("task",))
ALL = (CALLS, CALL_SECONDS, WRITES, RETRIES, PULLS_FAILED, TASKS, TASK_SECONDS)


def add(*counted: tuple[Count, Mapping[str, str], float]) -> None:
    """Add amounts to counters, in one round trip. Never fails: work does not depend on being counted."""
    if not switch.on():
        return
    try:
        pipeline = redis_client().pipeline(transaction=False)
        for count, labels, amount in counted:
            pipeline.hincrbyfloat(key("metrics"), count.field(labels), amount)
        pipeline.execute()
    except RedisError as error:
        log.debug("metrics.not_counted", error=type(error).__name__)


@contextmanager
def failures(count: Count, kind: type[Exception]) -> Iterator[None]:
    """Count errors of a kind by the names of their classes; they go on."""
    try:
        yield
    except kind as error:
        add((count, {"error": type(error).__name__}, 1))
        raise


def counted() -> dict[str, list[tuple[list[str], float]]]:
    """Name of each counter -> its series, as (values of its labels, total). Raises RedisError."""
    kept = cast("dict[bytes, bytes]", redis_client().hgetall(key("metrics")))
    series: dict[str, list[tuple[list[str], float]]] = {}
    for field, total in kept.items():
        name, *values = json.loads(field)
        series.setdefault(name, []).append((values, json.loads(total)))
    return series
