"""Where people were named lately, for their home page."""

from dataclasses import dataclass
from typing import Any

from core import recent
from core.models import Event
from crm.models import Activity

SHOWN = 8


@dataclass(frozen=True)
class Mention:
    """A note that names the reader, who wrote it, and the record on which it stands."""

    event: Event
    activity: Activity
    record: Any


def latest(user: Any) -> list[Mention]:
    """The newest notes that name ``user`` and are still there: two statements, and one for each kind of record."""
    events = Event.objects.filter(name="user.mentioned", links__object_type="user", links__object_id=user.pk)
    found = list(events.select_related("actor").order_by("-pk")[:SHOWN])
    told = Activity.objects.filter(deleted_at=None).in_bulk([event.data["activity"] for event in found])
    sources = {source.object_type: source for source in recent.sources_for(user)} if told else {}
    ids: dict[str, list[int]] = {}
    for event in found:
        if event.data["kind"] in sources:
            ids.setdefault(event.data["kind"], []).append(event.data["id"])
    hits = {kind: sources[kind].lines(user, wanted) for kind, wanted in ids.items()}
    mentions = [
        (event, told.get(event.data["activity"]), hits.get(event.data["kind"], {}).get(event.data["id"]))
        for event in found
    ]
    return [Mention(event, activity, record) for event, activity, record in mentions if activity and record]
