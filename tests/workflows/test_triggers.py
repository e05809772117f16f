"""What enrols records: events, conditions that become true, dates; each cause once, circles cut."""

import datetime
import itertools
import zoneinfo

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import company as profile
from core.events import Draft, emit_many
from core.models import CompanyProfile, Event, Origin
from crm.models import Company, Deal
from crm.services import companies, contacts, deals, pipelines
from tests.unkept import unkept
from tests.workflows.makers import LATER, carry_on, enrolment, on_event, step, tell, workflow_of
from workflows import times, triggers
from workflows.models import Enrolment, HandledEvent, Workflow
from workflows.services import workflows

DAY = datetime.timedelta(days=1)


def enrolled():
    return sorted(Enrolment.objects.values_list("record_id", flat=True))


def test_an_event_enrols_its_record_once_however_often_it_is_told(boss):
    workflow_of(boss, step("a", "rest"), trigger=on_event("company.created"))
    first = companies.create(by=boss, name="First")
    second = companies.create(by=boss, name="Second")

    tell()
    HandledEvent.objects.all().delete()
    tell()

    assert enrolled() == [first.pk, second.pk]
    assert enrolment_of(first).event.name == "company.created"


def enrolment_of(record):
    return Enrolment.objects.get(record_id=record.pk)


def test_only_what_happens_while_it_is_on_enrols(boss, acme):
    workflow = workflow_of(boss, step("a", "rest"), trigger=on_event("company.created"))
    tell()
    workflows.switch(workflow, on=False, by=boss)
    companies.create(by=boss, name="Meanwhile")
    tell()

    assert enrolled() == []


def test_an_event_enrols_the_records_it_is_shown_on(boss, acme):
    workflow_of(boss, step("a", "rest"), about="company", trigger=on_event("deal.won"))
    deal = deals.create(by=boss, name="Garden", company=acme)
    won = deal.stage.pipeline.stages.get(status="won")
    deals.move_to_stage(deal, won, by=boss, strict=False)

    tell()

    assert enrolled() == [acme.pk]


def test_a_change_enrols_only_for_the_wanted_property_and_value(boss, acme):
    changed = {"property": "industry", "to": "Gardens"}
    workflow_of(boss, step("a", "rest"), trigger=on_event("company.changed", changed=changed))
    companies.update(acme, by=boss, phone="12345")
    companies.update(acme, by=boss, industry="Houses")
    tell()
    assert enrolled() == []

    companies.update(acme, by=boss, industry="gardens")
    tell()
    assert enrolled() == [acme.pk]


def test_a_stage_can_be_the_wanted_value(boss):
    stages = list(pipelines.ensure_default().stages.all())
    changed = {"property": "stage", "to": str(stages[1].pk)}
    workflow_of(boss, step("a", "rest"), about="deal", trigger=on_event("deal.stage_changed", changed=changed))
    there, elsewhere = (deals.create(by=boss, name=name, stage=stages[0]) for name in ("A", "B"))
    deals.move_to_stage(there, stages[1], by=boss, strict=False)
    deals.move_to_stage(elsewhere, stages[2], by=boss, strict=False)

    tell()

    assert enrolled() == [there.pk]


@pytest.mark.parametrize(("again", "times_"), [("never", 1), ("each_time", 2), ({"after_days": 30}, 2)])
def test_the_rule_for_coming_again(boss, acme, again, times_):
    workflow_of(boss, step("a", "rest"), trigger=on_event("company.changed"), again=again)
    companies.update(acme, by=boss, name="Acme 1")
    tell()
    if isinstance(again, dict):
        companies.update(acme, by=boss, name="Acme 2")
        tell()
        Enrolment.objects.update(enrolled_at=timezone.now() - 31 * DAY)
    companies.update(acme, by=boss, name="Acme 3")
    tell()

    assert Enrolment.objects.count() == times_


