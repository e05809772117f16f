"""R11: the cursor is QuickBooks' clock less an overlap: no clock, zone or late commit makes a change be missed."""

import datetime

import pytest
from django.utils import timezone

from qbo_connector.mirror import pull
from qbo_connector.models import MirrorObject, PullSchedule
from tests.faults.mirror import Accountant, assert_mirrored, read_once, read_until_quiet
from tests.faults.seeds import seeds


@pytest.fixture
def clock(quickbooks):
    """Moves QuickBooks' clock; put right again at the end."""
    yield lambda seconds: quickbooks.call("POST", "clock", {"offset": seconds, "speed": 1})
    quickbooks.call("POST", "clock", {"offset": 0, "speed": 1})


@pytest.mark.parametrize("seed", seeds())
def test_changes_stamped_by_another_clock_or_committed_late_are_not_missed(seed, us_company, quickbooks, clock):
    someone = Accountant(quickbooks, us_company, seed)
    ahead = someone.dice.choice([-600, -90, 0, 90, 600])
    clock(ahead)
    read_until_quiet(us_company)

    for _step in range(6):
        # A change becomes visible up to some minutes after the time it is stamped with.
        for _change in range(someone.dice.randint(1, 3)):
            clock(ahead - someone.dice.choice([0, 1, 30, 90, 200]))
            someone.something()
        clock(ahead)
        read_once(us_company)
        assert_mirrored(quickbooks, us_company, "Customer", "Invoice")
    assert PullSchedule.objects.get().failures == 0


def test_a_deletion_stamped_before_the_last_change_of_its_invoice_is_seen(us_company, quickbooks, clock):
    read_until_quiet(us_company)
    clock(90)
    someone = Accountant(quickbooks, us_company, 3)
    for row in quickbooks.objects(us_company.realm_id, "Invoice"):
        quickbooks.call("POST", f"objects/{us_company.realm_id}/Invoice/{row['Id']}", {"PrivateNote": "changed"})
    read_once(us_company)
    clock(0)
    someone.delete_invoice()
    clock(90)
    read_once(us_company)

    assert_mirrored(quickbooks, us_company, "Invoice")
    assert MirrorObject.objects.filter(entity="Invoice", deleted=True).count() == 1


ZONES = {
    "summer time ends, before": ("2026-11-01T01:30:00.000-07:00", "2026-11-01T08:30:00"),
    "summer time ends, after": ("2026-11-01T01:30:00.000-08:00", "2026-11-01T09:30:00"),
    "summer time begins": ("2026-03-08T03:00:00.000-07:00", "2026-03-08T10:00:00"),
    "far west": ("2026-11-21T00:00:00.000-12:00", "2026-11-21T12:00:00"),
    "far east": ("2026-11-21T00:00:00.000+14:00", "2026-11-20T10:00:00"),
    "half hours": ("2026-11-21T00:00:00.000+05:45", "2026-11-20T18:15:00"),
    "nanoseconds": ("2026-11-21T00:00:00.123456123Z", "2026-11-21T00:00:00.123456"),
}


@pytest.mark.parametrize("zone", ZONES)
def test_the_cursor_is_the_instant_of_the_answer_whatever_zone_it_is_told_in(zone, us_company, quickbooks):
    read_until_quiet(us_company)
    told, instant = ZONES[zone]
    before = datetime.datetime.fromisoformat(instant).replace(tzinfo=datetime.UTC)
    PullSchedule.objects.update(cursor=before - datetime.timedelta(hours=1))
    quickbooks.fault(kind="cdc", times=1, action="body", body={"CDCResponse": [{"QueryResponse": [{}]}], "time": told})
    # The clock of this machine plays no part, but a cursor that is a month old is not asked from.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pull, "OLDEST", datetime.timedelta(days=10_000))
        read_once(us_company)

    assert PullSchedule.objects.get().cursor == before


def test_a_cursor_never_goes_back(us_company, quickbooks):
    read_until_quiet(us_company)
    cursor = PullSchedule.objects.get().cursor
    early = (cursor - datetime.timedelta(hours=3)).isoformat()
    quickbooks.fault(kind="cdc", times=1, action="body", body={"CDCResponse": [{"QueryResponse": [{}]}], "time": early})

    read_once(us_company)

    assert PullSchedule.objects.get().cursor == cursor


def test_many_changes_in_one_second_and_a_read_in_the_middle_of_it(us_company, quickbooks, clock):
    read_until_quiet(us_company)
    quickbooks.call("POST", "clock", {"speed": 0})
    someone = Accountant(quickbooks, us_company, 11)
    for _half in range(2):
        for _change in range(4):
            someone.something()
        read_once(us_company)

    quickbooks.call("POST", "clock", {"speed": 1})
    read_once(us_company)

    assert_mirrored(quickbooks, us_company)


def test_rows_and_cursor_are_committed_together(us_company, quickbooks, monkeypatch):
    read_until_quiet(us_company)
    cursor, someone = PullSchedule.objects.get().cursor, Accountant(quickbooks, us_company, 1)
    someone.edit_invoice()

    def dies(*_arguments, **_options):
        raise RuntimeError("the worker dies while it commits")

    with monkeypatch.context() as patch:
        patch.setattr(pull, "_rest", dies)
        with pytest.raises(RuntimeError):
            read_once(us_company)
    assert PullSchedule.objects.get().cursor == cursor

    PullSchedule.objects.update(leased_until=timezone.now() - datetime.timedelta(seconds=1))
    read_once(us_company)

    assert_mirrored(quickbooks, us_company)
