"""Reads of merges: where a merged record went, and the merges that can still be undone."""

import datetime
from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.visibility import sees_all
from crm.models import Merge, MergedRecord
from crm.queries import duplicates

KEPT = datetime.timedelta(days=30)
_LONGEST_WAY = 20


def winner_of(object_type: str, pk: int) -> int | None:
    """The record that a merged one is part of now, over any number of merges; None for one that was not merged."""
    here, found = pk, None
    for _step in range(_LONGEST_WAY):
        rows = MergedRecord.objects.filter(object_type=object_type, object_id=here, undone=False)
        step = rows.values_list("merge__winner_id", flat=True).first()
        if step is None:
            break
        here = found = step
    return found


def winners_of(object_type: str, ids: Iterable[int]) -> dict[int, int]:
    """The records that merged ones are part of now, over any number of merges; a statement for each of these."""
    at = {pk: pk for pk in ids}
    for _step in range(_LONGEST_WAY):
        rows = MergedRecord.objects.filter(object_type=object_type, object_id__in=set(at.values()), undone=False)
        step = dict(rows.values_list("object_id", "merge__winner_id"))
        if not step:
            break
        at = {pk: step.get(here, here) for pk, here in at.items()}
    return {pk: here for pk, here in at.items() if pk != here}


def merged_among(object_type: str, ids: Iterable[int]) -> set[int]:
    """Those of some records that are part of others now; one statement."""
    rows = MergedRecord.objects.filter(object_type=object_type, object_id__in=list(ids), undone=False)
    return set(rows.values_list("object_id", flat=True))


def visible_to(user: Any) -> QuerySet[Merge]:
    """The merges whose remaining record ``user`` may see."""
    if sees_all(user):
        return Merge.objects.all()
    seen = Q()
    for name, records_of in duplicates.SEEN.items():
        seen |= Q(object_type=name, winner_id__in=records_of(user).order_by().values("pk"))
    return Merge.objects.filter(seen)


def recent(user: Any) -> QuerySet[Merge]:
    """The merges of the last 30 days that ``user`` may see, undone ones too."""
    rows = visible_to(user).filter(merged_at__gt=timezone.now() - KEPT)
    return rows.select_related("by", "undone_by").prefetch_related("losers").defer("undo")


def may_undo(merge: Any) -> bool:
    """Whether it is not undone and not too long ago."""
    return merge.undone_at is None and merge.merged_at > timezone.now() - KEPT
