"""The segments of a list as a filter of its own: a chip over the rows, ``segment=…`` in the address."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.db.models import F, Q, QuerySet, Value
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from core.conditions import BadCondition, compile_conditions
from core.models import Segment
from core.segments.reading import offered, usable, within
from core.tables.described import Chip

NAME = "segment"


def names(object_type: str) -> list[str]:
    """The names of such filters: one for records that segments are made of, none for others."""
    return [NAME] if object_type in offered else []


def chips(object_type: str, chosen: Mapping[str, Sequence[str]]) -> list[Chip]:
    """The control; a segment that was archived since stays among the choices while it is chosen."""
    held = [int(value) for value in chosen.get(NAME, ()) if value.isdecimal() and len(value) < 19]
    options = partial(_options, object_type, held)
    return [Chip(name, _("Segment"), options=options, at_least=1, icon="target") for name in names(object_type)]


def _options(object_type: str, held: Sequence[int], user: Any) -> QuerySet[Any]:
    rows = usable(object_type, user)
    if held:
        rows = rows | Segment.objects.filter(object_type=object_type, pk__in=held)
    return rows.annotate(label=F("name"), place=Value(0))


def fitting(query: QueryDict, object_type: str, user: Any) -> tuple[Q, list[str]]:
    """The rows in one of the chosen segments, and a sentence where that can't be followed (and is left out)."""
    chosen = [value for value in query.getlist(NAME) if value]
    if not chosen or object_type not in offered:
        return Q(), []
    try:
        return compile_conditions(within(chosen), object_type, user=user), []
    except BadCondition as problem:
        return Q(), [str(problem)]
