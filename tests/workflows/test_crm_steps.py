"""Steps that change records of the CRM, what they would do, and why they don't."""

import pytest

from accounts.models import User
from core.models import Event
from core.services import segments
from crm.models import Activity, Deal, Task
from crm.services import companies, contacts, deals, pipelines
from tests.makers import user
from tests.workflows.makers import carry_on, enrolment, on_event, step, tell, workflow_of
from workflows.models import Enrolment
from workflows.services import enrolments, workflows


def run(boss, record, *steps, about):
    """A record through the steps; the steps' states and reasons."""
    Enrolment.objects.all().delete()
    workflow = workflow_of(boss, *steps, about=about)
    assert workflows.problems(workflow.draft) == []
    enrolments.enrol_by_hand(workflow, about, [record.pk], by=boss)
    carry_on()
    return [(each.state, each.reason) for each in enrolment().steps.order_by("pk")]


@pytest.fixture
def deal(boss, acme):
    return deals.create(by=boss, name="Garden", company=acme, stage=pipelines.ensure_default().stages.first())


def test_properties_are_set_on_the_record_and_on_what_belongs_to_it(boss, acme, deal):
    own = step("a", "set_property", property="close_on", value="2026-12-24")
    theirs = step("b", "set_property", path="company", property="industry", value="Gardens")
    again = step("c", "set_property", path="company", property="industry", value="Gardens")

    told = run(boss, deal, own, theirs, again, about="deal")

    deal.refresh_from_db()
    acme.refresh_from_db()
    assert (str(deal.close_on), acme.industry) == ("2026-12-24", "Gardens")
    assert told == [
        ("done", "Set Close date of Garden."),
        ("done", "Set Industry of Acme."),
        ("skipped", "It has this value already."),
    ]
    event = Event.objects.get(name="company.changed")
    assert (event.origin, event.actor, event.cause) == ("workflow", None, enrolment().pk)


def test_a_value_that_does_not_fit_fails_and_is_told_beforehand(boss, deal):
    wrong = step("a", "set_property", property="close_on", value="soon")
    workflow = workflow_of(boss, wrong, about="deal")

    [told] = workflows.dry_run(workflow.draft, deal)

    assert (told.would, told.text[:19]) == ("fail", "This is not a date.")
    assert run(boss, deal, wrong, about="deal") == [("failed", told.text)]
    assert enrolment().state == "failed"


def test_a_deal_is_moved_unless_it_lacks_what_the_stage_asks_for(boss, deal):
    stages = list(deal.stage.pipeline.stages.all())
    asking = stages[2]
    type(asking).objects.filter(pk=asking.pk).update(required=["amount"])

    assert run(boss, deal, step("a", "move_stage", stage=str(stages[1].pk)), about="deal") == [
        ("done", f"Moved Garden to “{stages[1].name}”.")
    ]
    assert run(boss, deal, step("a", "move_stage", stage=str(asking.pk)), about="deal") == [
        ("failed", f"“{asking.name}” needs: Amount.")
    ]
    assert run(boss, deal, step("a", "move_stage", stage=str(stages[1].pk)), about="deal") == [
        ("skipped", "It is in this stage already.")
    ]
    deal.refresh_from_db()
    assert deal.stage_id == stages[1].pk


def test_a_task_a_note_and_an_owner(boss, acme, deal):
    rita = user()
    due = {"amount": 2, "unit": "days"}
    told = run(
        boss,
        deal,
        step("a", "assign_owner", person=str(rita.pk)),
        step("b", "create_task", title="Call them", due=due),
        step("c", "write_note", text="Welcome!", path="company"),
        about="deal",
    )

    task, note = Task.objects.get(), Activity.objects.get()
    assert (task.title, task.assignee, task.about_id, task.due_at is not None) == ("Call them", rita, deal.pk, True)
    assert list(note.links.values_list("object_type", "object_id")) == [("company", acme.pk)]
    assert [state for state, _reason in told] == ["done"] * 3


def test_a_task_about_what_nobody_owns_is_for_who_owns_the_workflow(boss, deal):
    gone = user("Ops", "gone@example.com")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    for owner in (None, gone):
        Deal.objects.filter(pk=deal.pk).update(owner=owner)
        run(boss, deal, step("a", "create_task", title="Call them"), about="deal")

    assert [task.assignee for task in Task.objects.all()] == [boss, boss]


def test_records_are_put_into_a_list_and_lists_keep_them_out(boss, acme):
    told = segments.create(name="Welcomed", object_type="company", kind="static", by=boss)

    assert run(boss, acme, step("a", "add_to_segment", segment=str(told.pk)), about="company") == [
        ("done", "Put into “Welcomed”: 1.")
    ]
    kept_out = workflow_of(boss, step("a", "rest"), suppress=[told.pk])
    left = enrolments.enrol_by_hand(kept_out, "company", [acme.pk], by=boss)
    assert (left.ids, left.left_out) == ([], {"on a suppression list": 1})


def test_a_workflow_starts_another_and_a_branch_ends_it(boss, acme):
    other = workflow_of(boss, step("x", "make"), about="contact")
    ann = contacts.create(by=boss, first_name="Ann", company=acme)
    workflow = workflow_of(
        boss,
        step("a", "start_workflow", workflow=str(other.pk), path="contacts"),
        step("b", "stop", reason="That is all."),
        step("c", "make"),
    )
    enrolments.enrol_by_hand(workflow, "company", [acme.pk], by=boss)
    carry_on()
    carry_on()

    first, second = Enrolment.objects.order_by("pk")
    assert (first.state, first.reason, first.steps.count()) == ("finished", "That is all.", 2)
    assert (second.workflow, second.record_id, second.depth, second.state) == (other, ann.pk, 1, "finished")


def test_a_delay_ends_early_when_its_condition_comes_true(boss, acme):
    until = {"field": "industry", "op": "equals", "value": "Gardens"}
    wait = step("a", "delay", mode="until_true", conditions=until, timeout={"amount": 3, "unit": "days"})
    workflow = workflow_of(boss, wait, trigger=on_event("company.changed"))
    assert workflows.problems(workflow.draft) == []
    companies.update(acme, by=boss, phone="1")
    tell()
    carry_on()
    assert enrolment().state == "waiting"

    companies.update(acme, by=boss, industry="Gardens")
    tell()
    carry_on()

    first = Enrolment.objects.order_by("pk")[0]
    assert (first.state, first.steps.get().reason) == ("finished", "The conditions are true.")


def test_who_may_not_do_it_may_not_have_it_done(boss, deal):
    rita = user()
    rita.role.permissions = [*rita.role.permissions, "workflows.manage"]
    rita.role.save()
    draft = {**workflow_of(boss, step("a", "rest"), about="deal").draft, "steps": [step("a", "void_invoice")]}
    workflow = workflows.create(name="Voids", by=rita, definition=draft)

    with pytest.raises(workflows.NotReady, match="You may not do this yourself"):
        workflows.publish(workflow, by=rita)
