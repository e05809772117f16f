"""Suppression lists: segments whose members a workflow leaves alone."""

from collections.abc import Collection, Sequence

from core.segments.reading import rows_of, segment_for


def suppressed(segment_ids: Sequence[int], object_type: str, ids: Collection[int]) -> set[int]:
    """Those of ``ids`` that are in one of the segments. Raises BadCondition for a segment that can't be read."""
    found: set[int] = set()
    for pk in segment_ids if ids else ():
        segment = segment_for(pk, object_type)
        if segment is not None:
            found |= set(rows_of(segment).filter(pk__in=list(ids)).values_list("pk", flat=True))
    return found
