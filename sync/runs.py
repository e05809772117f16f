"""The history of what was read of a company: each read that brought something, and what it changed here."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from core import registry
from core.models import Event, EventLink, Origin
from core.queries import TimelineEntry, entries
from qbo_connector.enums import Cause
from qbo_connector.models import Connection
from sync.models import Link

CHANGED = "mirror.changed"
SHOWN = 10
CHANGES_SHOWN = 50
# What the cause of a read is called, and the entities that readers know under another name.
_REFERENCE = "reference"


@dataclass(frozen=True)
class Run:
    """One read that brought something. ``what`` is how many objects of each entity are new or changed."""

    event_id: int
    at: datetime.datetime
    cause: str
    what: str


def of(connection: Connection) -> list[Run]:
    """The latest reads that brought something, in one statement."""
    links = EventLink.objects.filter(object_type="connection", object_id=connection.pk)
    rows = links.filter(event__name=CHANGED, event__data__has_key="changed").select_related("event")
    return [_run(row.event) for row in rows.order_by("-event_id")[:SHOWN]]


def _run(event: Event) -> Run:
    cause = event.data.get("cause", "")
    label = str(Cause(cause).label) if cause in Cause else cause
    return Run(event.pk, event.occurred_at, label, _words(event.data["changed"]))


def _words(changed: Mapping[str, int]) -> str:
    """“Customer: 3 · Invoice: 1”."""
    named = {_("lists such as tax codes") if name == _REFERENCE else name: count for name, count in changed.items()}
    return " · ".join(f"{name}: {count:,}" for name, count in named.items())


def changes(connection: Connection, event_id: int) -> Sequence[TimelineEntry]:
    """What the sync changed here from one read to the next, in this company's records; the first fifty."""
    later = EventLink.objects.filter(object_type="connection", object_id=connection.pk, event_id__gt=event_id)
    later = later.filter(event__name=CHANGED, event__data__has_key="changed").order_by("event_id")
    end = later.values_list("event_id", flat=True).first()
    mine = Link.objects.filter(
        connection=connection, object_type=OuterRef("object_type"), object_id=OuterRef("object_id")
    )
    rows = Event.objects.filter(Exists(mine), pk__gt=event_id, origin=Origin.SYNC, name__in=list(registry.event_kinds))
    if end is not None:
        rows = rows.filter(pk__lt=end)
    return entries(list(rows.select_related("actor").order_by("pk")[:CHANGES_SHOWN]))
