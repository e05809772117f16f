"""What others, customers and accounting changed since the last working day."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from core import company, recent, registry
from core.finding import Hit
from core.models import Event

OF_EACH = 10  # of one kind of event: a thousand invoices that are brought at once do not hide the rest
SHOWN = 12


@dataclass(frozen=True)
class News:
    """Something that happened, and the record that it happened to."""

    event: Event
    sentence: str
    icon: str
    record: Hit


@dataclass(frozen=True)
class Since:
    """The newest first; ``more`` are not shown."""

    begins: datetime.datetime
    lines: Sequence[News]
    more: bool


def beginning() -> datetime.datetime:
    """When the last working day before today began where the company is."""
    day = company.today() - datetime.timedelta(days=1)
    for _days in range(7):
        if company.works_on(day):
            break
        day -= datetime.timedelta(days=1)
    return datetime.datetime.combine(day, datetime.time(), company.zone())


def since_last_working_day(user: Any) -> Since:
    """What happened by others than ``user``: one statement for the events, one for each kind of record."""
    begins = beginning()
    names = [name for name, needed in registry.notable_events.items() if not needed or user.has_perm(needed)]
    # The newest of each name come from one index, however many events of other names lie between.
    newest = [Event.objects.filter(name=name).order_by("-pk")[:OF_EACH] for name in names]
    found = list(newest[0].union(*newest[1:], all=True)) if newest else []
    fresh = [event for event in found if event.occurred_at >= begins and event.actor_id != user.pk]
    fresh.sort(key=lambda event: event.pk, reverse=True)
    lines = _with_records(user, fresh)
    return Since(timezone.localtime(begins, company.zone()), lines[:SHOWN], len(lines) > SHOWN)


def _with_records(user: Any, events: Sequence[Event]) -> list[News]:
    """Events whose record ``user`` may see, each record once: what happened to it last."""
    sources = {source.object_type: source for source in recent.sources_for(user)}
    latest: dict[tuple[str, int], Event] = {}
    for event in events:
        if event.object_type in sources:
            latest.setdefault((event.object_type, event.object_id), event)
    ids: dict[str, list[int]] = {}
    for object_type, pk in latest:
        ids.setdefault(object_type, []).append(pk)
    hits = {kind: sources[kind].lines_for(user, wanted) for kind, wanted in ids.items()}
    people = {person.pk: person for person in _actors(latest.values())}
    lines = []
    for (object_type, pk), event in latest.items():
        kind = registry.event_kinds.get(event.name)
        record = hits[object_type].get(pk)
        if kind is None or record is None:
            continue
        event.actor = people.get(event.actor_id)
        lines.append(News(event, kind.sentence(event), kind.icon, record))
    return lines


def _actors(events: Any) -> Sequence[Any]:
    ids = {event.actor_id for event in events if event.actor_id}
    model: Any = Event._meta.get_field("actor").related_model
    return list(model.objects.filter(pk__in=ids)) if ids else []
