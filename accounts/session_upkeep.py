"""Forgets sessions that have ended by themselves, and what the list of browsers says of them."""

import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.utils import timezone

BATCH = 1000
MOST_BATCHES = 50
# A session that is being made is listed a moment before or after it is stored.
SETTLED = datetime.timedelta(days=1)


def prune(*, now: datetime.datetime | None = None) -> tuple[int, int]:
    """How many stored sessions and how many entries of lists were deleted. The next hour goes on."""
    moment = now or timezone.now()
    return _sessions(moment), _entries(moment)


def _sessions(now: datetime.datetime) -> int:
    deleted = 0
    for _batch in range(MOST_BATCHES):
        over = Session.objects.filter(expire_date__lt=now).order_by("expire_date")
        keys = list(over.values_list("pk", flat=True)[:BATCH])
        deleted += Session.objects.filter(pk__in=keys).delete()[0] if keys else 0
        if len(keys) < BATCH:
            break
    return deleted


def _entries(now: datetime.datetime) -> int:
    alive = Session.objects.filter(session_key=OuterRef("session_key"))
    over = UserSession.objects.filter(~Exists(alive), last_seen_at__lt=now - SETTLED).order_by("pk")
    keys = list(over.values_list("pk", flat=True)[: BATCH * MOST_BATCHES])
    return UserSession.objects.filter(pk__in=keys).delete()[0] if keys else 0
