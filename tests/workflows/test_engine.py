"""Carrying records through workflows: outcomes, waiting, failures, leases, stopping and trying again."""

import datetime
import uuid

from django.utils import timezone

from core.models import Event
from crm.services import companies
from tests.workflows.makers import LATER, carry_on, enrolment, made_by, states, step, tell, workflow_of
from workflows import engine
from workflows.models import Enrolment
from workflows.services import enrolments, workflows
from workflows.steps.registry import Done, Failed, Skipped

FALSE = {"field": "name", "op": "equals", "value": "nobody"}


def enrol(workflow, *records, by):
    return enrolments.enrol_by_hand(workflow, "company", [record.pk for record in records], by=by)


def test_steps_run_in_order_and_the_branch_that_holds_is_taken(boss, acme, add_type):
    add_type("skip", lambda settings, run: Skipped("There is no need."))
    ways = [
        {"id": "b1", "name": "No", "conditions": FALSE, "steps": [step("x", "make")]},
        {"id": "b2", "name": "Yes", "conditions": None, "steps": [step("y", "make"), step("z", "skip")]},
    ]
    flow = [{"id": "a", "type": "branch", "settings": {}, "branches": ways}, step("b", "make")]
    enrol(workflow_of(boss, *flow), acme, by=boss)

    carry_on()

    assert states() == {"a": "done", "y": "done", "z": "skipped", "b": "done"}
    assert enrolment().state == "finished"
    assert enrolment().steps.get(step_id="a").reason == "Took the way “Yes”."
    assert enrolment().steps.get(step_id="z").reason == "There is no need."
    assert Event.objects.filter(name="company.created", origin="workflow", cause=enrolment().pk).count() == 2


def test_a_step_that_waits_goes_on_when_its_time_has_come(boss, acme):
    enrol(workflow_of(boss, step("a", "rest"), step("b", "make")), acme, by=boss)
    carry_on()
    assert (enrolment().state, states()) == ("waiting", {"a": "waiting"})

    carry_on(timezone.now() + LATER)
    assert states() == {"a": "waiting"}
    Enrolment.objects.update(due_at=timezone.now())
    enrolment().steps.update(outcome={"waiting": {"until": timezone.now().isoformat()}})
    carry_on()

    assert (enrolment().state, states()) == ("finished", {"a": "done", "b": "done"})


def test_something_that_happens_to_the_record_wakes_it(boss, acme):
    enrol(workflow_of(boss, step("a", "rest", wakes=True), step("b", "make")), acme, by=boss)
    carry_on()
    assert states() == {"a": "waiting"}

    companies.update(acme, by=boss, name="Acme Ltd")
    tell(Event.objects.get(name="company.changed"))
    carry_on()

    assert states() == {"a": "done", "b": "done"}


def test_a_failure_takes_back_what_the_step_wrote_and_can_be_tried_again(boss, acme, add_type):
    def write_and_fail(settings, run):
        companies.create(by=None, name="Made by a")
        return Failed("The customer has no address.", data={"seen": 1})

    add_type("shaky", write_and_fail)
    enrol(workflow_of(boss, step("a", "shaky"), step("b", "make")), acme, by=boss)
    carry_on()

    failed = enrolment()
    assert (failed.state, failed.reason, failed.position) == ("failed", "The customer has no address.", "a")
    assert (states(), made_by("a")) == ({"a": "failed"}, 0)
    event = Event.objects.get(name="workflow.step_failed")
    assert (event.object_type, event.object_id, event.data["reason"]) == ("company", acme.pk, failed.reason)

    key = failed.steps.get().key
    seen = []
    add_type("shaky", lambda settings, run: seen.append(run.key) or Done("Went well."))
    enrolments.retry(failed, by=boss)
    carry_on()

    assert (enrolment().state, states(), seen) == ("finished", {"a": "done", "b": "done"}, [key])


def test_a_failure_that_may_pass_is_tried_five_times(boss, acme, add_type):
    add_type("shaky", lambda settings, run: 1 / 0)
    enrol(workflow_of(boss, step("a", "shaky")), acme, by=boss)

    tries = 0
    while enrolment().state in ("running", "waiting"):
        carry_on()
        Enrolment.objects.filter(state="waiting").update(due_at=timezone.now())
        tries += 1

    assert tries == 5
    assert enrolment().reason == "Something unexpected went wrong: ZeroDivisionError"


