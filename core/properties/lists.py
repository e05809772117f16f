"""Custom properties in lists: as columns, as simple filters of the address (``property:12=3``) and as the order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model, Q, QuerySet, Value
from django.http import QueryDict
from django.utils.translation import gettext as _

from core.conditions import BadCondition, Condition, compile_conditions
from core.enums import PropertyKind
from core.models.properties import PropertyColumns
from core.properties import usage
from core.properties.conditions import choice_label, field_of
from core.properties.expressions import holds, value_of
from core.properties.objects import objects
from core.properties.schema import Definition, definitions
from core.properties.shown import people_in
from core.properties.values import BadValue, canonical, display

Row = TypeVar("Row", bound=Model)
MOST_COLUMNS = 12
RANGES = (PropertyKind.NUMBER, PropertyKind.CURRENCY, PropertyKind.DATE)
CHOSEN = (PropertyKind.CHOICE, PropertyKind.CHOICES, PropertyKind.CHECKBOX, PropertyKind.USER)
# Several choices, long texts and people have no order; choices would come in that of their ids.
SORTED = (*RANGES, PropertyKind.DATETIME, PropertyKind.TEXT, PropertyKind.CHECKBOX)


@dataclass(frozen=True)
class Chip:
    """A simple filter over a list: a choice of options, or a range of numbers or dates."""

    name: str
    label: str
    kind: str
    options: Sequence[tuple[str, str]]
    chosen: Sequence[str]

    @property
    def ranged(self) -> str:
        """The range in the address."""
        return next(iter(self.chosen), "")


@dataclass
class Columns:
    """The custom columns that a person sees in a list, all that could be shown, and the filters that go with them."""

    object_type: str
    shown: Sequence[Definition] = ()
    offered: Sequence[Definition] = ()
    query: QueryDict = field(default_factory=QueryDict)
    # Values and currency of each row, by its id.
    values: Mapping[int, tuple[Mapping[str, Any], str]] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)

    def read(self, records: Iterable[Any]) -> None:
        """Look up the cells of ``records``: one query, and one for people; none where no column is shown."""
        if not self.shown:
            return
        model = objects[self.object_type].model
        priced = any(column.name == "currency" for column in model._meta.get_fields())
        rows = model._default_manager.filter(pk__in=[record.pk for record in records])
        found = rows.values_list("pk", "properties", "currency" if priced else Value(""))
        self.values = {pk: (held or {}, currency or "") for pk, held, currency in found}
        self.people = people_in(self.shown, [held for held, _currency in self.values.values()])

    def cells(self, record: Any) -> list[tuple[str, str]]:
        """The record's cells as (class, text)."""
        held, currency = self.values.get(record.pk, ({}, ""))
        return [
            (alignment(each), display(each, held.get(each.slot), people=self.people, currency=currency))
            for each in self.shown
        ]

    @property
    def heads(self) -> list[tuple[str, str, str]]:
        """The headings as (label, name to sort by, class); the name is empty where a list can't be sorted."""
        return [(each.label, each.name if each.kind in SORTED else "", alignment(each)) for each in self.shown]

    @property
    def options(self) -> list[tuple[Definition, bool]]:
        """All properties in order, each with whether it is shown."""
        chosen = {each.id for each in self.shown}
        return [(each, each.id in chosen) for each in self.offered]

    @property
    def chips(self) -> list[Chip]:
        """Filters for the shown columns, of those kinds that have a simple one."""
        return [
            Chip(each.name, each.label, _chip_kind(each), _options(each), self.query.getlist(each.name))
            for each in self.shown
            if _chip_kind(each)
        ]

    @property
    def carried(self) -> list[tuple[str, str]]:
        """Filters of the address without a control on the page, to be kept, as (name, value)."""
        shown = {chip.name for chip in self.chips}
        return [(n, value) for n, values in chosen_in(self.query, self.object_type).items() if n not in shown
                for value in values]  # fmt: skip


def _chip_kind(definition: Definition) -> str:
    if definition.kind in (PropertyKind.CHOICE, PropertyKind.CHOICES, PropertyKind.CHECKBOX):
        return "options"
    if definition.kind == PropertyKind.DATE:
        return "date"
    return "number" if definition.kind in RANGES else ""


def _options(definition: Definition) -> list[tuple[str, str]]:
    if definition.kind == PropertyKind.CHECKBOX:
        return [("true", _("Yes")), ("false", _("No"))]
    return [(each.id, choice_label(each.label, archived=each.archived)) for each in definition.choices]


