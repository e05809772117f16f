"""Enrolling what fits already when a workflow is switched on: only when asked, each record once, behind single ones."""

import datetime

import pytest
from django.urls import reverse

from core import company
from crm.models import Company
from crm.services import companies, deals
from tests.makers import user
from tests.workflows.makers import carry_on, step, tell, workflow_of
from workflows import tasks
from workflows.models import Enrolment
from workflows.services import existing, workflows
from workflows.services.enrolments import NotPossible

pytestmark = pytest.mark.django_db
IN_PARIS = {"version": 1, "all": [{"field": "phone", "op": "contains", "value": "+33"}]}


@pytest.fixture
def paris(boss, monkeypatch):
    monkeypatch.setattr(existing, "SLICE", 3)
    Company.objects.bulk_create(Company(name=f"P{n}", phone=f"+33 {n}" if n % 2 else "") for n in range(14))
    return workflow_of(boss, step("a", "rest"), conditions=IN_PARIS, again="never")


def enrol_all():
    for _slice in range(20):
        if not existing.enrol_slice():
            return


def test_nothing_is_enrolled_unless_asked_and_then_each_record_once(paris, boss):
    assert existing.count(paris) == 7
    enrol_all()
    assert not Enrolment.objects.exists()

    existing.ask(paris, by=boss)
    late = companies.create(by=boss, name="Later", phone="+33 99")
    assert existing.enrol_slice() is True
    with pytest.raises(NotPossible, match="being enrolled already"):
        existing.ask(paris, by=boss)
    enrol_all()

    found = list(Enrolment.objects.order_by("record_id"))
    assert [row.title for row in found] == [f"P{n}" for n in range(1, 14, 2)]
    assert {row.bulk for row in found} == {True}
    assert {row.enrolled_by_id for row in found} == {boss.pk}
    assert late.pk not in {row.record_id for row in found}
    assert existing.count(paris) == 1
    existing.ask(paris, by=boss)
    enrol_all()
    assert Enrolment.objects.count() == 8  # only the one that came later is new


def test_single_records_go_first(paris, boss):
    existing.ask(paris, by=boss)
    enrol_all()
    other = workflow_of(boss, step("a", "make"), about="company", trigger={"kind": "event", "event": "company.created"})
    companies.create(by=boss, name="Single")
    tell()

    carry_on()

    assert Enrolment.objects.get(workflow=other).state == "finished"


def test_switching_off_ends_it(paris, boss):
    existing.ask(paris, by=boss)
    existing.enrol_slice()
    workflows.switch(paris, on=False, by=boss)
    enrol_all()

    assert Enrolment.objects.count() == 3
    with pytest.raises(NotPossible, match="switched off"):
        existing.ask(paris, by=boss)


def test_with_a_date_those_count_whose_time_has_come(boss):
    trigger = {"kind": "date", "property": "close_on", "days": 3, "at": "00:01", "working_days": False}
    workflow = workflow_of(boss, step("a", "rest"), about="deal", trigger=trigger)
    today = company.today()
    for days in (-400, -10, -2, 5):
        deals.create(by=boss, name=f"{days}", close_on=today + datetime.timedelta(days=days))

    existing.ask(workflow, by=boss)
    enrol_all()

    assert sorted(Enrolment.objects.values_list("title", flat=True)) == ["-10", "-400"]


def test_a_lost_message_is_found_by_the_sweep(paris, boss, noted_messages):
    existing.ask(paris, by=boss)
    noted_messages.clear()

    tasks.sweep()

    assert [task for task, _args in noted_messages].count(existing.TASK) == 1


def test_switching_on_asks_and_says_how_many(paris, boss, client):
    workflows.switch(paris, on=False, by=boss)
    client.force_login(boss)
    page = client.post(reverse("workflows:act", args=[paris.pk, "on"]), follow=True).content.decode()
    assert "7 records fit its conditions already" in page

    page = client.post(reverse("workflows:act", args=[paris.pk, "enrol-existing"]), follow=True).content.decode()
    assert "are being enrolled" in page
    paris.refresh_from_db()
    assert paris.existing_to is not None

    client.force_login(user())
    assert client.post(reverse("workflows:act", args=[paris.pk, "enrol-existing"])).status_code == 403
