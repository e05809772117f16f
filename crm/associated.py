"""What a record is associated with, ready to print, and the labels that fit two kinds of records."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.urls import reverse

from crm.kinds import KINDS, Kind
from crm.models import Association, AssociationLabel

MOST_SHOWN = 300
# These have a card of their own, which shows them beside the primary one.
APART = {("contact", "company"), ("company", "contact")}


@dataclass(frozen=True)
class Associated:
    """The record at the other end of an association, and what it is to this one."""

    pk: int
    kind: Kind
    record: Any
    label: str

    @property
    def url(self) -> str:
        """Its page."""
        return reverse(self.kind.detail_url, args=[self.record.pk])

    @property
    def detail(self) -> str:
        """What tells it from others of its name."""
        return str(getattr(self.record, "email", "") or getattr(self.record, "number", "") or self.kind.label)


def of_record(
    user: Any, object_type: str, pk: int, *, other: str = "", before: int = 0, limit: int = MOST_SHOWN
) -> tuple[list[Associated], int]:
    """The newest associations of a record that are not ``APART``, or those with records of the kind ``other``.

    With them comes the id before which older ones begin (0 at the end). One statement, and one for each kind.
    """
    there, back = Q(from_type=object_type, from_id=pk), Q(to_type=object_type, to_id=pk)
    if other:
        there, back = there & Q(to_type=other), back & Q(from_type=other)
    else:
        apart = [second for first, second in APART if first == object_type]
        there, back = there & ~Q(to_type__in=apart), back & ~Q(from_type__in=apart)
    rows = Association.objects.filter(there | back, removed_at=None).select_related("label").order_by("-pk")
    rows = rows.filter(pk__lt=before) if before else rows
    found = list(rows[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    ends = [_other_end(row, object_type, pk) for row in found]
    wanted: dict[str, set[int]] = {}
    for name, at, _from_first in ends:
        wanted.setdefault(name, set()).add(at)
    records = {
        (name, record.pk): record
        for name, ids in wanted.items()
        if name in KINDS
        for record in KINDS[name].visible_to(user).filter(pk__in=ids, archived_at=None)
    }
    shown = [
        Associated(row.pk, KINDS[name], records[name, at], row.label.told(from_first=ahead) if row.label else "")
        for row, (name, at, ahead) in zip(found, ends, strict=True)
        if (name, at) in records
    ]
    return shown, found[-1].pk if more else 0


def _other_end(row: Association, object_type: str, pk: int) -> tuple[str, int, bool]:
    ahead = (row.from_type, row.from_id) == (object_type, pk)
    return (row.to_type, row.to_id, True) if ahead else (row.from_type, row.from_id, False)


def labels_between(object_type: str, other: str) -> Sequence[tuple[str, str]]:
    """The labels for a record of one kind and another, as (value, words); ``12:back`` is told from the other one."""
    there, back = Q(from_type=object_type, to_type=other), Q(from_type=other, to_type=object_type)
    found = []
    for label in AssociationLabel.objects.filter(there | back):
        if label.from_type == object_type:
            found.append((str(label.pk), label.name))
        if label.to_type == object_type and (label.inverse or label.from_type != object_type):
            found.append((f"{label.pk}:back", label.inverse or label.name))
    return sorted(found, key=lambda pair: pair[1].casefold())


def named(user: Any, value: str) -> tuple[Kind, Any] | None:
    """The record that a form calls ``contact:12``, if the reader may see it and it is not archived."""
    name, _colon, pk = value.partition(":")
    if name not in KINDS or not pk.isdecimal() or len(pk) > 18:
        return None
    record = KINDS[name].visible_to(user).filter(pk=int(pk), archived_at=None).first()
    return None if record is None else (KINDS[name], record)
