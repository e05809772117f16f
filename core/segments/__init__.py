"""Segments: saved sets of records, live by conditions or static by hand. This is the public interface for reading.

``offer(object_type)`` makes segments of a kind of record possible; then conditions about it know the property
``segments`` ("Segments has any of"). ``core.services.segments`` changes them.
"""

from core.segments.reading import choices_for, members_among, offer, offered, references, rows_of, segment_for, usable

__all__ = [
    "choices_for",
    "members_among",
    "offer",
    "offered",
    "references",
    "rows_of",
    "segment_for",
    "usable",
]
