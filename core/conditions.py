"""The condition language: filters as data, compiled to SQL.

A condition is ``{"field": name, "op": operator, "value": value}``; a group is ``{"all": [...]}``. Operators so
far: ``equals``, ``in`` (a list), ``range`` (``[from, to]``, both included, either may be None).
"""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Condition = dict[str, Any]
LARGEST_ID = 2**63
LARGEST_NUMBER = Decimal(10) ** 20


class BadCondition(ValueError):
    """The condition can't be read; the message says which part and why."""


def _to_date(value: Any) -> datetime.date:
    return datetime.date.fromisoformat(str(value))


def _to_decimal(value: Any) -> Decimal:
    number = Decimal(str(value))
    if not number.is_finite() or abs(number) >= LARGEST_NUMBER:
        raise ValueError(value)
    return number


def _to_text(value: Any) -> str:
    text = str(value)
    if "\x00" in text:  # no database keeps it
        raise ValueError(value)
    return text


def _to_id(value: Any) -> int:
    number = int(value)
    if abs(number) >= LARGEST_ID:
        raise ValueError(value)
    return number


READERS: dict[str, Callable[[Any], Any]] = {
    "text": _to_text,
    "choice": _to_text,
    "number": _to_decimal,
    "date": _to_date,
    "record": _to_id,
    "checkbox": lambda value: value in (True, "true", "1", "on"),
}


@dataclass(frozen=True)
class Field:
    """A property that conditions may name: its label, its kind (a key of READERS) and its path in the ORM."""

    name: str
    label: "StrOrPromise"
    kind: str
    path: str
    choices: "tuple[tuple[str, StrOrPromise], ...]" = ()


Fields = Mapping[str, Field]


def fields(*listed: Field) -> dict[str, Field]:
    """The listed fields by name."""
    return {field.name: field for field in listed}


def compile_conditions(conditions: Condition, known: Fields) -> Q:
    """``conditions`` as a filter over the properties in ``known``. Raises BadCondition with a sentence."""
    if not conditions:
        return Q()
    if "all" in conditions:
        combined = Q()
        for part in conditions["all"]:
            combined &= compile_conditions(part, known)
        return combined
    field = known.get(conditions.get("field", ""))
    if field is None:
        raise BadCondition(_("There is no property “%s” to filter by.") % conditions.get("field"))
    return _compile_one(field, conditions.get("op"), conditions.get("value"))


def _compile_one(field: Field, operator: Any, value: Any) -> Q:
    read = READERS[field.kind]
    try:
        if operator == "equals":
            return Q(**{field.path: read(value)})
        if operator == "in" and isinstance(value, list):
            return Q(**{f"{field.path}__in": [read(item) for item in value]})
        if operator == "range" and isinstance(value, list) and len(value) == 2:
            lowest, highest = value
            bounds = Q()
            if lowest not in (None, ""):
                bounds &= Q(**{f"{field.path}__gte": read(lowest)})
            if highest not in (None, ""):
                bounds &= Q(**{f"{field.path}__lte": read(highest)})
            return bounds
    except (ValueError, TypeError, InvalidOperation) as error:
        raise BadCondition(_("“%(value)s” does not fit %(label)s.") % {"value": value, "label": field.label}) from error
    raise BadCondition(_("%(label)s can't be compared with “%(op)s”.") % {"label": field.label, "op": operator})


def from_query(query: QueryDict, known: Fields) -> Condition:
    """The filters of an index page's address: ``status=a&status=b`` is ``in``, ``due=2026-01-01..`` a range."""
    parts: list[Condition] = []
    for name in known:
        values = [value for value in query.getlist(name) if value != ""]
        if not values:
            continue
        if len(values) == 1 and ".." in values[0]:
            lowest, _dots, highest = values[0].partition("..")
            parts.append({"field": name, "op": "range", "value": [lowest or None, highest or None]})
        elif len(values) == 1 and known[name].kind not in ("choice", "record"):
            parts.append({"field": name, "op": "equals", "value": values[0]})
        else:
            parts.append({"field": name, "op": "in", "value": values})
    return {"all": parts} if parts else {}
