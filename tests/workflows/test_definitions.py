"""Workflows as they are built: problems in words, versions, switching, copies, files, and what they would do."""

import copy

import pytest

from crm.services import companies
from tests.makers import user
from workflows.definition import Flow
from workflows.models import WorkflowVersion
from workflows.services import enrolments, workflows

pytestmark = pytest.mark.django_db
BIG = {"field": "amount", "op": ">", "value": "1000"}


def step(pk, kind="stop", **more):
    return {"id": pk, "type": kind, "settings": {}, **more}


def definition(*steps, **more):
    return {
        "object": "deal",
        "trigger": {"kind": "event", "event": "deal.won"},
        "conditions": None,
        "again": "never",
        "suppress": [],
        "steps": list(steps) or [step("s1")],
        **more,
    }


def branch(pk, *branches):
    ways = [{"id": name, "name": name.title(), "conditions": on, "steps": list(inner)} for name, on, inner in branches]
    return step(pk, "branch", branches=ways)


def test_after_a_branch_the_flow_goes_on_with_the_list_around_it():
    flow = Flow(definition(branch("a", ("yes", BIG, [step("b"), step("c")]), ("no", None, [])), step("d")))

    assert flow.first == "a"
    assert [flow.after("a", way) for way in ("yes", "no", "")] == ["b", "d", "d"]
    assert [flow.after(each) for each in "bcd"] == ["c", "d", ""]


def test_problems_say_what_is_wrong_and_where():
    bad = definition(
        step("s1", "delay", settings={"mode": "for"}),
        step("s1", "fly"),
        branch("s3", ("b1", None, []), ("b2", {"field": "nothing", "op": "equals"}, [step("s4")])),
        trigger={"kind": "date", "property": "name", "days": "x", "at": "25:00"},
        again={"after_days": 0},
    )

    found = {problem.path: problem.text for problem in workflows.problems(bad)}

    assert found == {
        ("trigger", "property"): "Choose a date property.",
        ("trigger", "days"): "Give a whole number of days, 1095 at most.",
        ("trigger", "at"): "Give a time of day such as 09:00.",
        ("again",): "Say whether, or after how many days, a record may come again.",
        ("steps", 0, "settings", "duration"): "Time is missing.",
        ("steps", 1, "id"): "This step has the id of another one, or none.",
        ("steps", 1, "type"): "There is no such step.",
        ("steps", 2, "branches", 0, "conditions"): "Only the last branch can be without conditions.",
        ("steps", 2, "branches", 1, "conditions"): "There is no property “nothing” to filter by.",
    }
    assert workflows.problems({})[0].path == ("object",)


def test_publishing_makes_a_version_and_refuses_what_is_wrong():
    boss = user("Admin", "boss@example.com")
    workflow = workflows.create(name="Greeting", by=boss, definition=definition(steps=[]))
    with pytest.raises(workflows.NotReady, match="Add at least one step"):
        workflows.publish(workflow, by=boss)
    assert WorkflowVersion.objects.count() == 0
    with pytest.raises(workflows.NotPossible, match="Publish the workflow first"):
        workflows.switch(workflow, on=True, by=boss)

    workflows.save_draft(workflow, definition(), by=boss)
    first = workflows.publish(workflow, by=boss)
    assert workflows.publish(workflow, by=boss) == first
    workflows.save_draft(workflow, definition(step("s1"), step("s2")), by=boss)
    second = workflows.publish(workflow, by=boss)

    assert (first.number, second.number, len(first.definition["steps"])) == (1, 2, 1)
    assert workflows.switch(workflow, on=True, by=boss).enabled
    assert not workflows.archive(workflow, by=boss).enabled


def test_a_draft_that_somebody_else_saved_is_not_overwritten():
    boss = user("Admin", "boss@example.com")
    workflow = workflows.create(name="Greeting", by=boss)
    workflows.save_draft(workflow, definition(), by=boss)
    with pytest.raises(workflows.NotPossible, match="Somebody else"):
        workflows.save_draft(workflow, definition(step("s9")), by=boss, seen=workflow.updated_at)


def test_a_workflow_goes_into_a_file_and_back():
    boss = user("Admin", "boss@example.com")
    workflow = workflows.create(name="Greeting", by=boss, description="Says hello", definition=definition())

    brought = workflows.import_json(copy.deepcopy(workflows.export_json(workflow)), by=boss)
    copied = workflows.clone(workflow, by=boss)

    assert (brought.name, brought.description, brought.draft) == ("Greeting", "Says hello", workflow.draft)
    assert (copied.name, copied.draft, copied.enabled) == ("Copy of Greeting", workflow.draft, False)
    with pytest.raises(workflows.NotPossible, match="not a workflow"):
        workflows.import_json({"name": "x"}, by=boss)


def test_a_dry_run_tells_each_step_and_does_nothing():
    boss = user("Admin", "boss@example.com")
    acme = companies.create(by=boss, name="Acme")
    steps = [
        branch(
            "a",
            ("named", {"field": "name", "op": "equals", "value": "acme"}, [step("b", "delay", settings=FOR_3)]),
            ("otherwise", None, [step("c")]),
        ),
        step("d"),
    ]
    about = definition(*steps, object="company", trigger={"kind": "manual"})
    assert workflows.problems(about) == []

    told = workflows.dry_run(about, acme)

    assert [(each.step_id, each.would) for each in told] == [("a", "done"), ("b", "wait"), ("d", "done")]
    assert told[0].text == "Takes the way “Named”."


FOR_3 = {"mode": "for", "duration": {"amount": 3, "unit": "days"}}


def test_records_are_enrolled_by_hand_once_for_each_asking():
    boss = user("Admin", "boss@example.com")
    fits, other = companies.create(by=boss, name="Acme"), companies.create(by=boss, name="Other")
    about = definition(
        object="company",
        trigger={"kind": "manual"},
        conditions={"field": "name", "op": "equals", "value": "Acme"},
    )
    workflow = workflows.create(name="Greeting", by=boss, definition=about)
    with pytest.raises(enrolments.NotPossible, match="switched off"):
        enrolments.enrol_by_hand(workflow, "company", [fits.pk], by=boss)
    workflows.publish(workflow, by=boss)
    workflow = workflows.switch(workflow, on=True, by=boss)

    first = enrolments.enrol_by_hand(workflow, "company", [fits.pk, other.pk, fits.pk], by=boss)
    again = enrolments.enrol_by_hand(workflow, "company", [fits.pk], by=boss)

    assert (len(first.ids), first.left_out) == (1, {"the conditions don’t hold": 1})
    assert (again.ids, again.left_out) == ([], {"enrolled before": 1})
    assert enrolments.stop(first.ids, by=boss) == 1
    assert enrolments.stop(first.ids, by=boss) == 0
