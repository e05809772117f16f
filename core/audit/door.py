"""The few ways in which a written event may be touched. The database refuses every other one (core/audit/keeping.py).

It keeps out mistakes, and code that does not say what it is for. Who owns the database can switch a trigger off: a
copy that the operator of the database can't reach either is an export.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from django.db import connection, transaction

from core.models import Event

SETTING = "core.audit_door"
FORGOTTEN = "forgotten"


class Door(StrEnum):
    """What for: ``retention`` deletes, ``forgetting`` empties what was said, ``dating`` moves made-up events back."""

    RETENTION = "retention"
    FORGETTING = "forgetting"
    DATING = "dating"


@contextmanager
def opened(door: Door) -> Iterator[None]:
    """Inside, in one transaction, events may be touched in this way."""
    with transaction.atomic():
        _set(door)
        yield
        _set("")


def _set(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, value])


def say_again(data_by_event: Sequence[tuple[int, dict[str, Any]]]) -> None:
    """Let events say less than they did, because somebody has a right to that."""
    with opened(Door.FORGETTING):
        Event.objects.bulk_update([Event(pk=pk, data=data) for pk, data in data_by_event], ["data"], batch_size=500)


def forget(object_type: str, object_id: int, *, title: str) -> int:
    """Empty all that events said of a record that is deleted for good; how many those were.

    The lines stay: when, who, what kind of change, through which channel. Events of others that are about the record
    as well keep what they say but for its name.
    """
    linked = Event.objects.filter(links__object_type=object_type, links__object_id=object_id).distinct()
    told: list[tuple[int, dict[str, Any]]] = []
    for event in linked.only("pk", "object_type", "object_id", "data").order_by("pk"):
        own = (event.object_type, event.object_id) == (object_type, object_id)
        data = {FORGOTTEN: True} if own else without(event.data, title)
        if data != event.data:
            told.append((event.pk, data))
    say_again(told)
    return len(told)


def without(value: Any, title: str) -> Any:
    """``value`` with every text that is ``title`` taken out."""
    if isinstance(value, dict):
        return {name: without(each, title) for name, each in value.items()}
    if isinstance(value, list):
        return [without(each, title) for each in value]
    return "" if title and value == title else value
