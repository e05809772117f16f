"""Large tables in parts: what is there stays, what comes finds its part, and all that guards the tables still does."""

import datetime
import io
import zlib

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from core.events import emit
from core.models import Event, EventLink
from core.services import retention
from crm.services import companies
from crm_sync import partitions
from qbo_connector.models import Connection, MirrorObject, MirrorPayload
from tests import makers
from tests.unkept import unkept

pytestmark = pytest.mark.django_db


def part_of(row):
    """The part of its table in which a row is."""
    with connection.cursor() as cursor:
        table = row._meta.db_table
        cursor.execute(f"SELECT tableoid::regclass::text FROM {table} WHERE {row._meta.pk.column} = %s", [row.pk])
        return cursor.fetchone()[0]


def shape(table):
    """Names of constraints and indexes, as migrations know them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = %s", [table])
        indexes = {name for (name,) in cursor.fetchall()}
        cursor.execute("SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND conparentid = 0", [table])
        return indexes | {name for (name,) in cursor.fetchall()}


@pytest.fixture
def rep():
    return makers.user()


@pytest.fixture
def acme(rep):
    return companies.create(by=rep, name="Acme")


@pytest.fixture
def mirrored(db):
    """A function that mirrors a customer with that id."""
    us_connection = Connection.objects.create(environment="simulator", realm_id="1", company_name="Books")

    def mirror(number):
        row = MirrorObject.objects.create(
            connection=us_connection,
            entity="Customer",
            qbo_id=str(number),
            remote_updated_at=timezone.now(),
            digest=b"1",
        )
        return MirrorPayload.objects.create(mirror=row, body=zlib.compress(b"{}"))

    return mirror


@pytest.fixture
def cut(acme, mirrored, monkeypatch):
    """The tables after they were cut, with an event and a payload from before; parts are narrow."""
    monkeypatch.setattr(partitions, "IDS_PER_PART", 1000)
    monkeypatch.setattr(partitions, "PARTS_TO_COME", 2)
    before = {
        "payload": mirrored(1),
        "events": list(Event.objects.order_by("pk").values()),
        "links": list(EventLink.objects.order_by("pk").values()),
        "shapes": {table: shape(table) for table in TABLES},
    }
    told = io.StringIO()
    call_command("partition", "--yes", stdout=told)
    return before | {"told": told.getvalue()}


TABLES = ("core_event", "core_eventlink", "qbo_connector_mirrorpayload")


def test_what_was_there_is_there(cut):
    assert list(Event.objects.order_by("pk").values()) == cut["events"] != []
    assert list(EventLink.objects.order_by("pk").values()) == cut["links"] != []
    assert MirrorPayload.objects.get() == cut["payload"]
    assert {table: shape(table) for table in TABLES} == cut["shapes"]
    assert "core_event: 4 parts" in cut["told"]


def test_what_comes_finds_its_part(cut, acme, rep, mirrored):
    first = emit("company.changed", acme, by=rep, title="Acme")
    assert first.pk > cut["events"][-1]["id"]
    assert part_of(first) == "core_event_part_0"
    assert {part_of(link) for link in first.links.all()} == {"core_eventlink_part_0"}

    for ahead, part in ((1000, "1"), (2000, "2"), (500_000, "rest")):
        with connection.cursor() as cursor:
            start = first.pk // 1000 * 1000 + ahead
            cursor.execute(f"ALTER TABLE core_event ALTER COLUMN id RESTART WITH {start}")
        later = emit("company.changed", acme, by=rep, title="Acme")
        assert part_of(later) == f"core_event_part_{part}"
        assert {part_of(link) for link in later.links.all()} == {f"core_eventlink_part_{part}"}

    assert len({part_of(mirrored(number)) for number in range(2, 40)}) > 1
    assert Event.objects.filter(links__object_type="company", links__object_id=acme.pk).count() == 5


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_event SET name = 'company.other'",
        "DELETE FROM core_event",
        "DELETE FROM core_event_part_0",
        "TRUNCATE core_event, core_eventlink, workflows_enrolment CASCADE",
        "TRUNCATE core_event_part_0 CASCADE",
    ],
)
def test_events_are_still_kept(cut, statement):
    with (
        pytest.raises(DatabaseError, match="Events are the audit log"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_keys_still_hold(cut):
    link = EventLink.objects.values("event_id", "object_type", "object_id").first()
    for wrong in (
        EventLink(event_id=2_000_000_000, object_type="company", object_id=1),
        EventLink(**link),
        MirrorPayload(mirror_id=2_000_000_000, body=b""),
    ):
        with pytest.raises(IntegrityError):
            kept(wrong)


@transaction.atomic
def kept(row):
    row.save(force_insert=True)
    connection.check_constraints()


def test_retention_deletes_as_before(cut, settings):
    settings.KEEP_EVENTS_DAYS = 90
    long_ago = timezone.now() - datetime.timedelta(days=100)
    with unkept():
        Event.objects.update(occurred_at=long_ago, dispatched_at=timezone.now())
    assert retention.prune(now=timezone.now()) == len(cut["events"])
    assert Event.objects.get().name == "audit.pruned"


def test_it_is_done_once_and_with_consent(cut):
    with pytest.raises(CommandError, match="already consists of parts"):
        call_command("partition", "--yes")
    with pytest.raises(CommandError, match="make a backup"):
        call_command("partition")
