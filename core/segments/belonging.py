"""Which segments a record is in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, Value

from core.conditions import BadCondition, compile_conditions, registry
from core.models import Segment, SegmentMember
from core.segments.reading import usable


@dataclass(frozen=True)
class Belonging:
    """The segments that a record is in, and the static ones that it could be put into, by name."""

    held: Sequence[Segment]
    others: Sequence[Segment]


def belonging(object_type: str, pk: int, user: Any) -> Belonging:
    """The segments of a record as ``user`` may know them: all live ones are asked in one statement."""
    known, every = registry.objects[object_type], list(usable(object_type, user))
    members = SegmentMember.objects.filter(object_type=object_type, object_id=pk).order_by()
    asked = [members.values_list("segment_id", flat=True)]
    rows = known.model._default_manager.filter(known.counted, pk=pk).order_by()
    for segment in every:
        if segment.static:
            continue
        try:
            wanted = compile_conditions(segment.conditions, object_type, user=user)
        except BadCondition:  # what it asks about is gone, or not for this reader
            continue
        asked.append(rows.filter(wanted).values_list(Value(segment.pk, output_field=BigIntegerField()), flat=True))
    within = set(asked[0].union(*asked[1:], all=True) if len(asked) > 1 else asked[0])
    held = [segment for segment in every if segment.pk in within]
    return Belonging(held, [segment for segment in every if segment.static and segment.pk not in within])
