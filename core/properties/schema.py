"""What custom properties there are: plain data, read in one query for a whole request or task."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, JSONField, OuterRef, TextField, Value
from django.db.models.functions import Cast, JSONObject

from core.enums import PropertyKind
from core.models.properties import PropertyChoice, PropertyDefinition

PREFIX = "property:"
# Columns of a row that a definition has as they are.
SAME = ("id", "object_type", "key", "label", "description", "required", "unique", "default", "currency")


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
    """Inside, the definitions are read once, however often they are asked for: one request, one task, one batch.

    Within another one it is that one.
    """
    if _remembered.get() is not None:
        yield
        return
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
    return remember(list(_told().values_list("told", flat=True)))


def together() -> ArraySubquery | Value:
    """All definitions as one value of a statement that reads something else; give what it brings to ``remember``.

    NULL where they are known already, or where nothing is remembered.
    """
    held = _remembered.get()
    if held is None or "all" in held:
        return Value(None, output_field=JSONField())
    return ArraySubquery(_told().values("told"))


def remember(told: Sequence[Mapping[str, Any]]) -> Catalogue:
    """The definitions as the database told them, by object type; nobody has to read them again."""
    found: Catalogue = {}
    for each in told:
        found.setdefault(each["object_type"], []).append(plain(each))
    held = _remembered.get()
    if held is not None:
        held["all"] = found
    return found


def definitions(object_type: str) -> list[Definition]:
    """The custom properties of an object in the order of its forms: groups first, then places within them."""
    return catalogue().get(object_type, [])


def by_slot(object_type: str) -> dict[str, Definition]:
    """The same by the key under which records hold their values."""
    return {definition.slot: definition for definition in definitions(object_type)}


def plain(told: Mapping[str, Any]) -> Definition:
    """A definition from the columns of its row, the name of its group and its choices."""
    same = {name: told[name] for name in SAME}
    return Definition(
        **same,
        kind=PropertyKind(told["kind"]),
        group=told["group"] or "",
        lowest=None if told["lowest"] is None else Decimal(told["lowest"]),
        highest=None if told["highest"] is None else Decimal(told["highest"]),
        indexed=told["indexed"] and told["index_ready"],
        choices=tuple(
            Choice(str(each["id"]), each["label"], each["archived_at"] is not None) for each in told["choices"]
        ),
    )


def _told() -> Any:
    choices = PropertyChoice.objects.filter(definition=OuterRef("pk")).order_by("position", "pk")
    listed = ArraySubquery(choices.values(json=JSONObject(id="pk", label="label", archived_at="archived_at")))
    # Text, because numbers in JSON lose their zeros.
    limits = {name: Cast(name, TextField()) for name in ("lowest", "highest")}
    columns = {name: F(name) for name in (*SAME, "kind", "indexed", "index_ready")}
    told = JSONObject(**columns, **limits, group=F("group__name"), choices=listed)
    rows = PropertyDefinition.objects.filter(deleted_at=None).annotate(told=told)
    # Those without a group come first, under no heading.
    return rows.order_by(F("group__position").asc(nulls_first=True), "group_id", "position", "pk")
