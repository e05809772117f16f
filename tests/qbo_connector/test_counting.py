"""The nightly count: one read for each entity in use; a listing only where numbers differ; nothing deleted wrongly."""

import datetime
import json
import zoneinfo

import pytest
from django.utils import timezone

from core.models import Event
from qbo_connector import errors
from qbo_connector.client import QuickBooksClient
from qbo_connector.mirror import load, pull
from qbo_connector.mirror.entities import CHANGE_DATA
from qbo_connector.models import ApiUsage, Connection, LoadProgress, MirrorObject, PullSchedule
from qbo_connector.services import counting
from tests.faults.mirror import Accountant, assert_mirrored, read_once, read_until_quiet


def reads(cause="count_check"):
    return sum(ApiUsage.objects.filter(cause=cause).values_list("reads", flat=True))


def ask_for(*entities):
    PullSchedule.objects.update(to_count=list(entities) or list(CHANGE_DATA))


def test_equal_numbers_cost_one_read_each_and_nothing_more(us_company, quickbooks):
    read_until_quiet(us_company)
    first = reads("first_load")
    ask_for()

    read_once(us_company)

    assert reads() == len(load.offered(us_company))
    assert reads("first_load") == first
    assert PullSchedule.objects.get().to_count == []


def test_what_change_data_never_told_is_found_in_the_night(us_company, quickbooks, monkeypatch):
    read_until_quiet(us_company)
    someone = Accountant(quickbooks, us_company, 5)
    # The window of change data moves on without having told of these.
    someone.add()
    someone.delete_invoice()
    monkeypatch.setattr(pull, "OVERLAP", datetime.timedelta(0))
    PullSchedule.objects.update(cursor=timezone.now() + datetime.timedelta(seconds=2))
    read_once(us_company)
    with pytest.raises(AssertionError):
        assert_mirrored(quickbooks, us_company, "Invoice")
    ask_for("Customer", "Invoice", "Item")

    read_until_quiet(us_company)

    assert_mirrored(quickbooks, us_company)
    event = Event.objects.get(name="connection.counts_differ")
    assert event.data["entities"] == ["Customer", "Invoice"]
    assert LoadProgress.objects.get(entity="Item").gone == []


@pytest.fixture
def instead(monkeypatch):
    """The next answers to queries of one entity are these: a body, or a refusal to raise. A count is none of them."""

    def install(entity, *replies):
        original, left = QuickBooksClient.select, list(replies)

        def select(self, statement):
            if not left or not statement.startswith(f"SELECT * FROM {entity} "):
                return original(self, statement)
            reply = left.pop(0)
            if isinstance(reply, Exception):
                raise reply
            return json.dumps({"QueryResponse": reply, "time": "2026-11-22T00:00:00.000-08:00"}).encode()

        monkeypatch.setattr(QuickBooksClient, "select", select)
        return left

    return install


BROKEN = {
    "an empty listing": [{}],
    "half a listing": ["half"],
    "an error": [errors.ServerError()],
    "an error after half": ["half", errors.ServerError()],
    "empty answers to whatever is asked": [{}, {}],
}


@pytest.mark.parametrize("broken", BROKEN)
def test_an_incomplete_listing_deletes_nothing(broken, us_company, quickbooks, instead):
    read_until_quiet(us_company)
    alive = MirrorObject.objects.filter(entity="Invoice", deleted=False).count()
    LoadProgress.objects.filter(entity="Invoice").delete()
    half = {"Invoice": quickbooks.objects(us_company.realm_id, "Invoice")[:9]}
    left = instead("Invoice", *[half if reply == "half" else reply for reply in BROKEN[broken]])

    for _try in range(3):
        read_once(us_company)

    assert left == []
    assert MirrorObject.objects.filter(entity="Invoice", deleted=False).count() == alive
    read_until_quiet(us_company)
    assert_mirrored(quickbooks, us_company)