def test_a_condition_enrols_when_it_becomes_true_and_again_when_it_does_so_again(boss, acme):
    condition = {"field": "industry", "op": "equals", "value": "Gardens"}
    already = companies.create(by=boss, name="Already", industry="Gardens")
    workflow_of(boss, step("a", "rest"), trigger={"kind": "becomes_true"}, conditions=condition)

    companies.update(already, by=boss, phone="1")
    companies.update(acme, by=boss, industry="Gardens")
    tell()
    assert enrolled() == [acme.pk]
    companies.update(acme, by=boss, phone="2")
    tell()
    assert enrolled() == [acme.pk]

    companies.update(acme, by=boss, industry="")
    tell()
    companies.update(acme, by=boss, industry="Gardens")
    tell()
    assert enrolled() == [acme.pk, acme.pk]


def test_a_condition_on_what_belongs_to_a_record_is_looked_at_when_that_changes(boss, acme):
    condition = {"some": "contacts", "where": {"field": "job_title", "op": "equals", "value": "Boss"}}
    workflow_of(boss, step("a", "rest"), trigger={"kind": "becomes_true"}, conditions=condition)
    contacts.create(by=boss, first_name="Ann", company=acme, job_title="Boss")

    tell()

    assert enrolled() == [acme.pk]


def test_time_alone_makes_a_condition_true(boss):
    today = profile.today()
    condition = {"field": "close_on", "op": "before", "value": (today - DAY).isoformat()}
    deal = deals.create(by=boss, name="Garden", close_on=today)
    workflow_of(boss, step("a", "rest"), about="deal", trigger={"kind": "becomes_true"}, conditions=condition)
    with unkept():
        Event.objects.update(occurred_at=timezone.now() - 2 * DAY)
    Deal.objects.update(close_on=today - 5 * DAY, created_at=timezone.now() - 9 * DAY)

    assert triggers.sweep_conditions() == 1
    assert triggers.sweep_conditions(timezone.now() + LATER) == 0
    assert enrolled() == [deal.pk]


def test_what_came_without_an_event_is_history(boss):
    condition = {"field": "industry", "op": "equals", "value": "Gardens"}
    workflow_of(boss, step("a", "rest"), trigger={"kind": "becomes_true"}, conditions=condition)
    Company.objects.create(name="Loaded", industry="Gardens")

    assert triggers.sweep_conditions() == 0
    assert triggers.sweep_conditions(timezone.now() + LATER) == 0
    assert enrolled() == []


def test_dates_enrol_at_their_time_on_working_days(boss):
    CompanyProfile.objects.update_or_create(pk=1, defaults={"time_zone": "Europe/London"})
    trigger = {"kind": "date", "property": "close_on", "days": 3, "at": "09:00", "working_days": True}
    workflow = workflow_of(boss, step("a", "rest"), about="deal", trigger=trigger)
    # Wednesday and three days is a Saturday: Monday; Friday and three days is a Monday as well.
    wednesday = datetime.date(2026, 7, 1)
    made = [deals.create(by=boss, name=f"{n}", close_on=wednesday + n * DAY) for n in range(4)]
    monday = datetime.datetime(2026, 7, 6, 9, tzinfo=zoneinfo.ZoneInfo("Europe/London"))

    def look(since, now):
        Workflow.objects.update(watched_from=since)
        return triggers.sweep_dates(now)

    assert look(monday - 2 * DAY, monday - datetime.timedelta(minutes=1)) == 0
    assert look(monday - datetime.timedelta(minutes=1), monday) == 3
    assert look(monday - 2 * DAY, monday) == 0
    assert enrolled() == [deal.pk for deal in made[:3]]
    assert Workflow.objects.get(pk=workflow.pk).watched_from == monday


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.integers(0, 400_000),
    gaps=st.lists(st.integers(1, 5000), min_size=1, max_size=6),
    days=st.integers(-10, 10),
    working_days=st.booleans(),
)
def test_no_date_is_missed_and_none_comes_twice(boss, start, gaps, days, working_days):
    CompanyProfile.objects.update_or_create(pk=1, defaults={"time_zone": "America/New_York"})
    looks = [datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(minutes=start)]
    for minutes in gaps:
        looks.append(looks[-1] + datetime.timedelta(minutes=minutes))
    with profile.remembered():
        found = []
        for after, until in itertools.pairwise(looks):
            span = times.days_that_come(after, until, days, "09:00", working_days=working_days)
            if span:
                found += [span[0] + number * DAY for number in range((span[1] - span[0]).days + 1)]

        whole = times.days_that_come(looks[0], looks[-1], days, "09:00", working_days=working_days)

    assert len(found) == len(set(found))
    expected = [whole[0] + number * DAY for number in range((whole[1] - whole[0]).days + 1)] if whole else []
    assert found == expected


