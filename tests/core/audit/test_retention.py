"""How long events are kept: by setting, at night, in batches, with a line that says what went."""

import datetime

import pytest
from django.utils import timezone

from core.audit import table
from core.company import profile
from core.events import emit
from core.models import CompanyProfile, Event, EventLink
from core.services import retention
from tests.unkept import unkept

pytestmark = pytest.mark.django_db
NIGHT = datetime.datetime(2026, 6, 10, 2, 0, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


@pytest.fixture
def aged(company, rep):
    """Events of a company that are as many days old, with nothing else there."""
    profile()
    CompanyProfile.objects.update(time_zone="UTC")
    with unkept():
        EventLink.objects.all().delete()
        Event.objects.all().delete()

    def make(*days):
        made = [emit("company.changed", company, by=rep, title="Acme", n=age) for age in days]
        with unkept():
            for event, age in zip(made, days, strict=True):
                Event.objects.filter(pk=event.pk).update(occurred_at=NIGHT - age * DAY, dispatched_at=timezone.now())
        return made

    return make


def left():
    return sorted(Event.objects.filter(name="company.changed").values_list("data__n", flat=True))


def test_nothing_goes_without_a_setting(aged, settings):
    settings.KEEP_EVENTS_DAYS = 0
    aged(10, 4000)
    assert retention.prune(now=NIGHT) == 0
    assert left() == [10, 4000]
    assert table.kept() == "Nothing is deleted by itself."


def test_what_is_older_goes_in_batches_and_the_log_says_what_went(aged, settings, monkeypatch):
    settings.KEEP_EVENTS_DAYS = 90
    monkeypatch.setattr(retention, "BATCH", 2)
    aged(10, 89, 91, 100, 200)

    assert retention.prune(now=NIGHT) == 3
    assert retention.prune(now=NIGHT) == 0

    assert left() == [10, 89]
    assert not EventLink.objects.exclude(event__in=Event.objects.all()).exists()
    told = Event.objects.filter(name="audit.pruned").order_by("pk")
    assert [event.data["events"] for event in told] == [2, 1]
    assert told[0].data["oldest"] == (NIGHT - 200 * DAY).isoformat()
    assert told[0].data["newest"] == (NIGHT - 100 * DAY).isoformat()
    assert table.kept() == "Kept for 90 days."


def test_it_is_never_less_than_thirty_days(aged, settings):
    settings.KEEP_EVENTS_DAYS = 1
    aged(2, 29, 31)
    assert retention.prune(now=NIGHT) == 1
    assert left() == [2, 29]
    assert table.kept() == "Kept for 30 days."


def test_by_day_only_what_the_nights_left_goes(aged, settings):
    settings.KEEP_EVENTS_DAYS = 90
    aged(91, 93)
    assert retention.prune(now=NIGHT + datetime.timedelta(hours=12)) == 1
    assert left() == [91]


def test_events_whose_tasks_were_not_sent_stay(aged, settings):
    settings.KEEP_EVENTS_DAYS = 90
    (event,) = aged(100)
    Event.objects.filter(pk=event.pk).update(dispatched_at=None)
    assert retention.prune(now=NIGHT) == 0
    Event.objects.filter(pk=event.pk).update(dispatched_at=timezone.now())
    assert retention.prune(now=NIGHT) == 1
