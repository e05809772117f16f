"""The card on a record that says how it stands with QuickBooks."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.models import Company
from qbo_connector.models import Connection, PullSchedule
from sync.enums import Exclusion, Outcome
from sync.models import Conflict, Link, ObjectSettings
from tests import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def ops(db: None) -> Client:
    client = Client()
    client.force_login(makers.user("Ops", "ops@example.com"))
    return client


@pytest.fixture
def rep(db: None) -> Client:
    client = Client()
    client.force_login(makers.user())
    return client


@pytest.fixture
def record(db: None) -> Company:
    return Company.objects.create(name="Cool Cars")


def linked(record: Company, outcome: Outcome = Outcome.IN_SYNC, **values: Any) -> Link:
    number = Connection.objects.count() + 1
    connection = Connection.objects.create(realm_id=str(number), environment="sandbox", company_name=f"Books {number}")
    ObjectSettings.objects.create(connection=connection, sync_object="contact", enabled=True)
    values = {"qbo_id": str(number), "synced_at": timezone.now(), **values}
    return Link.objects.create(
        connection=connection, entity="Customer", object_type="company", object_id=record.pk, outcome=outcome, **values
    )


def page(client: Client, record: Company) -> str:
    response = client.get(reverse("sync:company-card", args=[record.pk]))
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    return response.content.decode()


def test_each_outcome_is_told_with_its_reason(ops: Client, record: Company) -> None:
    linked(record)
    linked(record, Outcome.EXCLUDED, exclusion=Exclusion.FILTER, reason="Country is not Canada")
    linked(record, Outcome.FAILING, reason="The period is closed.", detail="Account Period Closed")
    conflict = linked(record, Outcome.CONFLICT)
    Conflict.objects.create(link=conflict, crm_field="phone", qbo_field="PrimaryPhone")

    text = page(ops, record)

    for told in (
        "In sync",
        "just now",
        "It does not match the filter: Country is not Canada",
        "The period is closed.",
        "QuickBooks says: “Account Period Closed”",
        "1 field to decide",
        "Sandbox",
    ):
        assert told in text
    assert text.count("Retry") == 1


def test_a_record_that_nothing_is_linked_to_says_so(ops: Client, record: Company) -> None:
    assert "No QuickBooks company is connected" in page(ops, record)
    connection = Connection.objects.create(realm_id="9", environment="sandbox", company_name="Books")
    ObjectSettings.objects.create(connection=connection, sync_object="contact", enabled=True)

    assert "Nobody in QuickBooks was matched" in page(ops, record)


def test_a_name_that_is_taken_offers_both_ways_out(ops: Client, record: Company) -> None:
    remedy = {"kind": "name", "name": "Cool Cars", "owner": {"name": "Cool Cars"}, "can_link": True}
    linked(record, Outcome.FAILING, qbo_id="", reason="Somebody has this name.", remedy=remedy)

    text = page(ops, record)

    assert "Link to “Cool Cars”" in text
    assert "Another name in QuickBooks" in text


def test_who_may_not_act_sees_no_button(rep: Client, record: Company) -> None:
    link = linked(record, Outcome.FAILING, reason="No.")

    assert "<button" not in page(rep, record)
    for name in ("record-retry", "record-link-to-owner", "record-rename", "record-sync-now"):
        assert rep.post(reverse(f"sync:{name}", args=[link.pk])).status_code == 403


def test_statements_stay_the_same(ops: Client, record: Company, django_assert_max_num_queries: Any) -> None:
    linked(record)
    page(ops, record)
    with django_assert_max_num_queries(9) as few:
        page(ops, record)
    for _number in range(10):
        linked(record)
    with django_assert_max_num_queries(len(few)):
        page(ops, record)


def test_a_conflict_leads_to_its_place_in_the_queue(ops: Client, rep: Client, record: Company) -> None:
    Conflict.objects.create(link=linked(record, Outcome.CONFLICT), crm_field="phone", qbo_field="PrimaryPhone")

    address = f"{reverse('sync:conflicts')}?record=company:{record.pk}"
    assert address in page(ops, record)
    assert address not in page(rep, record)


def test_what_excludes_a_record_is_a_door_for_who_may_change_it(admin: Client, ops: Client, record: Company) -> None:
    linked(record, Outcome.EXCLUDED, exclusion=Exclusion.FILTER, reason="Country is not Canada")

    assert "Open the settings" in page(admin, record)
    assert "Open the settings" not in page(ops, record)


def test_a_record_without_an_email_is_edited(rep: Client, record: Company) -> None:
    linked(record, Outcome.EXCLUDED, exclusion=Exclusion.NO_EMAIL, qbo_id="")

    assert reverse("crm:company-edit", args=[record.pk]) in page(rep, record)


def test_a_likely_match_leads_to_the_decision(ops: Client, record: Company) -> None:
    linked(record, Outcome.EXCLUDED, exclusion=Exclusion.SUGGESTED, qbo_id="")

    assert "Decide the likely match" in page(ops, record)


def test_sync_now_of_a_record_costs_one_read_and_tells_when_it_is_done(ops: Client, record: Company) -> None:
    link = linked(record)
    now = timezone.now()
    plan = PullSchedule.objects.create(connection=link.connection, finished_at=now, cursor=now, loaded_at=now)

    ops.post(reverse("sync:record-sync-now", args=[link.pk]))

    plan.refresh_from_db()
    assert plan.requested_at is not None
    assert not plan.read_reference
    waiting = page(ops, record)
    assert "QuickBooks is being read now." in waiting
    assert "every 4s" in waiting
    PullSchedule.objects.update(finished_at=timezone.now())
    done = page(ops, record)
    assert "QuickBooks is being read now." not in done
    assert "QuickBooks read" in done
    assert "every 4s" not in done
