"""Edits of the steps of a workflow's definition. Pure: each takes a definition and gives a new one.

A lane is a list of steps: ``""`` is the outermost one, ``"s2:b1"`` the one in branch ``b1`` of step ``s2``.
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

Definition = Mapping[str, Any]
Made = dict[str, Any]
Step = dict[str, Any]
BRANCH = "branch"
MOST_STEPS = 100
MOST_BRANCHES = 10
DEEPEST = 4


class Gone(LookupError):
    """The step, branch or lane is not there (any more)."""


class NotPossible(ValueError):
    """The edit would make a flow that can't be; the message says why."""


@dataclass(frozen=True)
class Placed:
    """A step and where it stands; ``depth`` counts the branches around it."""

    step: Step
    lane: str
    index: int
    depth: int


def blank(object_type: str) -> Made:
    """The definition of a workflow in which nothing is decided yet."""
    return {
        "object": object_type,
        "trigger": {"kind": "manual"},
        "conditions": None,
        "again": "never",
        "suppress": [],
        "steps": [],
    }


def steps_of(definition: Definition) -> list[Step]:
    """The outermost steps."""
    found: list[Step] = definition.get("steps", [])
    return found


def walk(definition: Definition) -> Iterator[Placed]:
    """All steps, from the top down."""
    yield from _walk(steps_of(definition), "", 0)


def _walk(steps: list[Step], lane: str, depth: int) -> Iterator[Placed]:
    for index, step in enumerate(steps):
        yield Placed(step, lane, index, depth)
        for branch in step.get("branches") or []:
            yield from _walk(branch["steps"], f"{step['id']}:{branch['id']}", depth + 1)


def find(definition: Definition, step_id: str) -> Placed:
    """The step of this id and its place. Raises Gone."""
    for placed in walk(definition):
        if placed.step["id"] == step_id:
            return placed
    raise Gone(step_id)


def lane_of(definition: Definition, lane: str) -> list[Step]:
    """The steps of a lane. Raises Gone."""
    if not lane:
        return steps_of(definition)
    step_id, _colon, branch_id = lane.partition(":")
    found: list[Step] = _branch(find(definition, step_id).step, branch_id)["steps"]
    return found


def add(definition: Definition, step_type: str, settings: dict[str, Any], lane: str, index: int) -> tuple[Made, str]:
    """The definition with a new step in a lane, and the step's id. Raises Gone and NotPossible."""
    made = _copied(definition)
    step: Step = {"id": _fresh(made, "s"), "type": step_type, "settings": settings}
    if step_type == BRANCH:
        first = _fresh(made, "b")
        step["branches"] = [
            {"id": first, "name": _("Yes"), "conditions": {}, "steps": []},
            {"id": _after(first), "name": _("Otherwise"), "conditions": None, "steps": []},
        ]
    _insert(made, step, lane, index)
    return made, step["id"]


def remove(definition: Definition, step_id: str) -> Made:
    """Without the step and all that is in its branches. Raises Gone."""
    made = _copied(definition)
    placed = find(made, step_id)
    del lane_of(made, placed.lane)[placed.index]
    return made


def duplicate(definition: Definition, step_id: str) -> tuple[Made, str]:
    """With a copy of the step right behind it, and the copy's id. Raises Gone and NotPossible."""
    made = _copied(definition)
    placed = find(made, step_id)
    twin = copy.deepcopy(placed.step)
    numbers = {"s": _number(_fresh(made, "s")), "b": _number(_fresh(made, "b"))}
    for each in _walk([twin], "", 0):
        each.step["id"], numbers["s"] = f"s{numbers['s']}", numbers["s"] + 1
        for branch in each.step.get("branches") or []:
            branch["id"], numbers["b"] = f"b{numbers['b']}", numbers["b"] + 1
    _insert(made, twin, placed.lane, placed.index + 1)
    return made, str(twin["id"])


def put_settings(definition: Definition, step_id: str, settings: dict[str, Any]) -> Made:
    """With other settings of a step. Raises Gone."""
    made = _copied(definition)
    find(made, step_id).step["settings"] = settings
    return made


def move(definition: Definition, step_id: str, lane: str, index: int) -> Made:
    """With the step at a place of a lane, counted without the step itself. Raises Gone and NotPossible."""
    made = _copied(definition)
    placed = find(made, step_id)
    inside = {f"{each.step['id']}:" for each in _walk([placed.step], "", 0)}
    if any(lane.startswith(start) for start in inside):
        raise NotPossible(_("A step can’t be moved into its own branch."))
    del lane_of(made, placed.lane)[placed.index]
    _insert(made, placed.step, lane, index)
    return made


