"""What rows hold before many of them are changed: the values of one property, and how many rows have each."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import OperationalError
from django.db.models import Count, QuerySet
from django.db.models.fields.json import KeyTransform
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from core.money import formatted_number
from core.properties.shown import people_in
from core.properties.values import display
from core.tables.described import Table
from core.tables.editing import custom
from core.tables.totals import LIMIT_MS, limited

SHOWN = 6
LONGEST = 80


@dataclass(frozen=True)
class Present:
    """The most frequent values as (text, rows), empty text for no value; ``others`` are the rows with another one."""

    label: str
    values: Sequence[tuple[str, int]]
    others: int


def present(table: Table, rows: QuerySet[Any], name: str) -> Present | None:
    """What ``rows`` hold in a property; None for one that is no column, and where counting takes too long."""
    definition = custom(table, name)
    own = next((column for column in table.columns if column.edit == name), None)
    if definition is None and own is None:
        return None
    path = KeyTransform(definition.slot, "properties") if definition is not None else name
    every = rows.model._default_manager.filter(pk__in=rows.order_by().values("pk")).order_by()
    counted = every.values_list(path).annotate(number=Count("pk")).order_by("-number")
    try:
        with limited(LIMIT_MS):
            found = list(counted[: SHOWN + 1])
            total = sum(number for _value, number in found) if len(found) <= SHOWN else every.count()
    except OperationalError:
        return None
    found = found[:SHOWN]
    if definition is not None:
        people = people_in([definition], [{definition.slot: value} for value, _number in found])
        texts = [display(definition, value, people=people) for value, _number in found]
    else:
        texts = _texts(rows.model._meta.get_field(name), [value for value, _number in found])
    counts = [number for _value, number in found]
    values: dict[str, int] = {}
    for text, number in zip(texts, counts, strict=True):  # an empty text and none are the same to the reader
        values[text[:LONGEST]] = values.get(text[:LONGEST], 0) + number
    label = definition.label if definition is not None else str(own.label) if own is not None else ""
    return Present(label, list(values.items()), total - sum(counts))


def _texts(field: Any, values: Sequence[Any]) -> list[str]:
    if field.is_relation:
        related = field.related_model._default_manager.in_bulk([value for value in values if value is not None])
        return [str(related.get(value, "")) for value in values]
    choices = dict(field.flatchoices)
    return [str(choices[value]) if value in choices else _text(value) for value in values]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, Decimal):
        return formatted_number(value)
    if isinstance(value, datetime.datetime):
        return formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")
    return formats.date_format(value, "DATE_FORMAT") if isinstance(value, datetime.date) else str(value)
