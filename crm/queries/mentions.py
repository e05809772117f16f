"""Where people were named lately, for their home page."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q

from core import recent
from core.models import Event
from crm.models import Activity

SHOWN = 8
OFFERED = 8


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
    hits = {kind: sources[kind].lines_for(user, wanted) for kind, wanted in ids.items()}
    mentions = [
        (event, told.get(event.data["activity"]), hits.get(event.data["kind"], {}).get(event.data["id"]))
        for event in found
    ]
    return [Mention(event, activity, record) for event, activity, record in mentions if activity and record]


def choices(user: Any, typed: str) -> list[tuple[Any, str]]:
    """Active colleagues who may be meant by what follows an “@”, and what stands for each; one statement.

    That is the name, or the e-mail address of whoever shares a name or has none.
    """
    active = get_user_model()._default_manager.filter(is_active=True)
    shared = Exists(active.filter(name=OuterRef("name")).exclude(pk=OuterRef("pk")))
    begins = Q(name__istartswith=typed) | Q(name__icontains=f" {typed}") | Q(email__istartswith=typed)
    found = active.filter(begins).exclude(pk=user.pk).annotate(shared=shared).order_by("name", "email")
    return [(person, person.email if person.shared or not person.name else person.name) for person in found[:OFFERED]]
