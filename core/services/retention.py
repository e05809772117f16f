"""Deleting events that are older than the audit log is kept, at night and in batches; what was deleted is an event."""

import datetime
import time

from django.conf import settings
from django.utils import timezone

from core.audit.door import Door, opened
from core.company import zone
from core.events import Draft, emit_many
from core.models import Event, Origin

LEAST_DAYS = 30
BATCH = 5000
# One task deletes for so long; the next one goes on.
SECONDS = 40
NIGHT = range(1, 5)
# Where nothing runs at night, it is done by day all the same, so many days later.
LATE_DAYS = 2


def days_kept() -> int:
    """For how many days events are kept; 0 is for ever. A setting below 30 days is taken as 30."""
    return max(LEAST_DAYS, settings.KEEP_EVENTS_DAYS) if settings.KEEP_EVENTS_DAYS > 0 else 0


def prune(*, now: datetime.datetime | None = None) -> int:
    """Delete events older than ``KEEP_EVENTS_DAYS``, with their places on timelines; how many."""
    days = days_kept()
    if not days:
        return 0
    moment = now or timezone.now()
    by_night = timezone.localtime(moment, zone()).hour in NIGHT
    before = moment - datetime.timedelta(days=days if by_night else days + LATE_DAYS)
    deleted, until = 0, time.monotonic() + SECONDS
    while time.monotonic() < until:
        found = _delete_batch(before, days)
        deleted += found
        if found < BATCH:
            break
    return deleted


def _delete_batch(before: datetime.datetime, days: int) -> int:
    """Delete some and say so, together; events whose tasks were not sent yet stay."""
    with opened(Door.RETENTION):
        old = Event.objects.filter(occurred_at__lt=before, dispatched_at__isnull=False).order_by("occurred_at", "pk")
        rows = list(old.select_for_update(skip_locked=True).values_list("pk", "occurred_at")[:BATCH])
        if not rows:
            return 0
        Event.objects.filter(pk__in=[pk for pk, _at in rows]).delete()
        told = {"events": len(rows), "oldest": rows[0][1].isoformat(), "newest": rows[-1][1].isoformat(), "days": days}
        emit_many([Draft("audit.pruned", "audit", 0, data=told)], origin=Origin.SYSTEM)
        return len(rows)
