"""Doors of core: the heartbeat, and the sweep that sends what a crash or a lost broker left unsent."""

import datetime

from celery import shared_task
from django.utils import timezone

from core import events
from core.models import Event, Heartbeat

SWEEP_AFTER = datetime.timedelta(seconds=10)
SWEEP_BATCH = 1000


@shared_task(name="core.heartbeat")
def heartbeat() -> None:
    """Note that beat, broker and worker pass messages on."""
    Heartbeat.objects.update_or_create(name="worker", defaults={"beaten_at": timezone.now()})


@shared_task(name="core.dispatch_events")
def dispatch_events() -> int:
    """Send the tasks of events whose own commit did not manage to."""
    late = Event.objects.filter(dispatched_at=None, occurred_at__lt=timezone.now() - SWEEP_AFTER)
    return events.dispatch(list(late.order_by("pk").values_list("pk", flat=True)[:SWEEP_BATCH]))
