"""What must not grow: memory of processes, lines of messages, rows that are old."""

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from core.models import Event, OutgoingRequest
from core.redis import redis_client
from qbo_connector.models import Alert, FailedRead, Operation, OperationBatch, ParkedRecord, WebhookEvent
from workflows.models import StepRun

Old = Callable[[datetime.datetime], Any]
# What is deleted by age: the rows that are older than a moment and could have gone.
OLD: dict[str, Old] = {
    "notices": lambda at: WebhookEvent.objects.filter(received_at__lt=at),
    "failed reads": lambda at: FailedRead.objects.filter(last_at__lt=at),
    "alerts": lambda at: Alert.objects.filter(cleared_at__lt=at),
    "parked records": lambda at: ParkedRecord.objects.filter(resolved_at__lt=at),
    "bodies of writes": lambda at: Operation.objects.filter(
        state="done", finished_at__lt=at, settled_at__lt=at, body__isnull=False
    ),
    "batches": lambda at: OperationBatch.objects.filter(
        ~Exists(Operation.objects.filter(batch=OuterRef("pk")).exclude(settled_at__lt=at)), created_at__lt=at
    ),
    "requests to others": lambda at: OutgoingRequest.objects.filter(created_at__lt=at, finished_at__lt=at),
    "runs of steps": lambda at: StepRun.objects.filter(enrolment__ended_at__lt=at),
    "events": lambda at: Event.objects.filter(occurred_at__lt=at, dispatched_at__lt=at),
}


def left(age: float) -> dict[str, int]:
    """Rows older than so many seconds that are still there, by kind."""
    at = timezone.now() - datetime.timedelta(seconds=age)
    return {kind: count for kind, rows in OLD.items() if (count := rows(at).count())}


def lines() -> dict[str, int]:
    """Messages that wait in each line of the broker."""
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
    return {queue.name: int(redis_client().llen(prefix + queue.name)) for queue in settings.CELERY_TASK_QUEUES}


def megabytes(process: int) -> float:
    """Memory of a process and its descendants; what they share counts once."""
    total = 0.0
    for pid in _family(process):
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024
    return total


def _family(process: int) -> list[int]:
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return []
    return [process, *(each for child in children for each in _family(int(child)))]
