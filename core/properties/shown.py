"""Custom properties as pages print them: the card of a record, and the columns of a list."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.urls import reverse

from core.enums import PropertyKind
from core.models.properties import PropertyColumns
from core.properties.cleaning import named
from core.properties.objects import currency_of, objects, stored
from core.properties.schema import Definition, definitions
from core.properties.values import display

MOST_COLUMNS = 12
RIGHT_ALIGNED = (PropertyKind.NUMBER, PropertyKind.CURRENCY)


@dataclass(frozen=True)
class Shown:
    """A property with its value in print; empty where the record has none."""

    definition: Definition
    text: str

    @property
    def lines(self) -> bool:
        """Whether line breaks belong to the value."""
        return self.definition.kind == PropertyKind.LONG_TEXT


@dataclass(frozen=True)
class PropertyCard:
    """The custom properties of a record by group; ``edit_url`` is empty for those who may not change them."""

    groups: Sequence[tuple[str, Sequence[Shown]]]
    edit_url: str


def card(record: Any, object_type: str, user: Any, *, editable: bool = True) -> PropertyCard | None:
    """The card of ``record``; None where its object has no custom properties. One query for people, if any."""
    known = definitions(object_type)
    if not known:
        return None
    held = stored(record)
    people = _people(known, [held])
    groups: dict[str, list[Shown]] = {}
    for definition in known:
        text = display(definition, held.get(definition.slot), people=people, currency=currency_of(record))
        groups.setdefault(definition.group, []).append(Shown(definition, text))
    may = editable and user.has_perm(objects[object_type].permission)
    edit_url = reverse("core:record-properties", args=[object_type, record.pk]) if may else ""
    return PropertyCard(list(groups.items()), edit_url)


def _people(known: Iterable[Definition], held: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    slots = [definition.slot for definition in known if definition.kind == PropertyKind.USER]
    return named(values.get(slot) for values in held for slot in slots) if slots else {}


@dataclass
class Columns:
    """The custom columns that a person sees in a list, and all that could be shown."""

    object_type: str
    shown: Sequence[Definition]
    offered: Sequence[Definition]
    people: Mapping[str, str] = field(default_factory=dict)

    def read(self, records: Iterable[Any]) -> None:
        """Look up what the cells of ``records`` name; one query for people, if any."""
        self.people = _people(self.shown, [values_of(record) for record in records])

    def cells(self, record: Any) -> list[tuple[str, str]]:
        """The record's cells as (class, text)."""
        held, currency = values_of(record), currency_of(record)
        return [
            (alignment(each), display(each, held.get(each.slot), people=self.people, currency=currency))
            for each in self.shown
        ]

    @property
    def heads(self) -> list[tuple[str, str, str]]:
        """The headings as (label, name to sort by, class); the name is empty where a list can't be sorted."""
        return [(each.label, each.name if sortable(each) else "", alignment(each)) for each in self.shown]

    @property
    def options(self) -> list[tuple[Definition, bool]]:
        """All properties in order, each with whether it is shown."""
        chosen = {each.id for each in self.shown}
        return [(each, each.id in chosen) for each in self.offered]


def values_of(record: Any) -> Mapping[str, Any]:
    """The values of a list's row: lists load them under a name of their own, to leave the column deferred."""
    held = record.__dict__.get("custom_values")
    return held if isinstance(held, Mapping) else stored(record)


def sortable(definition: Definition) -> bool:
    """Whether lists can be sorted by it: not by several choices or long texts."""
    return definition.kind not in (PropertyKind.CHOICES, PropertyKind.LONG_TEXT, PropertyKind.USER)


def alignment(definition: Definition) -> str:
    """The class of its cells."""
    return "num" if definition.kind in RIGHT_ALIGNED else "cell-text"


def columns_of(user: Any, object_type: str) -> Columns:
    """The columns that ``user`` chose for a list; no query where the object has no custom properties."""
    offered = definitions(object_type)
    if not offered:
        return Columns(object_type, [], [])
    mine = PropertyColumns.objects.filter(user=user, object_type=object_type).values_list("shown", flat=True).first()
    by_id = {definition.id: definition for definition in offered}
    return Columns(object_type, [by_id[pk] for pk in mine or [] if pk in by_id], offered)


@transaction.atomic
def show_columns(user: Any, object_type: str, ids: Sequence[int]) -> None:
    """Remember which custom columns ``user`` wants to see. Too small a thing for an event."""
    known = [definition.id for definition in definitions(object_type)]
    chosen = [pk for pk in dict.fromkeys(ids) if pk in known][:MOST_COLUMNS]
    PropertyColumns.objects.update_or_create(user=user, object_type=object_type, defaults={"shown": chosen})
