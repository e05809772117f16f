"""Custom properties in lists: as columns, as simple filters of the address (``property:12=3``) and as the order."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from core.conditions import BadCondition, Condition, compile_conditions
from core.enums import PropertyKind
from core.properties import usage
from core.properties.conditions import choice_label, field_of
from core.properties.expressions import holds, value_of
from core.properties.objects import currency_of, stored
from core.properties.schema import Definition, definitions
from core.properties.shown import people_in
from core.properties.values import BadValue, canonical, display, typed
from core.tables.address import EMPTY
from core.tables.columns import Column
from core.tables.described import Chip

RANGES = (PropertyKind.NUMBER, PropertyKind.CURRENCY, PropertyKind.DATE)
CHOSEN = (PropertyKind.CHOICE, PropertyKind.CHOICES, PropertyKind.CHECKBOX, PropertyKind.USER)
# Several choices, long texts and people have no order; choices would come in that of their ids.
SORTED = (*RANGES, PropertyKind.DATETIME, PropertyKind.TEXT, PropertyKind.CHECKBOX)
AMOUNTS = (PropertyKind.NUMBER, PropertyKind.CURRENCY)


def columns(object_type: str, *, priced: bool) -> list[Column]:
    """A column for each custom property; ``priced`` says whether the records have a currency."""
    return [_column(definition, priced=priced) for definition in definitions(object_type)]


def _column(definition: Definition, *, priced: bool) -> Column:
    people = definition.kind == PropertyKind.USER

    def value(record: Any) -> Any:
        return stored(record).get(definition.slot)

    def named(records: Sequence[Any]) -> Mapping[int, Any]:
        held = {record.pk: stored(record) for record in records}
        names = people_in([definition], held.values())
        return {pk: names.get(str(each.get(definition.slot)), "") for pk, each in held.items()}

    return Column(
        definition.name,
        definition.label,
        "number" if definition.kind in AMOUNTS else "text",
        sort=definition.name if definition.kind in SORTED else "",
        value=None if people else value,
        load=named if people else None,
        show=_shown_as_is if people else _shown_by(definition),
        plain=_shown_as_is if people else _plain_by(definition),
        needs=("properties", "currency") if priced else ("properties",),
        default=False,
        edit=definition.name,
    )


def _shown_as_is(value: Any, _record: Any) -> Any:
    return value


def _shown_by(definition: Definition) -> Callable[[Any, Any], Any]:
    def show(value: Any, record: Any) -> str:
        return display(definition, value, currency=currency_of(record))

    return show


def _plain_by(definition: Definition) -> Callable[[Any, Any], Any]:
    def plain(value: Any, record: Any) -> Any:
        if definition.kind in (PropertyKind.CHOICE, PropertyKind.CHOICES):
            return display(definition, value) or None
        return typed(definition.kind, value)

    return plain


def chips(object_type: str, shown: Sequence[str]) -> list[Chip]:
    """The controls for the custom properties among the shown columns, of those kinds that have a simple one."""
    found = []
    for definition in definitions(object_type):
        kind = _chip_kind(definition)
        if kind and definition.name in shown:
            choices = _options(definition) if kind == "options" else ()
            found.append(Chip(definition.name, definition.label, kind, choices, icon="list-details"))
    return found


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


def chosen_in(query: QueryDict, object_type: str) -> dict[str, list[str]]:
    """The filters by custom properties in an address, by name."""
    found = {each.name: [v for v in query.getlist(each.name) if v not in EMPTY] for each in definitions(object_type)}
    return {name: values for name, values in found.items() if values}


def fitting(query: QueryDict, object_type: str) -> tuple[Q, list[str]]:
    """The address' filters by custom properties, and a sentence for each that can't be followed (and is left out)."""
    wanted, problems = Q(), []
    known = {each.name: each for each in definitions(object_type)}
    for name, values in chosen_in(query, object_type).items():
        definition = known[name]
        if definition.kind in CHOSEN:
            wanted &= _holding(definition, values)
            continue
        condition = _condition(definition, values)
        if condition["op"] == "range" and too_slow(definition, object_type):
            problems.append(slow_words(definition))
            continue
        try:
            wanted &= compile_conditions(condition, {name: field_of(definition)})
        except BadCondition as problem:
            problems.append(str(problem))
    return wanted, problems


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


def sorted_by(rows: QuerySet[Any], name: str, object_type: str) -> tuple[QuerySet[Any], str, str]:
    """``rows`` ready to be sorted by a custom property: (rows, key for paging, a problem).

    The key is empty where there is none of that name, or one by which this list can't be sorted.
    """
    wanted = next((each for each in definitions(object_type) if each.name == name), None)
    if wanted is None or wanted.kind not in SORTED:
        return rows, "", ""
    if too_slow(wanted, object_type):
        return rows, "", slow_words(wanted)
    key = f"property_{wanted.id}"
    return rows.annotate(**{key: value_of(wanted)}), key, ""


def too_slow(definition: Definition, object_type: str) -> bool:
    """Whether this property is not indexed and the table is too big for that."""
    return not definition.indexed and usage.is_big(object_type)


def slow_words(definition: Definition) -> str:
    """Why a list does not sort or filter by a property."""
    text = _("This list is too long to sort or filter by range by “%s”. An admin can mark it as fast in the settings.")
    return text % definition.label
