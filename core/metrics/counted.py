"""The counts of all processes, as Prometheus takes them."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily

from core.metrics import counters


def families() -> Iterator[CounterMetricFamily]:
    """All counters with their series. Raises RedisError."""
    series = counters.counted()
    for count in counters.ALL:
        family = CounterMetricFamily(f"crm_{count.name}", count.text, labels=count.labels)
        for values, total in sorted(series.get(count.name, [])):
            # One that an older version counted by other labels is left out.
            if len(values) == len(count.labels):
                family.add_metric(values, total)
        yield family
