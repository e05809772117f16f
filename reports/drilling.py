"""From a mark of a report to the list of exactly its records: conditions for groups, and addresses for conditions."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from core.conditions import BadCondition, Condition, to_address
from core.tables.registry import tables
from reports.dates import last_of
from reports.definition import Group, Plan, in_days

LISTED = ("text", "choice", "record", "user", "number")


def of_key(group: Group, key: Any, text: str) -> Condition:
    """The condition that a record belongs to the group with this key; ``text`` is how a text is written."""
    if not group.of.many:
        return _of_one(group, key, text)
    found = group.of.about(_of_one(group.behind, key, text))
    if key not in (None, ""):
        return found
    # A record without any of them belongs to the empty ones.
    return {"any": [{"none": found["some"]}, found]}


def _of_one(group: Group, key: Any, text: str) -> Condition:
    path = group.of.path
    if key is None or key == "":
        return {"field": path, "op": "empty"}
    if group.bucket:
        return in_days(group.of, key, last_of(key, group.bucket))
    if group.of.field.kind == "checkbox":
        return {"field": path, "op": "equals", "value": key}
    value = text if group.of.field.kind == "text" else str(key)
    return {"field": path, "op": "in", "value": [value]}


def of_keys(group: Group, keys: Sequence[tuple[Any, str]]) -> Condition:
    """The condition that a record belongs to one of the groups with these keys and texts; not for dates."""
    if group.of.many:
        held = [pair for pair in keys if pair[0] not in (None, "")]
        found: list[Condition] = [group.of.about(of_keys(group.behind, held))] if held else []
        return {"any": [*found, *(of_key(group, key, text) for key, text in keys if key in (None, ""))]}
    values = [text if group.of.field.kind == "text" else str(key) for key, text in keys if key not in (None, "")]
    parts: list[Condition] = [{"field": group.of.path, "op": "in", "value": values}] if values else []
    if any(key in (None, "") for key, _text in keys):
        parts.append({"field": group.of.path, "op": "empty"})
    return {"any": parts}


def since(group: Group, keys: Sequence[tuple[Any, str]]) -> Condition:
    """The condition that a record belongs to the earliest period of these, or to a later one."""
    first = min(key for key, _text in keys if key is not None)
    of = group.of.behind if group.of.many else group.of
    condition: Condition = {"field": of.path, "op": "range", "value": [first.isoformat(), None]}
    return group.of.about(condition) if group.of.many else condition


def address(plan: Plan, conditions: Sequence[Condition]) -> str | None:
    """The list of the records of a report that fit ``conditions`` too; None where that is too long for an address."""
    try:
        where = to_address({"all": [*plan.condition["all"], *conditions]})
    except BadCondition:
        return None
    table = tables.get(plan.source.name)
    page = reverse(table.index) if table is not None else reverse("reports:records", args=[plan.source.name])
    return f"{page}?where={where}"
