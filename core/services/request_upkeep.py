"""Forgets requests to addresses of others as long after they were sent as the runs of workflows are kept.

Until then they answer "was this sent already", and what stands in the run leads to them.
"""

import datetime

from django.conf import settings
from django.utils import timezone

from core.models import OutgoingRequest, RequestState

BATCH = 1000
MOST_BATCHES = 50


def prune(*, now: datetime.datetime | None = None) -> int:
    """Delete finished requests that are older than ``KEEP_RUNS_DAYS``; returns how many. The next hour goes on.

    Read in the order in which they were planned, so that it ends at the first batch that is young enough.
    """
    before = (now or timezone.now()) - datetime.timedelta(days=settings.KEEP_RUNS_DAYS)
    deleted, last = 0, 0
    for _batch in range(MOST_BATCHES):
        rows = OutgoingRequest.objects.filter(pk__gt=last).order_by("pk").values_list("pk", "created_at")[:BATCH]
        found = list(rows)
        old = [pk for pk, created_at in found if created_at < before]
        finished = OutgoingRequest.objects.filter(pk__in=old, finished_at__lt=before)
        deleted += finished.exclude(state=RequestState.PLANNED).delete()[0] if old else 0
        if len(old) < BATCH:
            break
        last = found[-1][0]
    return deleted
