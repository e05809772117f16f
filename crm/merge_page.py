"""What the page shows on which records are merged: the records side by side, and for each property whose value wins."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Model
from django.utils import formats
from django.utils.translation import gettext as _

from core import merging
from core.money import formatted_number
from core.properties import PREFIX, definitions
from core.properties.shown import people_in
from core.properties.values import display
from crm.labels import label_of
from crm.models.records import address_lines
from crm.services.merging import MODELS, SERVICES, names_of, version

VALUE = "value-"


@dataclass(frozen=True)
class Cell:
    """The value of one record, and whether it is chosen."""

    record_id: int
    text: str
    chosen: bool


@dataclass(frozen=True)
class Row:
    """A property in which the records differ."""

    name: str
    label: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Side:
    """A record as a column of the page."""

    record: Any
    version: str
    moves: Sequence[tuple[str, int]]
    chosen: bool


@dataclass(frozen=True)
class MergePage:
    """The whole page; ``same`` are properties that hold the same in all, as (label, text)."""

    sides: Sequence[Side]
    rows: Sequence[Row]
    same: Sequence[tuple[str, str]]
    questions: Sequence[merging.Question]


def page_of(object_type: str, records: Sequence[Any], asked: Mapping[str, int], winner: int | None) -> MergePage:
    """The page for some records; ``asked`` is what was chosen before, by property."""
    stays = winner if winner in {record.pk for record in records} else _oldest(records).pk
    rows, same = [], []
    texts = _texts(object_type, records)
    for name in names_of(object_type):
        values = texts[name]
        if not any(values.values()):
            continue
        if len(set(values.values())) == 1:
            same.append((_label(object_type, name), next(iter(values.values()))))
            continue
        chosen = asked.get(name) or _proposed(records, values)
        cells = [Cell(record.pk, values[record.pk], record.pk == chosen) for record in records]
        rows.append(Row(name, _label(object_type, name), cells))
    sides = [
        Side(
            record,
            version(record),
            merging.counts(object_type, MODELS[object_type], [record.pk]),
            record.pk == stays,
        )
        for record in records
    ]
    return MergePage(sides, rows, same, _questions(object_type, [record.pk for record in records]))


def _questions(object_type: str, ids: Sequence[int]) -> list[merging.Question]:
    return [question for mover in merging.movers.values() for question in mover.questions(object_type, ids)]


def _oldest(records: Sequence[Any]) -> Any:
    return min(records, key=lambda record: (record.created_at, record.pk))


def _proposed(records: Sequence[Any], values: Mapping[int, str]) -> int:
    """The newest record that has a value."""
    filled = [record for record in records if values[record.pk]]
    return int(max(filled, key=lambda record: (record.updated_at, record.pk)).pk)


def _label(object_type: str, name: str) -> str:
    if name.startswith(PREFIX):
        return next((each.label for each in definitions(object_type) if each.name == name), name)
    relation = f"{name}_id"
    return label_of(relation) if label_of(relation) != relation else label_of(name)


def _texts(object_type: str, records: Sequence[Any]) -> dict[str, dict[int, str]]:
    """What each record has in each property, in print."""
    known = definitions(object_type)
    held = {record.pk: record.properties or {} for record in records}
    people = people_in(known, held.values())
    found = {
        name: {record.pk: _text(getattr(record, name)) for record in records}
        for name in SERVICES[object_type].FIELDS
        if name != "properties"
    }
    for each in known:
        found[each.name] = {
            record.pk: display(
                each, held[record.pk].get(each.slot), people=people, currency=str(getattr(record, "currency", "") or "")
            )
            for record in records
        }
    return found


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal):
        return formatted_number(value)
    if isinstance(value, datetime.date):
        return formats.date_format(value, "DATE_FORMAT")
    if isinstance(value, dict):
        return "\n".join(address_lines(value))
    return str(value) if isinstance(value, Model) else str(value).strip()
