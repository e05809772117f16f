"""Which records are in a segment, and segments as a property in conditions."""

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property, partial
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from core import company
from core import registry as pages
from core.conditions import BadCondition, Condition, Field, StandIn, compile_conditions, registry
from core.models import Segment, SegmentMember

PROPERTY = "segments"
# The kinds of records that segments are made of, in the order in which they are offered.
offered: list[str] = []


def offer(object_type: str) -> None:
    """Let people make segments of a kind of record; called by the app that has it."""
    offered.append(object_type)
    pages.record_cards.append(
        pages.RecordCard(
            object_type,
            PROPERTY,
            _("Segments"),
            f"segments:{object_type}-card",
            order=70,
            permission=registry.objects[object_type].permission,
        )
    )
    options = partial(_options, object_type)
    meaning = partial(_stand_ins, object_type)
    group = _("Segments")
    registry.add_fields(
        object_type,
        Field(
            PROPERTY,
            _("Segments"),
            "multi_choice",
            options=options,
            options_by_object=_all_options,
            group=group,
            stands_for=meaning,
        ),
    )


def usable(object_type: str = "", user: Any = None) -> QuerySet[Segment]:
    """The segments that are not archived, of kinds of records that ``user`` may see (None: all)."""
    kinds = [name for name in offered if registry.may_use(name, user)]
    found = Segment.objects.filter(archived_at=None, object_type__in=[object_type] if object_type else kinds)
    return found.filter(object_type__in=kinds).order_by("name", "pk")


def choices_for(object_type: str, user: Any = None, *, static: bool | None = None) -> list[tuple[str, str]]:
    """Id and name of the segments of a kind of record; ``static`` ones alone, or live ones alone."""
    found = usable(object_type, user)
    if static is not None:
        found = found.filter(kind="static" if static else "live")
    return [(str(pk), name) for pk, name in found.values_list("pk", "name")]


def segment_for(pk: Any, object_type: str) -> Segment | None:
    """A segment of a kind of record by its id, archived or not; None where there is none."""
    text = str(pk)
    if not text.isdecimal() or len(text) > 18:
        return None
    return Segment.objects.filter(pk=int(text), object_type=object_type).first()


def rows_of(segment: Segment, user: Any = None) -> Any:
    """The records of a segment that count and that ``user`` may see (None: all). Raises BadCondition."""
    known = registry.objects[segment.object_type]
    rows = known.model._default_manager.all() if user is None else known.visible_to(user)
    wanted = compile_conditions(within([str(segment.pk)]), segment.object_type, user=user, zone=_zone(user))
    return rows.filter(known.counted).filter(wanted)


def members_among(segment_ids: Iterable[int], object_type: str, ids: Collection[int]) -> set[int]:
    """Those of ``ids`` that are in at least one of the segments; one that can't be read any more holds none."""
    found: set[int] = set()
    model = registry.objects[object_type].model
    for segment in Segment.objects.filter(pk__in=list(segment_ids), object_type=object_type):
        try:
            wanted = compile_conditions(within([str(segment.pk)]), object_type, zone=_zone(None))
        except BadCondition:
            continue
        rows = model._default_manager.filter(wanted, pk__in=list(ids))
        found |= set(rows.order_by().values_list("pk", flat=True))
    return found


def references(condition: Any) -> set[int]:
    """The segments that a condition names anywhere, as far as it can be read."""
    if isinstance(condition, list):
        return {pk for part in condition for pk in references(part)}
    if not isinstance(condition, Mapping):
        return set()
    name = condition.get("field")
    if isinstance(name, str) and name.rpartition(".")[2] == PROPERTY:
        values = condition.get("value")
        listed = values if isinstance(values, list) else [values]
        return {int(each) for each in map(str, listed) if each.isdecimal() and len(each) < 19}
    return {pk for part in condition.values() for pk in references(part)}


def within(keys: Collection[str]) -> Condition:
    """The condition that a record is in one of the segments with these ids."""
    return {"field": PROPERTY, "op": "has_any", "value": list(keys)}


def _zone(user: Any) -> Any:
    """Without a reader it is the company's day."""
    return None if user is not None else company.zone()


def _options(object_type: str, user: Any) -> list[tuple[str, str]]:
    return choices_for(object_type, user)


def _all_options(user: Any) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for pk, name, object_type in usable("", user).values_list("pk", "name", "object_type"):
        found.setdefault(object_type, []).append((str(pk), name))
    return found


def _stand_ins(object_type: str, keys: tuple[str, ...]) -> dict[str, StandIn]:
    ids = [int(key) for key in keys if key.isdecimal() and len(key) < 19]
    return {str(each.pk): _stand_in(each) for each in Segment.objects.filter(pk__in=ids, object_type=object_type)}


def _stand_in(segment: Segment) -> StandIn:
    if not segment.static:
        return StandIn(segment.name, segment.conditions)
    members = _Members(segment.pk)
    # The id is what both interpreters have of a record whatever they are about.
    contained = Field(
        f"segment:{segment.pk}", segment.name, "checkbox", expression=members.exists, read=members.holds, loads=("pk",)
    )
    return StandIn(segment.name, field=contained)


class _Members:
    """The members of a static segment, for one reading of a condition."""

    def __init__(self, segment_id: int) -> None:
        self.rows = SegmentMember.objects.filter(segment=segment_id).order_by()

    def exists(self, prefix: str) -> Exists:
        return Exists(self.rows.filter(object_id=OuterRef(f"{prefix}pk")))

    @cached_property
    def ids(self) -> frozenset[int]:
        return frozenset(self.rows.values_list("object_id", flat=True))

    def holds(self, values: Mapping[str, Any]) -> bool:
        return values.get("pk") in self.ids
