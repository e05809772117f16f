"""What nobody needs any more goes by itself: ended sessions, requests whose runs are forgotten."""

import datetime

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import session_upkeep
from accounts.tasks import prune_sessions
from core.models import OutgoingRequest
from core.services import request_upkeep
from core.tasks import prune_requests
from crm_sync.celery import schedule
from tests.makers import user

pytestmark = pytest.mark.django_db


def ago(**delta: float) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(**delta)


def test_sessions_that_ended_are_deleted_and_living_ones_stay(monkeypatch):
    monkeypatch.setattr(session_upkeep, "BATCH", 2)
    person = user()
    for number in range(5):
        Session.objects.create(session_key=f"over-{number}", session_data="", expire_date=ago(minutes=1))
    Session.objects.create(session_key="alive", session_data="", expire_date=ago(minutes=-10))
    for key, seen in (("over-1", ago(days=3)), ("alive", ago(days=3)), ("just-now", timezone.now())):
        entry = UserSession.objects.create(user=person, session_key=key, ip="127.0.0.1", user_agent="")
        UserSession.objects.filter(pk=entry.pk).update(last_seen_at=seen)

    assert prune_sessions() == 6

    assert list(Session.objects.values_list("pk", flat=True)) == ["alive"]
    assert set(UserSession.objects.values_list("session_key", flat=True)) == {"alive", "just-now"}
    assert prune_sessions() == 0


def test_requests_go_with_their_runs(monkeypatch):
    monkeypatch.setattr(request_upkeep, "BATCH", 2)
    old, young = ago(days=settings.KEEP_RUNS_DAYS + 1), ago(days=settings.KEEP_RUNS_DAYS - 1)
    for number, (state, planned, finished) in enumerate(
        [
            ("sent", old, old), ("failed", old, old), ("planned", old, None), ("sent", old, young),
            ("cancelled", old, old), ("sent", young, young), ("planned", young, None),
        ]
    ):  # fmt: skip
        OutgoingRequest.objects.create(
            key=str(number), kind="webhook", host="example.com", sealed_url="", body="{}", state=state,
            created_at=planned, finished_at=finished,
        )  # fmt: skip

    assert prune_requests() == 3

    assert list(OutgoingRequest.objects.order_by("pk").values_list("key", flat=True)) == ["2", "3", "5", "6"]
    assert prune_requests() == 0


def test_both_are_in_the_schedule():
    assert {"core.prune_requests", "accounts.prune_sessions"} <= set(schedule())
