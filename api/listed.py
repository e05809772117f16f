"""Records that programs list, search and read in one way, whatever changes them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from accounts.access import require
from api.described import Answer, Call, Operation, Param, Schema
from api.listing import LARGEST_PAGE, View, page_of, page_schema
from api.problems import missing, unfit_at
from api.schemas import named, record
from core.conditions import BadCondition, compile_conditions

CONDITION: Schema = {
    "type": "object",
    "description": "A condition as lists, workflows and reports have them: `{}` holds for all; `GET condition-fields` "
    "lists what can be compared.",
}


def searched(view: View) -> Schema:
    """The body of a search."""
    return record(
        {
            "where": CONDITION,
            "sort": {"type": "string", "enum": list(view.sorts)},
            "limit": {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE},
            "cursor": {"type": "string", "maxLength": 500},
            "fields": view.params[0].schema,
        }
    )


def fitting(call: Call, object_type: str) -> Any:
    """The condition of a search's body on the rows of ``object_type``. Raises Problem."""
    try:
        return compile_conditions(call.body.get("where", {}), object_type, user=call.user)
    except BadCondition as error:
        raise unfit_at("".join(f"/{part}" for part in ("where", *error.place)), error) from error


@dataclass(frozen=True)
class Filter:
    """A parameter of a list that narrows it to rows with this value at an ORM path."""

    schema: Schema
    path: str
    text: str


@dataclass(frozen=True)
class Listed:
    """How one kind of record is listed, searched and read.

    ``rows(user)`` are the records that somebody may see, ``permission`` what seeing any of them needs. ``searched`` is
    the object of the condition language, empty for none. ``version(row)`` is its ETag.
    """

    word: str
    path: str
    tag: str
    view: View
    rows: Callable[[Any], QuerySet[Any]]
    scope: str
    permission: str = ""
    searched: str = ""
    filters: Mapping[str, Filter] = field(default_factory=dict)
    version: Callable[[Any], str] | None = None
    name: str = ""  # of its schema

    @property
    def shown(self) -> Schema:
        """The reference to the schema of a record."""
        return named(self._schema_name, self.view.schema)

    @property
    def _schema_name(self) -> str:
        return self.name or self.word.title().replace("-", "").replace(" ", "")

    def visible(self, call: Call) -> QuerySet[Any]:
        """The records that the caller may see. Raises PermissionDenied."""
        if self.permission:
            require(call.user, self.permission)
        return self.rows(call.user)

    def found(self, call: Call, pk: int | None = None) -> Any:
        """The record of the address. Raises Problem."""
        row = self.visible(call).filter(pk=call.at["id"] if pk is None else pk).first()
        if row is None:
            raise missing()
        return row

    def etag(self, row: Any) -> str:
        """The version of a record; empty where it has none."""
        return self.version(row) if self.version is not None else ""

    def answer(self, call: Call, row: Any, status: int = 200, *, location: str = "") -> Answer:
        """A record as it is answered; ``location`` in place of its own address."""
        [body] = self.view.answered([row], self.view.chosen(call.user, call.query.get("fields")))
        own = f"/api/v1/{self.path}/{row.pk}" if status in (201, 202) else ""
        return Answer(body, status, self.etag(row), location or own)

    def index(self, call: Call) -> Answer:
        """A page of records."""
        rows = self.visible(call)
        asked = {each.path: call.query[name] for name, each in self.filters.items() if name in call.query}
        return page_of(self.view, rows.filter(**asked), call, call.query)

    def search(self, call: Call) -> Answer:
        """A page of the records for which a condition holds."""
        rows = self.visible(call).filter(fitting(call, self.searched))
        return page_of(self.view, rows, call, {"limit": 50, **call.body})

    def read(self, call: Call) -> Answer:
        """One record."""
        return self.answer(call, self.found(call))

    def operations(self) -> list[Operation]:
        """List, search and read."""
        view, many = self.view, self.path
        page = named(f"{self._schema_name}Page", page_schema(self.shown))
        narrow = tuple(Param(name, each.schema, each.text) for name, each in self.filters.items())
        spoken = many.replace("-", " ")
        found = [
            Operation("GET", many, f"list-{many}", self.tag, f"List {spoken}", self.scope, self.index, {200: page},
                      (*view.page_params(), *narrow)),
            Operation("GET", f"{many}/{{id}}", f"read-{self.word}", self.tag, f"Read one of the {spoken}", self.scope,
                      self.read, {200: self.shown}, view.params, shows_version=self.version is not None),
        ]  # fmt: skip
        if self.searched:
            found.insert(1, Operation(
                "POST", f"{many}/search", f"search-{many}", self.tag, f"Search {spoken} by a condition", self.scope,
                self.search, {200: page}, body=searched(view), writes=False,
            ))  # fmt: skip
        return found
