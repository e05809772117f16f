"""Letting old runs go, a slice at a time.

A run is gone for good once nothing asks for it any more. Where a record may be enrolled only once, its enrolment stays,
because it is the memory of that; what its steps did goes all the same.
"""

import datetime
import time

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from workflows.enums import Again
from workflows.models import Enrolment, MadeRecord, StepRun, Workflow

SLICE = 1000
WORK_SECONDS = 30.0


def prune(now: datetime.datetime | None = None) -> int:
    """Delete what is older than is kept, for some seconds at most; returns how many runs it hit."""
    kept = datetime.timedelta(days=settings.KEEP_RUNS_DAYS)
    before, until, hit = (now or timezone.now()) - kept, time.monotonic() + WORK_SECONDS, 0
    while time.monotonic() < until:
        found = _slice(before)
        if not found:
            break
        hit += found
    return hit


@transaction.atomic
def _slice(before: datetime.datetime) -> int:
    old = Enrolment.objects.filter(ended_at__lt=before).order_by("ended_at")
    forgotten = list(old.filter(workflow__in=_comes_each_time()).values_list("pk", flat=True)[:SLICE])
    told = Exists(StepRun.objects.filter(enrolment=OuterRef("pk")))
    emptied = list(old.filter(told).exclude(pk__in=forgotten).values_list("pk", flat=True)[: SLICE - len(forgotten)])
    ids = [*forgotten, *emptied]
    for rows in (StepRun.objects.filter(enrolment__in=ids), MadeRecord.objects.filter(enrolment__in=ids)):
        rows._raw_delete(rows.db)
    gone = Enrolment.objects.filter(pk__in=forgotten)
    gone._raw_delete(gone.db)
    return len(ids)


def _comes_each_time() -> QuerySet[Workflow]:
    """The workflows that need not know whether a record has been there before."""
    return Workflow.objects.filter(published__definition__again=Again.EACH_TIME.value)
