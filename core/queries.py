"""Reads of core: the timeline of a record."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from core import registry
from core.models import Event, EventLink, Origin


@dataclass(frozen=True)
class TimelineEntry:
    """A line of a timeline, ready to print."""

    event: Event
    sentence: str
    icon: str
    kind: str


def timeline(object_type: str, object_id: int, *, before: int | None = None, size: int = 25) -> list[TimelineEntry]:
    """The newest entries of a record's timeline, older than event ``before``; events nobody prints are left out."""
    links = EventLink.objects.filter(object_type=object_type, object_id=object_id)
    if before is not None:
        links = links.filter(event_id__lt=before)
    links = links.filter(event__name__in=list(registry.event_kinds)).select_related("event__actor")
    return entries([link.event for link in links.order_by("-event_id")[:size]])


def entries(events: Sequence[Event]) -> list[TimelineEntry]:
    """Events with their sentences."""
    lines = []
    for event in events:
        kind: Any = registry.event_kinds[event.name]
        sentence = kind.sentence(event)
        if event.origin == Origin.API:
            sentence = _("%s, through the API") % sentence
        lines.append(TimelineEntry(event, sentence, kind.icon, kind.kind))
    return lines
