"""The kinds of records that have custom properties. Each app adds its own in its ``apps.py``."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Model, QuerySet

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Fixed(Exception):
    """The record takes no changes now; the message says why."""


@dataclass(frozen=True)
class PropertyObject:
    """A kind of record with a ``properties`` column.

    ``visible_to(user)`` are the records that a person may see; ``change(record, values, by=)`` is the service that
    writes values (slot to value, None empties) and may raise Fixed or ``BadValues``; ``permission`` is what a person
    needs for it. ``page`` is the URL name of the record's page, if it has one, and ``listing`` that of the list.
    """

    name: str
    label: "StrOrPromise"
    plural: "StrOrPromise"
    model: type[Model]
    visible_to: Callable[[Any], QuerySet[Any]]
    change: Callable[..., Any]
    permission: str
    order: int = 100
    page: str = ""
    listing: str = ""


objects: dict[str, PropertyObject] = {}
# Who else uses properties, for the settings page and before one is deleted: function(definition ids) -> sentences by
# id, such as {12: ["Mapped to the QuickBooks field Memo"]}.
property_uses: list[Callable[[list[int]], Mapping[int, list[str]]]] = []


def add_object(added: PropertyObject) -> None:
    """Register a kind of record that has custom properties."""
    objects[added.name] = added


def in_order() -> list[PropertyObject]:
    """All of them, as the settings page lists them."""
    return sorted(objects.values(), key=lambda each: each.order)


def uses_of(definition_ids: Iterable[int]) -> dict[int, list[str]]:
    """Where properties are used, in words, by id."""
    ids = list(definition_ids)
    found: dict[int, list[str]] = {}
    for uses in property_uses:
        for pk, words in uses(ids).items():
            found.setdefault(pk, []).extend(words)
    return found


def currency_of(record: Any) -> str:
    """The currency of a record's amounts; empty where it has none."""
    return str(getattr(record, "currency", "") or "")


def stored(record: Any) -> Mapping[str, Any]:
    """The values of a record, of deleted properties too."""
    return getattr(record, "properties", None) or {}
