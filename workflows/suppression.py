"""Suppression lists: segments whose members a workflow leaves alone."""

from collections.abc import Collection, Sequence


def suppressed(segment_ids: Sequence[int], object_type: str, ids: Collection[int]) -> set[int]:
    """Those of ``ids`` that are in one of the segments."""
    return set()
