"""What people write on a record's timeline."""

from typing import Any

from django.db import transaction

from core.events import emit
from core.models import Event
from crm.models.records import Record

LONGEST_NOTE = 10_000


class EmptyNote(ValueError):
    """There is nothing to write down."""


class NoteTooLong(ValueError):
    """The note is longer than LONGEST_NOTE characters."""


@transaction.atomic
def add_note(record: Record, text: str, *, by: Any) -> Event:
    """Write a note on the record's timeline, as plain text. Raises EmptyNote or NoteTooLong."""
    cleaned = text.replace("\x00", "").strip()
    if not cleaned:
        raise EmptyNote
    if len(cleaned) > LONGEST_NOTE:
        raise NoteTooLong
    return emit("note.added", record, by=by, text=cleaned)
