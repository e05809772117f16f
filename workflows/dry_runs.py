"""What a workflow would do for a record: its steps are asked, and nothing is done."""

from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _

from core.events import object_type_of
from workflows.conditions import holds
from workflows.definition import BRANCH, END, Definition, Flow, Step, branches_of
from workflows.steps.registry import StepContext, WouldFail, WouldSkip, step_types

Would = Literal["done", "skipped", "wait", "fail"]


@dataclass(frozen=True)
class DryStep:
    """What a step would do, in words."""

    step_id: str
    label: str
    text: str
    would: Would


def walk(definition: Definition, record: Any, *, owner: Any = None) -> list[DryStep]:
    """The steps that the record would go through as it is now, in their order; waits are told and passed."""
    flow = Flow(definition)
    position, told = flow.first, []
    while position != END:
        step = flow.steps[position]
        one, branch = _ask(step, record, owner)
        told.append(one)
        if one.would == "fail" or step["type"] == "stop":
            break
        position = flow.after(position, branch)
    return told


def _ask(step: Step, record: Any, owner: Any) -> tuple[DryStep, str]:
    known = step_types[str(step["type"])]
    run = StepContext(record, object_type_of(record), step, key="", owner=owner)
    label, branch = str(known.label), ""
    if known.name == BRANCH:
        branch = branch_for(step, record)
    would: Would = "wait" if known.name in ("delay", "wait_until") else "done"
    try:
        text = known.preview(step.get("settings") or {}, run)
    except WouldSkip as reason:
        would, text = "skipped", str(reason)
    except WouldFail as reason:
        would, text = "fail", str(reason)
    return DryStep(str(step["id"]), label, text, would), branch


def branch_for(step: Step, record: Any) -> str:
    """The id of the first branch whose conditions hold; empty where none does."""
    kind = object_type_of(record)
    for branch in branches_of(step):
        if not branch.get("conditions") or holds(branch["conditions"], kind, record.pk):
            return str(branch["id"])
    return ""


def branch_name(step: Step, branch: str) -> str:
    """What a branch is called."""
    names = [str(each.get("name") or "") for each in branches_of(step) if each.get("id") == branch]
    return names[0] if names and names[0] else _("no branch")
