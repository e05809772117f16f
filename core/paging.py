"""Paging by key: the cost of a page does not depend on how far down it is."""

import base64
import binascii
import datetime
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import F, Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)
SIZES = (25, 50, 100)
LARGEST_ID = 2**63
# Of so many rows of a list it is asked which ones a person sees, before the ids of all that they see are gathered.
AT_HAND = 1_000


class BadCursor(ValueError):
    """The cursor in the address was not made by this list."""


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows of one page, and the cursors of its neighbours (empty where there is none).

    ``dense``: they were found among the rows at hand, so there are many of them.
    """

    rows: Sequence[Row]
    next: str
    previous: str
    dense: bool = False


@dataclass(frozen=True)
class Asked(Generic[Row]):
    """The same rows for a person who sees many but not all: ``every`` row, and those seen, asked row by row."""

    every: QuerySet[Row]
    each: QuerySet[Row]


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


def page_by_key(
    rows: QuerySet[Row], *, sort: str, cursor: str = "", size: int = 50, asked: Asked[Row] | None = None
) -> Page[Row]:
    """One page of ``rows`` ordered by ``sort`` (a field name, ``-`` for descending), empty values last.

    ``cursor`` is the ``next`` or ``previous`` of another page of the same list and sort. Raises BadCursor.
    """
    field, descending = sort.lstrip("-"), sort.startswith("-")
    direction, value, pk = _decode(cursor) if cursor else ("after", None, 0)
    backwards = direction == "before"
    ascending = descending == backwards
    nullable = _nullable(rows.model, field)
    beyond = _beyond(field, value, pk, ascending=ascending, nulls_last=nullable and not backwards) if cursor else Q()
    # Without the modifier where there are no nulls: a plain index has its nulls at the other end and could not be used.
    ends = {"nulls_first": True} if backwards else {"nulls_last": True}
    key = (F(field).asc if ascending else F(field).desc)(**(ends if nullable else {}))

    def first(rows: QuerySet[Row]) -> QuerySet[Row]:
        try:
            return rows.filter(beyond).order_by(key, "pk" if ascending else "-pk")
        except (ValueError, TypeError, ValidationError, InvalidOperation) as error:
            raise BadCursor(cursor) from error

    found, dense = _at_hand(first, asked, size) if asked else (None, False)
    if found is None:
        found = list(first(rows)[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    if not found:
        return Page([], "", "")
    has_next, has_previous = (True, more) if backwards else (more, bool(cursor))
    first_row, last = found[0], found[-1]
    return Page(
        found,
        _encode("after", _value(last, field), last.pk) if has_next else "",
        _encode("before", _value(first_row, field), first_row.pk) if has_previous else "",
        dense,
    )


def _at_hand(
    first: Callable[[QuerySet[Row]], QuerySet[Row]], asked: Asked[Row], size: int
) -> tuple[list[Row] | None, bool]:
    """The page's rows among the first ones of the list, and whether they fill it; None where they may not be all."""
    ids = list(first(asked.every).values_list("pk", flat=True)[:AT_HAND])
    found = list(first(asked.each.filter(pk__in=ids))[: size + 1])
    if len(found) > size:
        return found, True
    return (found, False) if len(ids) < AT_HAND else (None, False)


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