def test_a_lost_message_is_found(boss):
    workflow_of(boss, step("a", "rest"), trigger=on_event("company.created"))
    lost = companies.create(by=boss, name="Lost")

    assert triggers.sweep_events() == 0
    assert triggers.sweep_events(timezone.now() + LATER) == 1
    assert triggers.sweep_events(timezone.now() + LATER) == 0
    assert enrolled() == [lost.pk]


def test_workflows_that_start_each_other_are_cut_off_visibly(boss):
    workflow_of(boss, step("a", "make"), trigger=on_event("company.created"))
    companies.create(by=boss, name="First")

    for _round in range(10):
        tell()
        carry_on()

    assert Company.objects.count() == 1 + 6
    last = Enrolment.objects.order_by("-pk")[0]
    assert (last.state, last.depth) == ("stopped", 6)
    assert last.reason == "Stopped: 6 workflows had led to one another; this looks like a circle."


def test_what_happens_by_itself_to_what_a_workflow_made_counts_as_its_consequence(boss):
    workflow_of(boss, step("a", "make"), trigger=on_event("company.changed"))
    workflow_of(boss, step("b", "make"), trigger=on_event("company.created"), conditions=None)
    first = companies.create(by=boss, name="First")
    tell()
    carry_on()
    made = Company.objects.get(name="Made by b")

    emit_many([Draft("company.changed", "company", made.pk)], origin=Origin.SYNC)
    emit_many([Draft("company.changed", "company", first.pk)], origin=Origin.SYNC)
    companies.update(made, by=boss, phone="1")
    tell()

    depths = Enrolment.objects.filter(event__name="company.changed").order_by("pk").values_list("record_id", "depth")
    assert list(depths) == [(made.pk, 1), (first.pk, 0), (made.pk, 0)]


def test_a_record_that_comes_all_the_time_is_cut_off_once(boss, acme):
    workflow_of(boss, step("a", "rest"), trigger=on_event("company.changed"))
    emit_many([Draft("company.changed", "company", acme.pk) for _n in range(30)], origin=Origin.SYNC)

    tell()

    assert Enrolment.objects.filter(state="running").count() == 20
    [cut] = Enrolment.objects.filter(state="stopped")
    assert cut.reason == "Stopped: enrolled 20 times within an hour; this looks like a circle."


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=8), min_size=1, max_size=6))
def test_every_record_is_enrolled_once_for_each_event(boss, deliveries):
    Enrolment.objects.all().delete()
    Workflow.objects.update(enabled=False)
    workflow = workflow_of(boss, step("a", "rest"), trigger=on_event("company.changed"))
    made = [companies.create(by=boss, name=f"C{number}") for number in range(6)]
    events = emit_many([Draft("company.changed", "company", each.pk) for each in made], origin=Origin.SYSTEM)

    for number, delivered in enumerate(deliveries):
        tell(*(events[index] for index in delivered))
        if number % 2:
            HandledEvent.objects.all().delete()

    told = {index for delivered in deliveries for index in delivered}
    assert enrolled() == sorted(made[index].pk for index in told)
    assert Enrolment.objects.filter(workflow=workflow).count() == len(told)


def test_an_enrolment_remembers_its_record(boss, acme):
    workflow_of(boss, step("a", "rest"), trigger=on_event("company.changed"))
    companies.update(acme, by=boss, phone="1")
    tell()
    assert (enrolment().title, enrolment().depth, enrolment().bulk) == ("Acme", 0, False)
