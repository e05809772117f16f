"""Changes of custom properties in events, with their words of that moment, so that renaming rewrites no history."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from core.enums import PropertyKind
from core.properties.cleaning import named
from core.properties.schema import PREFIX, Definition, by_slot
from core.properties.values import display

Changes = dict[str, tuple[Any, Any]]


def changes_between(old: Mapping[str, Any], new: Mapping[str, Any]) -> Changes:
    """Old and new stored value of each property that differs, by name (``property:12``); None is empty."""
    slots = sorted({*old, *new}, key=lambda slot: (len(slot), slot))
    return {f"{PREFIX}{slot}": (old.get(slot), new.get(slot)) for slot in slots if old.get(slot) != new.get(slot)}


def told_change(object_type: str, changes: Mapping[str, Any], *, currency: str = "") -> dict[str, dict[str, str]]:
    """For an event's data under ``told``: label, old and new value of each changed property as they are called now.

    ``changes`` are by name, other columns among them; one query at most.
    """
    mine = {name: pair for name, pair in changes.items() if name.startswith(PREFIX)}
    if not mine:
        return {}
    known = by_slot(object_type)
    people = named(
        value
        for name, pair in mine.items()
        if (d := known.get(name.removeprefix(PREFIX))) and d.kind == PropertyKind.USER
        for value in pair
    )
    return {
        name: _told(definition, pair, people, currency)
        for name, pair in mine.items()
        if (definition := known.get(name.removeprefix(PREFIX)))
    }


def _told(definition: Definition, pair: Any, people: Mapping[str, str], currency: str) -> dict[str, str]:
    old, new = (display(definition, value, people=people, currency=currency) for value in pair)
    return {"label": definition.label, "old": old, "new": new}


def is_told(name: str) -> bool:
    """Whether a changed column is a custom property."""
    return name.startswith(PREFIX)


def described(name: str, told: Mapping[str, Any]) -> tuple[str, str, str]:
    """Label, old and new value of a changed property for a sentence; ``told`` is what its event carries."""
    words = told.get(name) or {}
    nothing = _("nothing")
    return words.get("label") or _("a property"), words.get("old") or nothing, words.get("new") or nothing
