"""The conditions of workflows, asked of the database as it is: in the company's time zone, about all records."""

import datetime
from collections.abc import Iterable
from typing import Any

from core import company
from core.conditions import Condition, compile_conditions, memory, values_for
from core.conditions import registry as conditions


def fitting(
    condition: Condition | None, object_type: str, ids: Iterable[int], now: datetime.datetime | None = None
) -> list[int]:
    """Those of ``ids`` whose records are there, count and fit, in order. Raises BadCondition."""
    found = rows(condition, object_type, now).filter(pk__in=list(ids))
    return list(found.order_by("pk").values_list("pk", flat=True))


def holds(condition: Condition | None, object_type: str, pk: int, now: datetime.datetime | None = None) -> bool:
    """Whether a condition holds for a record, archived or not. Raises BadCondition."""
    return bool(_rows(condition, object_type, now).filter(pk=pk).exists())


def rows(condition: Condition | None, object_type: str, now: datetime.datetime | None = None) -> Any:
    """The records that count (not archived, not removed) and fit."""
    return _rows(condition, object_type, now).filter(conditions.objects[object_type].counted)


def _rows(condition: Condition | None, object_type: str, now: datetime.datetime | None) -> Any:
    wanted = compile_conditions(condition or {}, object_type, now=now, zone=company.zone())
    return conditions.objects[object_type].model._default_manager.filter(wanted).order_by()


def value_of(record: Any, object_type: str, name: str) -> Any:
    """A property of a record as the database has it, in the type of its kind; None for an empty one.

    Raises BadCondition for a property that is not there.
    """
    [values] = values_for([record], {"field": name, "op": "not_empty"}, object_type)
    field = conditions.field_of(object_type, name)
    return memory.value_of(field, values) if field is not None else None
