"""What custom properties there are: plain data, read in one query for a whole request or task."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef
from django.db.models.functions import JSONObject

from core.enums import PropertyKind
from core.models.properties import PropertyChoice, PropertyDefinition

PREFIX = "property:"


@dataclass(frozen=True)
class Choice:
    """A value that can be chosen. ``id`` is what records hold; archived ones are offered no more."""

    id: str
    label: str
    archived: bool = False


@dataclass(frozen=True)
class Definition:
    """A custom property. Conditions, mappings and events call it by ``name``; values are stored under ``slot``."""

    id: int
    object_type: str
    key: str
    label: str
    kind: PropertyKind
    group: str = ""
    description: str = ""
    required: bool = False
    unique: bool = False
    default: Any = None
    currency: str = ""
    lowest: Decimal | None = None
    highest: Decimal | None = None
    # Whether its index is built: then it sorts and filters by range at any size.
    indexed: bool = False
    choices: tuple[Choice, ...] = ()

    @property
    def slot(self) -> str:
        """The key of its values in a record's ``properties``."""
        return str(self.id)

    @property
    def name(self) -> str:
        """What conditions, mappings and events call it: ``property:12``."""
        return f"{PREFIX}{self.id}"

    def choice(self, chosen: Any) -> Choice | None:
        """The choice with this id, archived ones too."""
        return next((choice for choice in self.choices if choice.id == str(chosen)), None)

    def labelled(self, label: str) -> Choice | None:
        """The choice that is offered under this label, whatever its case: for imports and mappings."""
        wanted = label.strip().casefold()
        return next((c for c in self.choices if not c.archived and c.label.casefold() == wanted), None)


Catalogue = dict[str, list[Definition]]
_remembered: ContextVar[dict[str, Catalogue] | None] = ContextVar("remembered_properties", default=None)


@contextmanager
def remembered() -> Iterator[None]:
    """Inside, the definitions are read once, however often they are asked for: one request, one task."""
    token = _remembered.set({})
    try:
        yield
    finally:
        _remembered.reset(token)


def forget() -> None:
    """Read the definitions again the next time: they have just been changed."""
    held = _remembered.get()
    if held is not None:
        held.clear()


def catalogue() -> Catalogue:
    """The definitions of all objects that are not deleted, by object type and in order; one query at most."""
    held = _remembered.get()
    if held is not None and "all" in held:
        return held["all"]
    found: Catalogue = {}
    for row in _rows():
        found.setdefault(row.object_type, []).append(plain(row, row.found_choices))
    if held is not None:
        held["all"] = found
    return found


def definitions(object_type: str) -> list[Definition]:
    """The custom properties of an object in the order of its forms: groups first, then places within them."""
    return catalogue().get(object_type, [])


def by_slot(object_type: str) -> dict[str, Definition]:
    """The same by the key under which records hold their values."""
    return {definition.slot: definition for definition in definitions(object_type)}


def plain(row: PropertyDefinition, choices: list[dict[str, Any]]) -> Definition:
    """A row as data."""
    return Definition(
        id=row.pk,
        object_type=row.object_type,
        key=row.key,
        label=row.label,
        kind=PropertyKind(row.kind),
        group=row.group.name if row.group else "",
        description=row.description,
        required=row.required,
        unique=row.unique,
        default=row.default,
        currency=row.currency,
        lowest=row.lowest,
        highest=row.highest,
        indexed=row.indexed and row.index_ready,
        choices=tuple(Choice(str(each["id"]), each["label"], each["archived_at"] is not None) for each in choices),
    )


def _rows() -> Any:
    choices = PropertyChoice.objects.filter(definition=OuterRef("pk")).order_by("position", "pk")
    listed = ArraySubquery(choices.values(json=JSONObject(id="pk", label="label", archived_at="archived_at")))
    rows = PropertyDefinition.objects.filter(deleted_at=None).select_related("group").annotate(found_choices=listed)
    # Those without a group come first, under no heading.
    return rows.order_by(F("group__position").asc(nulls_first=True), "group_id", "position", "pk")
