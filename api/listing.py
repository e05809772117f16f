"""Pages of records: bounded, by key, with the fields that were asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

from api.described import Answer, Call, Param, Schema
from api.printing import printed
from api.problems import Mistake, Problem, unfit
from api.schemas import array, nullable, record
from core.paging import BadCursor, page_by_key

LARGEST_PAGE = 200
SLOWEST_MS = 10_000


@dataclass(frozen=True)
class Shown:
    """A field of a record as it is answered: its schema, the ORM path it comes from, or how it is read.

    ``load`` gives the values of all records of a page by id, in a constant number of statements; ``load_for`` does so
    for the person who asks, where what they see decides.
    """

    name: str
    schema: Schema
    path: str = ""
    load: Callable[[Sequence[Any]], Mapping[int, Any]] | None = None
    load_for: Callable[[Any, Sequence[Any]], Mapping[int, Any]] | None = None
    permission: str = ""
    whole: bool = False  # in lists only where it is asked for by name

    @property
    def source(self) -> str:
        """The ORM path."""
        return self.path or self.name


@dataclass(frozen=True)
class View:
    """How one kind of record is answered: its fields, and the columns that every answer needs."""

    fields: Sequence[Shown]
    needs: tuple[str, ...] = ("id", "updated_at")
    related: tuple[str, ...] = ()
    sorts: tuple[str, ...] = ("id", "-id", "updated_at", "-updated_at")
    titles: Mapping[str, str] = field(default_factory=dict)

    @property
    def schema(self) -> Schema:
        """What a record looks like."""
        return record({each.name: each.schema for each in self.fields}, "id")

    @property
    def params(self) -> tuple[Param, ...]:
        """The parameter that chooses fields."""
        names: Schema = {"type": "string", "enum": [each.name for each in self.fields]}
        text = "Only these fields, and the id."
        return (Param("fields", array(names, minItems=1, maxItems=len(self.fields), uniqueItems=True), text),)

    def page_params(self) -> tuple[Param, ...]:
        """Those of a page of them."""
        return (
            *self.params,
            Param("sort", {"type": "string", "enum": list(self.sorts), "default": self.sorts[0]}, "The order."),
            Param(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": 50},
                "How many at most.",
            ),
            Param("cursor", {"type": "string", "maxLength": 500}, "The next_cursor of the page before."),
        )

    def chosen(self, user: Any, names: Sequence[str] | None, *, listed: bool = False) -> list[Shown]:
        """The fields that are asked for and may be seen; the id always. Lists leave out what is told of one only."""
        allowed = [each for each in self.fields if not each.permission or user.has_perm(each.permission)]
        usual = {each.name for each in allowed if not (listed and each.whole)}
        wanted = [each for each in allowed if each.name in (names or usual) or each.name == "id"]
        return [replace(each, load=partial(each.load_for, user)) if each.load_for else each for each in wanted]

    def narrowed(self, rows: QuerySet[Any], fields: Sequence[Shown]) -> QuerySet[Any]:
        """Rows with no more columns than these fields need."""
        paths = [each.source for each in fields if each.load is None]
        joined = [each for each in self.related if any(path.startswith(f"{each}__") for path in paths)]
        columns = dict.fromkeys([*self.needs, *paths])
        chosen = rows.select_related(*joined) if joined else rows.select_related(None)
        return chosen.only(*columns)

    def answered(self, rows: Sequence[Any], fields: Sequence[Shown]) -> list[dict[str, Any]]:
        """Records as JSON."""
        loaded = {each.name: each.load(rows) for each in fields if each.load is not None}
        return [
            {
                each.name: loaded[each.name].get(row.pk) if each.load is not None else printed(row, each.source)
                for each in fields
            }
            for row in rows
        ]


def page_schema(of: Schema) -> Schema:
    """A page of something."""
    cursor = nullable({"type": "string", "description": "Send it as cursor to get the next page."})
    return record({"data": array(of), "next_cursor": cursor}, "data", "next_cursor")


def page_of(view: View, rows: QuerySet[Any], call: Call, asked: Mapping[str, Any]) -> Answer:
    """One page; ``asked`` holds fields, sort, limit and cursor. Raises Problem."""
    fields = view.chosen(call.user, asked.get("fields"), listed=True)
    sort = asked.get("sort") or view.sorts[0]
    rows = view.narrowed(rows, [*fields, *_sorted_by(sort)])
    try:
        page = in_time(lambda: page_by_key(rows, sort=sort, cursor=asked.get("cursor", ""), size=asked["limit"]))
    except BadCursor as error:
        raise unfit(Mistake("This cursor is not one of this list.", "/cursor")) from error
    return Answer({"data": view.answered(page.rows, fields), "next_cursor": page.next or None})


def _sorted_by(sort: str) -> list[Shown]:
    return [Shown(sort.lstrip("-"), {})]


def in_time(read: Callable[[], Any]) -> Any:
    """What ``read`` gives, unless the database needs too long for it. Raises Problem."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = %s", [SLOWEST_MS])
            return read()
    except OperationalError as error:
        if "statement timeout" not in str(error):
            raise
        raise Problem(422, "This takes too long. Ask for less, or by an indexed property.", "too-slow") from error
