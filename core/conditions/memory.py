"""The interpreter that evaluates a condition over plain values, and the collector of what it needs.

Values are a mapping by the names of properties and associations: ``{"email": "...", "company": {...} or None, "deals":
[{...}, ...]}``. What is missing is empty.
"""

import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from core.conditions.fields import Field, Fields, Relation
from core.conditions.language import Condition, Group, Named, Node, Not, Some, parse, setting
from core.conditions.operators import HasAny, Holds, IsEmpty, IsIn, Predicate, Within, to_id
from core.conditions.text import fold

Values = Mapping[str, Any]


def matches(
    condition: Condition,
    described: "str | Fields",
    values: Values,
    *,
    user: Any = None,
    now: datetime.datetime | None = None,
    zone: str | datetime.tzinfo | None = None,
) -> bool:
    """Whether ``condition`` holds for a record's values, exactly as it does in SQL. Raises BadCondition."""
    return holds(parse(condition, described, setting(user, now, zone)), values)


def holds(node: Node, values: Values) -> bool:
    """Whether a parsed condition holds; for many records, parse once and call this."""
    if isinstance(node, Group):
        return (all if node.every else any)(holds(part, values) for part in node.parts)
    if isinstance(node, Not):
        return not holds(node.part, values)
    if isinstance(node, Named):
        return holds(node.part, values)
    record = _at(values, node.hops)
    if isinstance(node, Some):
        there = (record.get(node.relation.name) or ()) if record is not None else ()
        return any(holds(node.where, each) for each in there) != node.none
    return _fits(node.predicate, value_of(node.field, record)) != node.negated


def _at(values: Values, hops: Sequence[Relation]) -> Values | None:
    """The values of the record that ``hops`` lead to; None where they lead nowhere."""
    record: Values | None = values
    for hop in hops:
        if record is None:
            return None
        record = record.get(hop.name)
    return record


def value_of(field: Field, record: Values | None) -> Any:
    """A property's value in the type of its kind; None when it is empty or does not fit."""
    raw = None if record is None else field.value_in(record)
    if raw is None or raw == "":
        return None
    try:
        return _READERS[field.kind](raw)
    except (ValueError, TypeError, InvalidOperation):
        return None


def _number(raw: Any) -> Decimal | None:
    number = Decimal(str(raw))
    return number if number.is_finite() and not isinstance(raw, bool) else None


def _date(raw: Any) -> datetime.date:
    if isinstance(raw, datetime.date) and not isinstance(raw, datetime.datetime):
        return raw
    return datetime.date.fromisoformat(str(raw))


def _moment(raw: Any) -> datetime.datetime | None:
    moment = raw if isinstance(raw, datetime.datetime) else datetime.datetime.fromisoformat(str(raw))
    return moment if moment.tzinfo is not None else None


def _chosen(raw: Any) -> frozenset[str] | None:
    if not isinstance(raw, list | tuple | set | frozenset):
        return None
    return frozenset(each for each in raw if isinstance(each, str)) if raw else None


def _flag(raw: Any) -> bool | None:
    return raw if isinstance(raw, bool) else {"true": True, "false": False}.get(raw)


_READERS: dict[str, Any] = {
    "text": lambda raw: fold(str(raw)),
    "number": _number,
    "money": _number,
    "date": _date,
    "datetime": _moment,
    "choice": str,
    "multi_choice": _chosen,
    "checkbox": _flag,
    "user": to_id,
    "record": to_id,
}


def _fits(predicate: Predicate, value: Any) -> bool:
    if isinstance(predicate, IsEmpty):
        return value is None
    if value is None:
        return False
    if isinstance(predicate, IsIn):
        return value in predicate.values
    if isinstance(predicate, Holds):
        found = {"contains": str.__contains__, "start": str.startswith, "end": str.endswith}
        return bool(found[predicate.where](value, predicate.text))
    if isinstance(predicate, Within):
        return _between(predicate, value)
    if isinstance(predicate, HasAny):
        return bool(value.intersection(predicate.choices))
    return bool(value.issuperset(predicate.choices))


def _between(bounds: Within, value: Any) -> bool:
    low, high = bounds.low, bounds.high
    if low is not None and (value < low or (value == low and not bounds.low_included)):
        return False
    return high is None or value < high or (value == high and bounds.high_included)
