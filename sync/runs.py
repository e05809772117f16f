"""The history of what was read of a company: reads that brought something, failed ones, and how many were idle."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from core import registry
from core.models import Event, EventLink, Origin
from core.queries import TimelineEntry, entries
from qbo_connector.enums import Cause
from qbo_connector.models import Connection, FailedRead
from sync.models import Link

CHANGED = "mirror.changed"
SHOWN = 10
CHANGES_SHOWN = 50
# What the cause of a read is called, and the entities that readers know under another name.
_REFERENCE = "reference"


@dataclass(frozen=True)
class Run:
    """One read that brought something, or several that failed alike one after the other.

    ``what`` is how many objects of each entity are new or changed, ``idle`` how many reads without change came before.
    Failed ones have no event; ``times`` says how many they are, ``since`` when the first was.
    """

    event_id: int | None
    at: datetime.datetime
    cause: str
    what: str
    idle: int = 0
    times: int = 1
    since: datetime.datetime | None = None

    @property
    def failed(self) -> bool:
        """Whether nothing could be read."""
        return self.event_id is None


def of(connection: Connection) -> list[Run]:
    """The latest reads that brought something or failed, in two statements."""
    links = EventLink.objects.filter(object_type="connection", object_id=connection.pk)
    rows = links.filter(event__name=CHANGED, event__data__has_key="changed").select_related("event")
    found = [_run(row.event) for row in rows.order_by("-event_id")[:SHOWN]]
    failed = FailedRead.objects.filter(connection=connection).order_by("-last_at")[:SHOWN]
    return sorted([*found, *map(_failed, failed)], key=lambda run: run.at, reverse=True)[:SHOWN]


def _run(event: Event) -> Run:
    data = event.data
    return Run(
        event.pk, event.occurred_at, _cause(data.get("cause", "")), _words(data["changed"]), idle=data.get("idle", 0)
    )


def _failed(row: FailedRead) -> Run:
    return Run(None, row.last_at, _cause(row.cause), row.problem, times=row.times, since=row.first_at)


def _cause(cause: str) -> str:
    return str(Cause(cause).label) if cause in Cause else cause


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
