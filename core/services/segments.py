"""Changes of segments: make, change, archive, restore, put records into static ones and take them out."""

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import needs
from core.audit import differences
from core.conditions import registry
from core.conditions.language import problems_of, setting
from core.events import Draft, emit_many
from core.models import Origin, Segment, SegmentKind, SegmentMember
from core.segments.reading import offered, references

LONGEST_NAME = 120


class BadSegment(ValueError):
    """The segment can't be like this; the message says why, ``field`` where."""

    def __init__(self, sentence: str, field: str = "name") -> None:
        super().__init__(sentence)
        self.field = field


@needs("crm.edit")
@transaction.atomic
def create(
    *, name: str, object_type: str, kind: str = SegmentKind.LIVE, conditions: Any = None, description: str = "", by: Any
) -> Segment:
    """A new segment. Raises BadSegment."""
    if object_type not in offered:
        raise BadSegment(_("There are no segments of such records."), "object_type")
    if kind not in SegmentKind.values:
        raise BadSegment(_("Choose how records come into it."), "kind")
    segment = Segment(object_type=object_type, kind=kind, owner=by)
    _write(segment, name=name, description=description, conditions=conditions or {})
    _tell("segment.created", segment, by=by)
    return segment


@needs("crm.edit")
@transaction.atomic
def change(segment: Segment, *, name: str, description: str = "", conditions: Any = None, by: Any) -> Segment:
    """Other words, or other conditions of a live one. Raises BadSegment."""
    locked = Segment.objects.select_for_update(of=("self",)).get(pk=segment.pk)
    before = differences.values_of(locked, ("name", "description", "conditions"))
    _write(locked, name=name, description=description, conditions=conditions or {})
    if changes := differences.since(before, locked):
        _tell("segment.changed", locked, by=by, changes=changes)
    return locked


def _write(segment: Segment, *, name: str, description: str, conditions: Any) -> None:
    segment.name, segment.description = " ".join(name.split()), description.strip()
    if not segment.name:
        raise BadSegment(_("Give the segment a name."))
    if len(segment.name) > LONGEST_NAME:
        raise BadSegment(_("The name may have at most %d characters.") % LONGEST_NAME)
    segment.conditions = {} if segment.static else conditions
    if not segment.static:
        _check(segment)
    segment.updated_at = timezone.now()
    try:
        with transaction.atomic():
            segment.save()
    except IntegrityError as error:
        raise BadSegment(_("There is a segment with this name already.")) from error


def _check(segment: Segment) -> None:
    """A segment means the same for everybody, and never leads back to itself. Raises BadSegment."""
    asked = {key: part for key, part in segment.conditions.items() if key != "version"}
    if asked in ({}, {"all": []}):
        raise BadSegment(_("Say which records belong to it."), "conditions")
    problems = problems_of(segment.conditions, segment.object_type, setting(strict=True))
    if problems:
        raise BadSegment(str(problems[0]), "conditions")
    seen: set[int] = set()
    waiting = references(segment.conditions)
    while waiting:
        if segment.pk in waiting:
            raise BadSegment(_("A segment can't refer to itself, not even by way of another one."), "conditions")
        seen |= waiting
        held = Segment.objects.filter(pk__in=waiting).values_list("conditions", flat=True)
        waiting = {pk for each in held for pk in references(each)} - seen


@needs("crm.edit")
@transaction.atomic
def archive(segment: Segment, *, by: Any) -> None:
    """Offer it no more; where it is used it goes on to work."""
    if Segment.objects.filter(pk=segment.pk, archived_at=None).update(archived_at=timezone.now()):
        _tell("segment.archived", segment, by=by)


@needs("crm.edit")
@transaction.atomic
def restore(segment: Segment, *, by: Any) -> None:
    """Offer an archived one again. Raises BadSegment when its name is taken meanwhile."""
    taken = Segment.objects.filter(object_type=segment.object_type, name__iexact=segment.name, archived_at=None)
    if taken.exclude(pk=segment.pk).exists():
        raise BadSegment(_("There is a segment with this name already."))
    if Segment.objects.filter(pk=segment.pk, archived_at__isnull=False).update(archived_at=None):
        _tell("segment.restored", segment, by=by)


@needs("crm.edit")
@transaction.atomic
def add(segment: Segment, ids: Iterable[int], *, by: Any = None, origin: Origin | None = None) -> set[int]:
    """Put records into a static segment; returns the ids that were not in it. Raises BadSegment for a live one."""
    locked = _static(segment)
    wanted = set(ids)
    there = registry.objects[locked.object_type].model._default_manager.filter(pk__in=wanted)
    known = set(there.order_by().values_list("pk", flat=True))
    held = set(locked.members.filter(object_id__in=known).values_list("object_id", flat=True))
    new = sorted(known - held)
    SegmentMember.objects.bulk_create(
        SegmentMember(segment=locked, object_type=locked.object_type, object_id=pk, by=by) for pk in new
    )
    _tell_records("segment.joined", locked, new, by=by, origin=origin)
    return set(new)


@needs("crm.edit")
@transaction.atomic
def remove(segment: Segment, ids: Iterable[int], *, by: Any = None, origin: Origin | None = None) -> set[int]:
    """Take records out of a static segment; returns the ids that were in it. Raises BadSegment for a live one."""
    locked = _static(segment)
    members = locked.members.filter(object_id__in=set(ids))
    held = sorted(members.values_list("object_id", flat=True))
    members.delete()
    _tell_records("segment.left", locked, held, by=by, origin=origin)
    return set(held)


def _static(segment: Segment) -> Segment:
    """The segment, locked: two that add at once would both find a record missing."""
    locked = Segment.objects.select_for_update(of=("self",)).get(pk=segment.pk)
    if not locked.static:
        raise BadSegment(_("“%s” is made by conditions: change the records or its conditions.") % locked.name)
    return locked


def _origin(by: Any, origin: Origin | None) -> Origin:
    return origin or (Origin.PERSON if by is not None else Origin.SYSTEM)


def _tell(name: str, segment: Segment, *, by: Any, **more: Any) -> None:
    emit_many(
        [Draft(name, "segment", segment.pk, data={"name": segment.name, **more})], by=by, origin=_origin(by, None)
    )


def _tell_records(name: str, segment: Segment, ids: list[int], *, by: Any, origin: Origin | None) -> None:
    data = {"segment": segment.pk, "name": segment.name}
    drafts = [Draft(name, segment.object_type, pk, data=data) for pk in ids]
    if drafts:
        emit_many(drafts, by=by, origin=_origin(by, origin))
