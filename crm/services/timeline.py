"""What people write on a record's timeline."""

from typing import Any

from core.access import needs
from crm.models import Activity, ActivityKind
from crm.models.records import Record
from crm.services import activities
from crm.services.activities import EmptyActivity as EmptyNote
from crm.services.activities import TooLong as NoteTooLong

LONGEST_NOTE = activities.LONGEST_BODY

__all__ = ["LONGEST_NOTE", "EmptyNote", "NoteTooLong", "add_note"]


@needs("crm.edit")
def add_note(record: Record, text: str, *, by: Any) -> Activity:
    """Write a note on the record's timeline, as plain text. Raises EmptyNote or NoteTooLong."""
    return activities.log([record], kind=ActivityKind.NOTE, by=by, body=text)