def test_a_count_that_is_overtaken_by_changes_is_asked_again(us_company, quickbooks, monkeypatch):
    read_until_quiet(us_company)
    ask_for("Customer")
    someone = Accountant(quickbooks, us_company, 3)
    original = pull._changes

    def overtaken(*arguments):
        someone.add()
        return original(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(pull, "_changes", overtaken)
        read_once(us_company)
    assert PullSchedule.objects.get().to_count == ["Customer"]

    read_once(us_company)

    assert PullSchedule.objects.get().to_count == []
    assert not Event.objects.filter(name="connection.counts_differ").exists()


@pytest.mark.django_db
def test_each_company_is_counted_once_in_its_own_night():
    companies = [
        Connection.objects.create(environment="simulator", realm_id=str(number), time_zone=zone)
        for number, zone in enumerate(["America/Los_Angeles", "Asia/Tokyo", "Asia/Tokyo", "UTC"], 1)
    ]
    start = datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC)
    for company in companies:
        PullSchedule.objects.create(connection=company, loaded_at=start)
        MirrorObject.objects.create(
            connection=company, entity="Item", qbo_id="1", remote_updated_at=start, digest=b"", deleted=False
        )
    asked: dict[int, list[datetime.datetime]] = {}
    for quarter in range(4 * 48):
        now = start + quarter * datetime.timedelta(minutes=15)
        counting.ask_for_due(now=now)
        for row in PullSchedule.objects.exclude(to_count=[]):
            asked.setdefault(row.connection_id, []).append(now)
        PullSchedule.objects.update(to_count=[])

    for company in companies:
        local = [moment.astimezone(zoneinfo.ZoneInfo(company.time_zone)) for moment in asked[company.pk]]
        assert len(local) == 2, (company, local)
        assert all(1 <= moment.hour <= 5 for moment in local)
    assert len({tuple(moments) for moments in asked.values()}) > 1


@pytest.mark.django_db
def test_unused_entities_are_counted_on_sundays_only():
    company = Connection.objects.create(environment="simulator", realm_id="1")
    monday = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)
    MirrorObject.objects.create(connection=company, entity="Item", qbo_id="1", remote_updated_at=monday, digest=b"")
    row = PullSchedule.objects.create(connection=company, loaded_at=monday - datetime.timedelta(days=9))
    assert counting.ask_for_due(now=monday) == 1
    assert PullSchedule.objects.get().to_count == ["Item"]
    assert counting.ask_for_due(now=monday) == 0
    PullSchedule.objects.filter(pk=row.pk).update(counted_at=None)

    counting.ask_for_due(now=monday - datetime.timedelta(days=1))

    assert PullSchedule.objects.get().to_count == list(CHANGE_DATA)


def test_what_quickbooks_does_not_offer_is_left_out_until_it_does(us_company, quickbooks, instead):
    instead("CompanyCurrency", errors.BusinessRule(errors.Fault("6000", "Multicurrency is off")))

    read_until_quiet(us_company)

    assert "CompanyCurrency" not in load.offered(us_company)
    assert "CompanyCurrency" not in quickbooks.call("GET", "calls?kind=cdc&limit=1")["calls"][-1]["path"]
    PullSchedule.objects.update(read_reference=True)
    read_until_quiet(us_company)
    assert "CompanyCurrency" in load.offered(us_company)
    assert_mirrored(quickbooks, us_company)


def test_a_refusal_of_what_every_company_has_fails_the_load(us_company, quickbooks, instead):
    instead("Customer", errors.BusinessRule(errors.Fault("6000", "No")))

    read_once(us_company)

    plan = PullSchedule.objects.get()
    assert (plan.failures, plan.loaded_at) == (1, None)


def test_a_company_loaded_by_an_older_version_gets_what_is_new(us_company, quickbooks):
    read_until_quiet(us_company)
    new = ("Vendor", "Bill", "Estimate", "CreditMemo")
    LoadProgress.objects.filter(entity__in=new).delete()
    MirrorObject.objects.filter(entity__in=new).delete()
    cursor = PullSchedule.objects.get().cursor

    read_until_quiet(us_company)

    assert PullSchedule.objects.get().cursor >= cursor
    assert_mirrored(quickbooks, us_company)
    assert Event.objects.filter(name="connection.loaded").count() == 1
