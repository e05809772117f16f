"""Putting rows of a list into segments, and taking them out."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.conditions import BadCondition, from_address
from core.events import object_type_of
from core.models import Segment, SegmentKind
from core.segments.reading import choices_for, references, segment_for
from core.services import segments
from core.tables import Action, Outcome, Refused

L = gettext_lazy


def segment_actions(permission: str) -> tuple[Action, ...]:
    """What every list of records that segments are made of can do."""
    return (
        Action(
            "segment", L("Add to segment"), "table", _added, permission, many=_add, ask=AddForm, undo=_take_out
        ),
        Action(
            "segment-leave", L("Remove from segment"), "x", _removed, permission, many=_remove, ask=LeaveForm,
            undo=_put_back, offered=_within,
        ),
    )  # fmt: skip


class AddForm(forms.Form):
    """Which segment, or the name of a new one."""

    segment = forms.ChoiceField(label=L("Segment"), required=False)
    name = forms.CharField(label=L("Or the name of a new one"), max_length=segments.LONGEST_NAME, required=False)

    def __init__(self, data: Any = None, *, user: Any, object_type: str) -> None:
        super().__init__(data)
        field: Any = self.fields["segment"]
        field.choices = [("", _("A new segment")), *choices_for(object_type, user, static=True)]
        self.object_type = object_type

    def clean(self) -> dict[str, Any]:
        """One of the two has to be there."""
        found: dict[str, Any] = super().clean() or {}
        if not found.get("segment") and not (found.get("name") or "").strip():
            raise ValidationError(_("Choose a segment, or type the name of a new one."))
        return found

    def chosen(self) -> dict[str, Any]:
        """The segment's id, or the name of one to make."""
        return {"segment": self.cleaned_data["segment"], "name": " ".join(self.cleaned_data["name"].split())}


class LeaveForm(forms.Form):
    """Which segment."""

    segment = forms.ChoiceField(label=L("Segment"))

    def __init__(self, data: Any = None, *, user: Any, object_type: str) -> None:
        super().__init__(data)
        field: Any = self.fields["segment"]
        field.choices = choices_for(object_type, user, static=True)

    def chosen(self) -> dict[str, Any]:
        """The segment's id."""
        return {"segment": self.cleaned_data["segment"]}


def _segment(choice: Mapping[str, Any], object_type: str, by: Any) -> Segment:
    """The chosen one; a new one is made by the first slice, and found by its name by the next. Raises BadSegment."""
    if choice["segment"]:
        found = segment_for(choice["segment"], object_type)
        if found is None:
            raise segments.BadSegment(_("This segment is gone."))
        return found
    live = Segment.objects.filter(object_type=object_type, archived_at=None, name__iexact=choice["name"])
    return live.first() or segments.create(
        name=choice["name"], object_type=object_type, kind=SegmentKind.STATIC, by=by
    )  # fmt: skip


def _add(records: Sequence[Any], choice: Mapping[str, Any], by: Any) -> Outcome:
    try:
        segment = _segment(choice, object_type_of(records[0]), by)
        new = segments.add(segment, [record.pk for record in records], by=by)
    except segments.BadSegment as bad:
        return Outcome(refused={record.pk: str(bad) for record in records})
    return Outcome(done={record.pk: {"segment": segment.pk} if record.pk in new else None for record in records})


def _remove(records: Sequence[Any], choice: Mapping[str, Any], by: Any) -> Outcome:
    segment = segment_for(choice["segment"], object_type_of(records[0]))
    try:
        if segment is None:
            raise segments.BadSegment(_("This segment is gone."))
        left = segments.remove(segment, [record.pk for record in records], by=by)
    except segments.BadSegment as bad:
        return Outcome(refused={record.pk: str(bad) for record in records})
    return Outcome(done={record.pk: {"segment": segment.pk} if record.pk in left else None for record in records})


def _take_out(record: Any, before: Any, by: Any) -> None:
    _undo(segments.remove, record, before, by)


def _put_back(record: Any, before: Any, by: Any) -> None:
    _undo(segments.add, record, before, by)


def _undo(act: Any, record: Any, before: Any, by: Any) -> None:
    segment = segment_for(before["segment"], object_type_of(record))
    if segment is None or not act(segment, [record.pk], by=by):
        raise Refused(_("It has been changed since."))


def _within(query: QueryDict) -> bool:
    """Whether the list is narrowed to segments."""
    if any(query.getlist("segment")):
        return True
    try:
        return bool(references(from_address(query.get("where", ""))))
    except BadCondition:
        return False


def _added(count: int) -> str:
    return ngettext("%d record is in the segment.", "%d records are in the segment.", count) % count


def _removed(count: int) -> str:
    return ngettext("%d record is not in the segment any more.", "%d records have left the segment.", count) % count
