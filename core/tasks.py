"""Doors of core: the heartbeat, the sweep that sends what a crash left unsent, and the upkeep of custom properties."""

import datetime
from collections.abc import Sequence

from celery import shared_task
from django.utils import timezone

from core import events
from core.models import Event, Heartbeat
from core.services import files, mails, property_upkeep, request_upkeep, requests, retention

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


@shared_task(name="core.keep_property_indexes")
def keep_property_indexes(event_ids: Sequence[int] = ()) -> list[str]:
    """Build and drop the indexes of custom properties as their definitions say; also sent now and then as a sweep."""
    return property_upkeep.keep_indexes()


@shared_task(name="core.replace_property_choices")
def replace_property_choices(event_ids: Sequence[int]) -> int:
    """Give records the choice that takes over from an archived one."""
    return property_upkeep.replace_choices(event_ids)


@shared_task(name="core.send_mails")
def send_mails(event_ids: Sequence[int] = ()) -> int:
    """Send the e-mails that are due; also sent now and then as a sweep."""
    return mails.send_due()


@shared_task(name="core.send_requests")
def send_requests(event_ids: Sequence[int] = ()) -> int:
    """Send the requests that are due to addresses of others; also sent now and then as a sweep."""
    return requests.send_due()


@shared_task(name="core.forget_stray_files")
def forget_stray_files() -> int:
    """Delete contents of files whose upload was never finished."""
    return files.forget_strays()


@shared_task(name="core.purge_properties")
def purge_properties() -> int:
    """Forget custom properties that were deleted over 30 days ago, with their values; finish what was begun."""
    property_upkeep.finish_replacements()
    return property_upkeep.purge()


@shared_task(name="core.prune_events")
def prune_events() -> int:
    """Delete events that are older than the setting says; at night, or late."""
    return retention.prune()


@shared_task(name="core.prune_requests")
def prune_requests() -> int:
    """Delete requests to addresses of others whose runs are forgotten."""
    return request_upkeep.prune()
