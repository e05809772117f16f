"""The filters of the settings: which records take part, and the words for those that don't."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from core.conditions import BadCondition, Condition, parse, setting, values_for
from core.conditions.words import failing, names_in
from core.plain import plain
from core.properties import PREFIX
from qbo_connector.models import Connection
from sync.enums import RecordType

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """A record about to be checked: its id, if it is in the CRM, and the values that it has or is going to have."""

    record_id: int | None
    values: Values


def condition_for(stored: Mapping[str, Any], record_type: RecordType) -> Condition:
    """The part of a filter that is about one kind of record.

    A filter is one condition, or a condition for each kind: ``{"company": {...}, "contact": {...}}``.
    """
    if stored and set(stored) <= set(RecordType.values):
        return dict(stored.get(record_type) or {})
    return dict(stored)


def problems(
    connection: Connection, stored: Mapping[str, Any], record_type: RecordType, asked: Sequence[Asked]
) -> list[str]:
    """For each record the part of the filter that it fails, in words; empty where it passes.

    A filter that can't be read any more (a property is gone) lets nothing pass, and says so. Two statements and one
    for each association to many, whatever the number of records; none without a filter.
    """
    condition = condition_for(stored, record_type)
    if not condition or not asked:
        return [""] * len(asked)
    using = setting(zone=connection.time_zone)
    try:
        node = parse(condition, str(record_type), using)
        held = _held(condition, record_type, [each.record_id for each in asked if each.record_id], connection)
    except BadCondition as problem:
        return [str(problem)] * len(asked)
    names = names_in(node)
    found = []
    for each in asked:
        failed = failing(node, _overlaid(held.get(each.record_id or 0, {}), each.values), names)
        found.append(failed.because if failed is not None else "")
    return found


def _held(
    condition: Condition, record_type: RecordType, ids: Iterable[int], connection: Connection
) -> dict[int, dict[str, Any]]:
    records = [SimpleNamespace(pk=pk) for pk in dict.fromkeys(ids)]
    values = values_for(records, condition, str(record_type), zone=connection.time_zone)
    return {record.pk: found for record, found in zip(records, values, strict=True)}


def _overlaid(held: Values, values: Values) -> dict[str, Any]:
    """The record's values with those that are about to be written over them."""
    own = {name: value for name, value in values.items() if not name.startswith(PREFIX)}
    custom = {name.removeprefix(PREFIX): plain(v) for name, v in values.items() if name.startswith(PREFIX)}
    return {**held, **own, "properties": {**(held.get("properties") or {}), **custom}}
