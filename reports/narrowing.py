"""The filters of a dashboard, said about a built report: its period, owner, company and QuickBooks company."""

from collections.abc import Mapping
from typing import Any

from core.conditions import Condition
from reports.definition import reach
from reports.ranges import RANGES
from reports.ready.money import of_company
from reports.ready.registry import CUSTOM
from reports.sources import SOURCES, Source

FILTERS = ("owner", "company", "connection")
LONGEST_ID = 18


def narrowed(definition: Mapping[str, Any], asked: Mapping[str, str], user: Any) -> tuple[dict[str, Any], list[str]]:
    """The definition with the filters that its object has, and the names of those that it has not."""
    source = SOURCES.get(str(definition.get("object")))
    found, unknown, parts = dict(definition), [], []
    if range_ := _range(asked):
        found["period"] = {**(definition.get("period") or {}), "range": range_}
    for name in FILTERS:
        if not asked.get(name):
            continue
        condition = _condition(source, name, asked[name], user) if source is not None else None
        if condition is None:
            unknown.append(name)
        else:
            parts.append(condition)
    if parts:
        own = {key: part for key, part in (definition.get("filter") or {}).items() if key != "version"}
        found["filter"] = {"all": [*([own] if own else []), *parts]}
    return found, unknown


def _range(asked: Mapping[str, str]) -> Any:
    if asked.get("period") in RANGES:
        return asked["period"]
    days = asked.get("from"), asked.get("to")
    return dict(zip(("from", "to"), days, strict=True)) if all(days) and asked.get("period", CUSTOM) == CUSTOM else None


def _condition(source: Source, name: str, value: str, user: Any) -> Condition | None:
    path = source.filters.get(name)
    if path is None or not value.isdecimal() or len(value) > LONGEST_ID:
        return None
    if reach(source.name, path, user) is not None:
        return {"field": path, "op": "empty"} if value == "0" else {"field": path, "op": "equals", "value": value}
    return of_company(int(value), path) if name == "company" else None
