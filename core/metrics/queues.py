"""How many messages wait in Redis for a worker, and how many are in the hands of one."""

from collections.abc import Iterator

from django.conf import settings
from prometheus_client.core import GaugeMetricFamily

from core.redis import redis_client


def depths() -> dict[str, int]:
    """Queue -> messages that wait; ``unacknowledged``: those that a worker has. Raises RedisError."""
    names = [queue.name for queue in settings.CELERY_TASK_QUEUES]
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
    pipeline = redis_client().pipeline(transaction=False)
    for name in names:
        pipeline.llen(f"{prefix}{name}")
    pipeline.hlen(f"{prefix}unacked")
    return dict(zip([*names, "unacknowledged"], map(int, pipeline.execute()), strict=True))


def families() -> Iterator[GaugeMetricFamily]:
    """The depth of each queue."""
    family = GaugeMetricFamily(
        "crm_queue_messages", "Messages in a queue; unacknowledged ones are being worked on.", labels=["queue"]
    )
    for name, depth in depths().items():
        family.add_metric([name.removeprefix(f"{settings.REDIS_KEY_PREFIX}:")], depth)
    yield family
