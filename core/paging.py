"""Paging by key: the cost of a page does not depend on how far down it is."""

import base64
import binascii
import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import F, Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)
SIZES = (25, 50, 100)
LARGEST_ID = 2**63


class BadCursor(ValueError):
    """The cursor in the address was not made by this list."""


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows of one page, and the cursors of its neighbours (empty where there is none)."""

    rows: Sequence[Row]
    next: str
    previous: str


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _encode(direction: str, value: Any, pk: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([direction, _plain(value), pk]).encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[str, Any, int]:
    try:
        direction, value, pk = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, TypeError) as error:
        raise BadCursor(cursor) from error
    known = direction in ("after", "before") and isinstance(pk, int) and abs(pk) < LARGEST_ID
    if not known or not isinstance(value, str | int | float | bool | None) or "\x00" in str(value):
        raise BadCursor(cursor)
    return direction, value, pk


def _beyond(field: str, value: Any, pk: int, *, ascending: bool, nulls_last: bool) -> Q:
    """Rows that come later than (value, pk) in the given order. Nulls stay at one end, ordered by pk."""
    step = "gt" if ascending else "lt"
    if value is None:
        tied = Q(**{f"{field}__isnull": True, f"pk__{step}": pk})
        return tied if nulls_last else tied | Q(**{f"{field}__isnull": False})
    # The first condition says nothing new, but it is a range of the index; the alternative alone would not be one.
    later = Q(**{f"{field}__{step}e": value}) & (Q(**{f"{field}__{step}": value}) | Q(**{f"pk__{step}": pk}))
    return later | Q(**{f"{field}__isnull": True}) if nulls_last else later


def page_by_key(rows: QuerySet[Row], *, sort: str, cursor: str = "", size: int = 50) -> Page[Row]:
    """One page of ``rows`` ordered by ``sort`` (a field name, ``-`` for descending), empty values last.

    ``cursor`` is the ``next`` or ``previous`` of another page of the same list and sort. Raises BadCursor.
    """
    field, descending = sort.lstrip("-"), sort.startswith("-")
    direction, value, pk = _decode(cursor) if cursor else ("after", None, 0)
    backwards = direction == "before"
    ascending = descending == backwards
    nullable = _nullable(rows.model, field)
    if cursor:
        try:
            rows = rows.filter(_beyond(field, value, pk, ascending=ascending, nulls_last=nullable and not backwards))
        except (ValueError, TypeError, ValidationError, InvalidOperation) as error:
            raise BadCursor(cursor) from error
    # Without the modifier where there are no nulls: a plain index has its nulls at the other end and could not be used.
    ends = {"nulls_first": True} if backwards else {"nulls_last": True}
    key = (F(field).asc if ascending else F(field).desc)(**(ends if nullable else {}))
    found = list(rows.order_by(key, "pk" if ascending else "-pk")[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    if not found:
        return Page([], "", "")
    has_next, has_previous = (True, more) if backwards else (more, bool(cursor))
    first, last = found[0], found[-1]
    return Page(
        found,
        _encode("after", _value(last, field), last.pk) if has_next else "",
        _encode("before", _value(first, field), first.pk) if has_previous else "",
    )


def cursor_after(row: Model, sort: str) -> str:
    """The cursor of the page that begins behind ``row``, for lists whose first page is made otherwise."""
    return _encode("after", _value(row, sort.lstrip("-")), row.pk)


def in_order(rows: QuerySet[Row], sort: str) -> QuerySet[Row]:
    """``rows`` in the order in which ``page_by_key`` pages them."""
    field, descending = sort.lstrip("-"), sort.startswith("-")
    nulls = {"nulls_last": True} if _nullable(rows.model, field) else {}
    return rows.order_by((F(field).desc if descending else F(field).asc)(**nulls), "-pk" if descending else "pk")


def _nullable(model: type[Model], path: str) -> bool:
    """Whether a sort field may be empty; annotations and fields of related records always may."""
    if "__" in path:
        return True
    try:
        return bool(getattr(model._meta.get_field(path), "null", True))
    except FieldDoesNotExist:
        return True


def _value(row: Model, path: str) -> Any:
    value: Any = row
    for part in path.split("__"):
        value = getattr(value, part) if value is not None else None
    return value
