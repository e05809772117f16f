"""Pieces that ready workflows are put together from."""

from typing import Any

from django.utils.translation import gettext as _

from workflows import flow_editing

Step = dict[str, Any]
UNPAID = {"field": "balance", "op": ">", "value": "0"}
NOT_VOIDED = {"field": "voided", "op": "equals", "value": False}
# Both are said also for records that are enrolled by hand, or because they fit already.
NOT_YET_DUE = {"version": 1, "all": [UNPAID, NOT_VOIDED, {"field": "status", "op": "not_in", "value": ["overdue"]}]}
OVERDUE = {"version": 1, "all": [{"field": "status", "op": "in", "value": ["overdue"]}, UNPAID]}
SETTLED = {
    "version": 1,
    "any": [{"field": "balance", "op": "<=", "value": "0"}, {"field": "voided", "op": "equals", "value": True}],
}


def definition(object_type: str, trigger: dict[str, Any], conditions: Any, *steps: Step, again: Any = "never") -> Any:
    """A definition whose steps get ids in the order in which one reads them."""
    made = flow_editing.blank(object_type) | {"trigger": trigger, "conditions": conditions, "again": again}
    made["steps"] = list(steps)
    numbers = {"s": 0, "b": 0}
    for placed in flow_editing.walk(made):
        numbers["s"] += 1
        placed.step["id"] = f"s{numbers['s']}"
        for branch in placed.step.get("branches") or []:
            numbers["b"] += 1
            branch["id"] = f"b{numbers['b']}"
    return made


def step(step_type: str, /, **settings: Any) -> Step:
    """A step; its id comes later."""
    return {"id": "", "type": step_type, "settings": settings}


def event(name: str) -> dict[str, Any]:
    """Starts when something happens."""
    return {"kind": "event", "event": name, "changed": None}


def date(name: str, days: int) -> dict[str, Any]:
    """Starts some days after (or before) a date, at nine on a working day."""
    return {"kind": "date", "property": name, "days": days, "at": "09:00", "working_days": True}


def days(number: int) -> dict[str, Any]:
    """A duration."""
    return {"amount": number, "unit": "days"}


def stop_when(name: str, conditions: Any, reason: str) -> Step:
    """A branch that ends the workflow for records that fit; the others go on."""
    ended = {"id": "", "name": name, "conditions": conditions, "steps": [step("stop", reason=reason)]}
    rest: Step = {"id": "", "name": _("Otherwise"), "conditions": None, "steps": []}
    return {"id": "", "type": "branch", "settings": {}, "branches": [ended, rest]}


def task(title: str, details: str = "", *, who: str = "owner") -> Step:
    """A task for the owner of the record (or the workflow's: ``maker``), due the next day."""
    return step("create_task", title=title, details=details, kind="todo", priority="normal", who=who, due=days(1))
