"""Records of a report as lines of a plain table: their properties, and the page that they are seen on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from core.conditions import registry
from core.conditions.sql import prefix_of
from core.registry import object_types
from reports.definition import Group, Property, reach
from reports.labels import labels_of
from reports.result import Kind
from reports.shown import Cell, text_of
from reports.sources import Source

# What is shown of each kind of record, as paths of the condition language.
COLUMNS = {
    "invoice_line": ("name", "description", "quantity", "unit_price", "amount", "invoice.number", "invoice.issued_on"),
    "workflow_run": ("title", "workflow", "state", "started", "ended", "reason"),
}
# The page that shows such a record: a URL name and the ORM path of the id that it takes.
PAGES = {
    "invoice_line": ("invoices:invoice-detail", "invoice_id"),
    "workflow_run": ("workflows:run", "pk"),
}
KINDS: dict[str, Kind] = {"number": "number", "money": "money", "date": "date", "datetime": "date"}


@dataclass(frozen=True)
class RecordLine:
    """A record: its page and its cells."""

    href: str
    cells: list[Cell]


def fields_of(source: Source, user: Any) -> list[Property]:
    """The properties that are shown."""
    return [found for path in COLUMNS.get(source.name, ()) if (found := reach(source.name, path, user)) is not None]


def lines_of(source: Source, fields: Sequence[Property], ids: Sequence[int], user: Any) -> list[RecordLine]:
    """The records with these ids, in their order, in a number of statements that does not grow with them."""
    known = registry.objects[source.name]
    page, path = PAGES.get(source.name, ("", "pk"))
    if not page and source.name in object_types:
        page = object_types[source.name].url_name
    currency = reach(source.name, source.currency, user) if source.currency else None
    asked = {f"shown_{at}": _value(each) for at, each in enumerate(fields)}
    if currency is not None:
        asked["shown_currency"] = _value(currency)
    rows = {
        row["pk"]: row
        for row in known.model._default_manager.filter(pk__in=ids).annotate(**asked).values("pk", path, *asked)
    }
    names = [_names(each, [row[f"shown_{at}"] for row in rows.values()], user) for at, each in enumerate(fields)]
    return [
        RecordLine(
            reverse(page, args=[rows[pk][path]]) if page else "",
            [
                _cell(each, rows[pk][f"shown_{at}"], names[at], rows[pk].get("shown_currency") or "")
                for at, each in enumerate(fields)
            ],
        )
        for pk in ids
        if pk in rows
    ]


def _value(of: Property) -> Any:
    return of.field.sql(prefix_of(of.hops))


def _names(of: Property, values: Sequence[Any], user: Any) -> dict[Any, str]:
    if of.field.kind not in ("user", "record", "choice"):
        return {}
    named = labels_of(Group(of), [(value, "") for value in set(values) if value not in (None, "")], user)
    return {key: label for key, (label, _order) in named.items()}


def _cell(of: Property, value: Any, names: dict[Any, str], currency: str) -> Cell:
    kind = KINDS.get(of.field.kind, "text")
    return Cell(names.get(value) or text_of(value, kind, currency), number=kind in ("number", "money"))