def test_a_late_worker_does_nothing(boss, acme):
    enrol(workflow_of(boss, step("a", "make")), acme, by=boss)
    [(pk, late)] = engine.lease()
    [(_pk, token)] = engine.lease(timezone.now() + LATER)

    engine.advance(pk, late)
    assert made_by("a") == 0
    engine.advance(pk, token)
    engine.advance(pk, token)

    assert made_by("a") == 1
    assert engine.lease() == []


def test_a_step_that_kills_its_workers_has_failed_after_three(boss, acme):
    enrol(workflow_of(boss, step("a", "make")), acme, by=boss)
    now = timezone.now()
    for number in range(3):
        assert engine.lease(now + number * LATER)

    carry_on(now + 3 * LATER)

    assert (enrolment().state, enrolment().reason) == ("failed", "Its worker died 3 times at this step.")
    enrolments.retry(enrolment(), by=boss)
    carry_on()
    assert (enrolment().state, made_by("a")) == ("finished", 1)


def test_what_is_stopped_goes_no_further(boss, acme):
    enrol(workflow_of(boss, step("a", "rest"), step("b", "make")), acme, by=boss)
    carry_on()
    enrolments.stop([enrolment().pk], by=boss)

    Enrolment.objects.update(due_at=timezone.now())
    carry_on(timezone.now() + LATER)

    assert (enrolment().state, states(), made_by("b")) == ("stopped", {"a": "skipped"}, 0)
    assert enrolment().reason == "Stopped by boss@example.com." or "Stopped by" in enrolment().reason


def test_those_under_way_finish_on_their_version(boss, acme):
    workflow = workflow_of(boss, step("a", "rest"), step("b", "make"))
    enrol(workflow, acme, by=boss)
    carry_on()
    workflows.save_draft(workflow, {**workflow.draft, "steps": [step("c", "make")]}, by=boss)
    workflows.publish(workflow, by=boss)
    enrol(workflow, acme, by=boss)
    first, second = Enrolment.objects.order_by("pk")

    Enrolment.objects.update(due_at=timezone.now())
    first.steps.update(outcome={"waiting": {"until": timezone.now().isoformat()}})
    carry_on()

    assert [first.version.number, second.version.number] == [1, 2]
    assert (made_by("b"), made_by("c")) == (1, 1)


def test_a_record_that_is_gone_leaves(boss, acme):
    enrol(workflow_of(boss, step("a", "make")), acme, by=boss)
    Enrolment.objects.update(record_id=0)
    carry_on()
    assert (enrolment().state, enrolment().reason) == ("stopped", "The record is gone.")


def test_single_records_pass_bulks_and_neither_starves(boss, acme):
    workflow = workflow_of(boss, step("a", "make"))
    now = timezone.now()

    def row(number, bulk):
        return Enrolment(
            workflow=workflow, version=workflow.published, object_type="company", record_id=acme.pk, bulk=bulk,
            cause_key=f"{bulk}{number}", position="a", due_at=now - datetime.timedelta(hours=bulk),
        )  # fmt: skip

    Enrolment.objects.bulk_create(row(number, bulk) for bulk in (True, False) for number in range(40))

    taken = Enrolment.objects.filter(pk__in=[pk for pk, _token in engine.lease()])

    assert (taken.filter(bulk=False).count(), taken.filter(bulk=True).count()) == (15, 5)
    assert isinstance(taken[0].lease_token, uuid.UUID)


def test_what_a_stretch_of_work_does_to_many_records_is_told_in_few_messages(transactional_db, boss, noted_messages):
    ids = [companies.create(by=boss, name=f"Shop {number}").pk for number in range(5)]
    workflow = workflow_of(boss, step("a", "set_property", property="industry", value="Trade"))
    enrolments.enrol_by_hand(workflow, "company", ids, by=boss)
    noted_messages.clear()

    engine.work()

    changed = Event.objects.filter(name="company.changed", cause__isnull=False)
    assert set(changed.values_list("object_id", flat=True)) == set(ids)
    assert not changed.filter(dispatched_at=None).exists()
    told = [args for task, args in noted_messages if task == "workflows.start_runs"]
    assert told == [[sorted(changed.values_list("pk", flat=True))]]
    assert len({task for task, _args in noted_messages}) == len(noted_messages)
