"""The audit log is added to and nothing else: what the database refuses, and the few doors there are."""

import datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from core.audit import door
from core.audit.keeping import GUARDED
from core.events import emit
from core.models import Event, Heartbeat

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(rep):
    return emit("user.changed", rep, by=rep, title="Rita", changes={"email": ["a@example.com", "b@example.com"]})


@pytest.mark.parametrize(
    "change",
    [
        {"data": {}}, {"name": "user.seen"}, {"occurred_at": timezone.now()}, {"actor": None}, {"origin": "sync"},
        {"object_type": "deal"}, {"object_id": 7}, {"address": "10.0.0.1"}, {"request": "x"}, {"key": 7},
        {"key_name": "x"}, {"cause": 7},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_nothing_that_was_written_changes(event, change):
    with pytest.raises(IntegrityError, match="not changed or deleted"), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(**change)
    assert Event.objects.get(pk=event.pk).data == event.data


@pytest.mark.parametrize("words", ["DELETE FROM core_event", "TRUNCATE core_event, core_eventlink CASCADE"])
def test_nothing_is_deleted(event, words):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("DELETE FROM core_eventlink")
        with pytest.raises(IntegrityError, match="not changed or deleted"), transaction.atomic():
            cursor.execute(words)
    assert Event.objects.filter(pk=event.pk).exists()


def test_that_its_tasks_were_sent_is_noted_without_asking_the_trigger(event):
    Event.objects.filter(pk=event.pk).update(dispatched_at=timezone.now())
    columns = {field.column for field in Event._meta.concrete_fields}
    assert columns - set(GUARDED) == {"dispatched_at"}


def test_each_door_lets_through_what_it_is_for_and_nothing_else(event):
    day = timezone.now() - datetime.timedelta(days=3)
    with door.opened(door.Door.FORGETTING):
        with pytest.raises(IntegrityError), transaction.atomic():
            Event.objects.filter(pk=event.pk).update(data={}, occurred_at=day)
        with pytest.raises(IntegrityError), transaction.atomic():
            Event.objects.filter(pk=event.pk).delete()
        Event.objects.filter(pk=event.pk).update(data={"title": "R"})
    with door.opened(door.Door.DATING):
        with pytest.raises(IntegrityError), transaction.atomic():
            Event.objects.filter(pk=event.pk).update(data={})
        Event.objects.filter(pk=event.pk).update(occurred_at=day)
    with door.opened(door.Door.RETENTION), pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(data={})
    found = Event.objects.get(pk=event.pk)
    assert (found.data, found.occurred_at) == ({"title": "R"}, day)
    with door.opened(door.Door.RETENTION):
        Event.objects.filter(pk=event.pk).delete()
    assert not Event.objects.filter(pk=event.pk).exists()


def fail_inside() -> None:
    with door.opened(door.Door.RETENTION):
        Heartbeat.objects.create(name="x", beaten_at=timezone.now())
        raise RuntimeError


def test_a_door_is_shut_again_also_after_a_failure(event):
    with pytest.raises(RuntimeError):
        fail_inside()
    with door.opened(door.Door.RETENTION):
        pass
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.filter(pk=event.pk).delete()
    assert not Heartbeat.objects.filter(name="x").exists()


def test_who_did_something_can_not_be_deleted(event, rep):
    with pytest.raises(IntegrityError), transaction.atomic():
        rep.delete()


@pytest.mark.parametrize(
    ("data", "left"),
    [
        ({"contact": "Nora Field", "title": "Patio"}, {"contact": "", "title": "Patio"}),
        ({"merged": ["Nora Field", "N. Field"]}, {"merged": ["", "N. Field"]}),
        ({"changes": {"contact_id": [None, 7]}}, {"changes": {"contact_id": [None, 7]}}),
    ],
)
def test_a_forgotten_name_is_taken_out_of_what_is_said_of_others(data, left):
    assert door.without(data, "Nora Field") == left
