"""Custom properties of one record as pages print them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from core.enums import PropertyKind
from core.properties.cleaning import named
from core.properties.objects import currency_of, objects, stored
from core.properties.schema import Definition, definitions
from core.properties.values import display


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
    people = people_in(known, [held])
    groups: dict[str, list[Shown]] = {}
    for definition in known:
        text = display(definition, held.get(definition.slot), people=people, currency=currency_of(record))
        groups.setdefault(definition.group, []).append(Shown(definition, text))
    may = editable and user.has_perm(objects[object_type].permission)
    edit_url = reverse("core:record-properties", args=[object_type, record.pk]) if may else ""
    return PropertyCard(list(groups.items()), edit_url)


def people_in(known: Iterable[Definition], held: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The users that values of ``known`` properties name, by id in text; no query for none."""
    slots = [definition.slot for definition in known if definition.kind == PropertyKind.USER]
    return named(values.get(slot) for values in held for slot in slots) if slots else {}