def shift(definition: Definition, step_id: str, by: int) -> Made:
    """With the step one place further up (-1) or down (1), into and out of branches. Raises Gone and NotPossible."""
    placed = find(definition, step_id)
    without = remove(definition, step_id)
    gaps = list(_gaps(steps_of(without), ""))
    target = gaps.index((placed.lane, placed.index)) + by
    if not 0 <= target < len(gaps):
        return dict(definition)
    lane, index = gaps[target]
    _insert(without, copy.deepcopy(placed.step), lane, index)
    return without


def _gaps(steps: list[Step], lane: str) -> Iterator[tuple[str, int]]:
    """Every place where a step can stand, in the order in which one reads."""
    yield lane, 0
    for index, step in enumerate(steps):
        for branch in step.get("branches") or []:
            yield from _gaps(branch["steps"], f"{step['id']}:{branch['id']}")
        yield lane, index + 1


def add_branch(definition: Definition, step_id: str) -> tuple[Made, str]:
    """With another branch, before the one for all others; and its id. Raises Gone and NotPossible."""
    made = _copied(definition)
    branches = find(made, step_id).step.get("branches")
    if branches is None:
        raise Gone(step_id)
    if len(branches) >= MOST_BRANCHES:
        raise NotPossible(_("A step has at most %d branches.") % MOST_BRANCHES)
    fresh = {"id": _fresh(made, "b"), "name": _("Branch %d") % len(branches), "conditions": {}, "steps": []}
    otherwise = bool(branches) and branches[-1]["conditions"] is None
    branches.insert(len(branches) - otherwise, fresh)
    return made, str(fresh["id"])


def put_branch(
    definition: Definition, step_id: str, branch_id: str, *, name: str, conditions: dict[str, Any] | None
) -> Made:
    """With another name and other conditions of a branch. Raises Gone."""
    made = _copied(definition)
    branch = _branch(find(made, step_id).step, branch_id)
    branch |= {"name": name, "conditions": conditions if branch["conditions"] is not None else None}
    return made


def remove_branch(definition: Definition, step_id: str, branch_id: str) -> Made:
    """Without a branch and its steps. Raises Gone, and NotPossible for the last but one and the one for all others."""
    made = _copied(definition)
    step = find(made, step_id).step
    branch = _branch(step, branch_id)
    if branch["conditions"] is None or len(step["branches"]) <= 2:
        raise NotPossible(_("At least one branch with conditions and the one for all others stay."))
    step["branches"].remove(branch)
    return made


def shift_branch(definition: Definition, step_id: str, branch_id: str, by: int) -> Made:
    """With the branch asked earlier (-1) or later (1); the one for all others stays last. Raises Gone."""
    made = _copied(definition)
    branches = find(made, step_id).step.get("branches") or []
    index = branches.index(_branch(find(made, step_id).step, branch_id))
    other = index + by
    if 0 <= other < len(branches) and None not in (branches[index]["conditions"], branches[other]["conditions"]):
        branches[index], branches[other] = branches[other], branches[index]
    return made


def branch_of(definition: Definition, step_id: str, branch_id: str) -> dict[str, Any]:
    """A branch. Raises Gone."""
    return _branch(find(definition, step_id).step, branch_id)


def _branch(step: Step, branch_id: str) -> dict[str, Any]:
    for branch in step.get("branches") or []:
        if branch["id"] == branch_id:
            found: dict[str, Any] = branch
            return found
    raise Gone(branch_id)


def _insert(definition: Definition, step: Step, lane: str, index: int) -> None:
    steps = lane_of(definition, lane)
    depth = max((each.depth for each in _walk([step], "", 0)), default=0)
    around = find(definition, lane.partition(":")[0]).depth + 1 if lane else 0
    deepest = around + depth + (1 if step.get("branches") is not None and not depth else 0)
    if deepest > DEEPEST:
        raise NotPossible(_("Branches can be nested %d levels deep at most.") % DEEPEST)
    if sum(1 for _each in walk(definition)) + sum(1 for _each in _walk([step], "", 0)) > MOST_STEPS:
        raise NotPossible(_("A workflow has at most %d steps.") % MOST_STEPS)
    steps.insert(max(0, min(index, len(steps))), step)


def _copied(definition: Definition) -> Made:
    made = copy.deepcopy(dict(definition))
    made["steps"] = made.get("steps") or []
    return made


def _number(each: str) -> int:
    digits = each[1:]
    return int(digits) if digits.isdecimal() and len(digits) < 10 else 0


def _after(each: str) -> str:
    return f"{each[0]}{_number(each) + 1}"


def _fresh(definition: Definition, letter: str) -> str:
    """An id that no step (``s``) or branch (``b``) has."""
    taken = [
        each
        for placed in walk(definition)
        for each in (placed.step["id"], *(branch["id"] for branch in placed.step.get("branches") or []))
    ]
    return f"{letter}{max((_number(each) for each in taken if each.startswith(letter)), default=0) + 1}"