def alignment(definition: Definition) -> str:
    """The class of its cells."""
    return "num" if definition.kind in (PropertyKind.NUMBER, PropertyKind.CURRENCY) else "cell-text"


def columns_for(user: Any, object_type: str, query: QueryDict) -> Columns:
    """The columns that ``user`` chose for a list; no query where the object has no custom properties."""
    offered = definitions(object_type)
    if not offered:
        return Columns(object_type)
    mine = PropertyColumns.objects.filter(user=user, object_type=object_type).values_list("shown", flat=True).first()
    by_id = {definition.id: definition for definition in offered}
    return Columns(object_type, [by_id[pk] for pk in mine or [] if pk in by_id], offered, query)


@transaction.atomic
def show_columns(user: Any, object_type: str, ids: Sequence[int]) -> None:
    """Remember which custom columns ``user`` wants to see. Too small a thing for an event."""
    known = [definition.id for definition in definitions(object_type)]
    chosen = [pk for pk in dict.fromkeys(ids) if pk in known][:MOST_COLUMNS]
    PropertyColumns.objects.update_or_create(user=user, object_type=object_type, defaults={"shown": chosen})


def chosen_in(query: QueryDict, object_type: str) -> dict[str, list[str]]:
    """The filters by custom properties in an address, by name."""
    found = {
        each.name: [v for v in query.getlist(each.name) if v not in ("", "..")] for each in definitions(object_type)
    }
    return {name: values for name, values in found.items() if values}


def filtered_in(rows: QuerySet[Row], query: QueryDict, object_type: str) -> tuple[QuerySet[Row], str]:
    """``rows`` that fit the address' filters by custom properties, and a sentence where one can't be followed."""
    asked = chosen_in(query, object_type)
    if not asked:
        return rows, ""
    known = {each.name: each for each in definitions(object_type)}
    for name in [name for name in asked if known[name].kind in CHOSEN]:
        rows = rows.filter(_holding(known[name], asked.pop(name)))
    conditions = {name: _condition(known[name], values) for name, values in asked.items()}
    ranged = [known[name] for name, condition in conditions.items() if condition["op"] == "range"]
    if slow := _too_slow(ranged, object_type):
        return rows, _slow_words(slow)
    fields = {name: field_of(known[name]) for name in asked}
    try:
        return rows.filter(compile_conditions({"all": list(conditions.values())}, fields)), ""
    except BadCondition as problem:
        return rows, str(problem)


def _holding(definition: Definition, values: Sequence[str]) -> Q:
    """Records with one of the chosen values; the index over all properties of the table serves it at any size."""
    wanted = Q(pk__in=[])
    for value in values:
        try:
            wanted |= holds(definition, canonical(definition, value))
        except BadValue:
            continue  # nothing has what is no choice
    return wanted


def _condition(definition: Definition, values: Sequence[str]) -> Condition:
    name = definition.name
    if len(values) == 1 and ".." in values[0] and definition.kind not in (PropertyKind.TEXT, PropertyKind.LONG_TEXT):
        lowest, _dots, highest = values[0].partition("..")
        return {"field": name, "op": "range", "value": [lowest or None, highest or None]}
    return {"field": name, "op": "in", "value": list(values)}


def sorted_in(rows: QuerySet[Row], query: QueryDict, object_type: str) -> tuple[QuerySet[Row], str, str]:
    """``rows`` ready to be sorted by the custom property that the address names: (rows, key for paging, a problem).

    The key is empty where the address names none, or one by which this list can't be sorted.
    """
    asked = query.get("sort", "")
    wanted = next((each for each in definitions(object_type) if each.name == asked.lstrip("-")), None)
    if wanted is None or wanted.kind not in SORTED:
        return rows, "", ""
    if slow := _too_slow([wanted], object_type):
        return rows, "", _slow_words(slow)
    key = f"property_{wanted.id}"
    return rows.annotate(**{key: value_of(wanted)}), f"-{key}" if asked.startswith("-") else key, ""


def _too_slow(asked: Sequence[Definition], object_type: str) -> Definition | None:
    """The first of these that is not indexed, where the table is too big for that."""
    unindexed = [each for each in asked if not each.indexed]
    return unindexed[0] if unindexed and usage.is_big(object_type) else None


def _slow_words(definition: Definition) -> str:
    text = _("This list is too long to sort or filter by range by “%s”. An admin can mark it as fast in the settings.")
    return text % definition.label
