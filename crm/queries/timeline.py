"""The timeline of a record, from newest to oldest: what happened (events) and what people did (activities)."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import CharField, F, JSONField, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, JSONObject
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.visibility import sees_all
from core import registry
from core.conditions import registry as conditions
from core.models import Event, EventLink
from core.queries import TimelineEntry, entries
from crm.models import ActivityKind, ActivityLink, Direction, Outcome

SIZE = 20
MOST_PINNED = 10
KINDS: dict[str, str | Promise] = {
    "note": _("Notes"),
    "mail": _("E-mails"),
    "call": _("Calls"),
    "meeting": _("Meetings"),
    "task": _("Tasks"),
    "deal": _("Deal"),
    "invoice": _("Invoices"),
    "payment": _("Payments"),
    "file": _("Files"),
    "change": _("Changes"),
}
# The filter that shows activities of a kind.
FILTER_OF = {
    ActivityKind.NOTE: "note",
    ActivityKind.CALL: "call",
    ActivityKind.EMAIL: "mail",
    ActivityKind.MEETING: "meeting",
}
ICONS = {
    ActivityKind.NOTE: "note",
    ActivityKind.CALL: "phone",
    ActivityKind.EMAIL: "mail",
    ActivityKind.MEETING: "calendar-event",
}
# Told by the activity itself.
TOLD_OTHERWISE = {"note.added", "call.logged", "email.logged", "meeting.logged", "activity.changed"}
LARGEST_ID = 2**62
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class Stretch:
    """Some entries, and the id of the event before which older ones begin (0 at the end)."""

    entries: Sequence[TimelineEntry]
    older: int


@dataclass(frozen=True)
class Line:
    """A line of a record's timeline. ``said`` are the words of an activity, empty for what only happened."""

    at: datetime.datetime
    kind: str
    icon: str
    sentence: str
    actor: Any
    activity: int = 0
    said: dict[str, Any] = field(default_factory=dict)
    event: Event | None = None
    pinned: bool = False
    # The name of its day, where it is the first of it.
    day: str = ""


@dataclass(frozen=True)
class Place:
    """How far back a reader has come: in the events by id, in the activities by moment and id."""

    event: int = LARGEST_ID
    moment: datetime.datetime | None = None
    activity: int = LARGEST_ID
    day: str = ""

    def __str__(self) -> str:
        at = (self.moment - EPOCH) // datetime.timedelta(microseconds=1) if self.moment else 0
        return f"{self.event}.{at}.{self.activity}.{self.day}"

    @classmethod
    def read(cls, text: str) -> "Place":
        """What ``str`` gave; the beginning for anything else."""
        parts = text.split(".")
        numbers = [int(part) for part in parts[:3] if part.isdecimal() and len(part) < 20]
        if len(parts) != 4 or len(numbers) != 3 or max(numbers) > LARGEST_ID or numbers[1] > 10**17:
            return cls()
        event, at, activity = numbers
        moment = EPOCH + datetime.timedelta(microseconds=at)
        return cls(event, moment if at else None, activity, parts[3][:10])


@dataclass(frozen=True)
class Timeline:
    """A stretch of a record's timeline, what is pinned above it, and where older lines begin (None at the end)."""

    lines: Sequence[Line]
    pinned: Sequence[Line]
    older: Place | None


def kinds() -> list[tuple[str, str]]:
    """The kinds of entries that records of the CRM have, as (kind, label)."""
    known = {kind.kind for kind in registry.event_kinds.values()} | set(FILTER_OF.values())
    return [(kind, str(label)) for kind, label in KINDS.items() if kind in known]


def seen_by(user: Any, links: QuerySet[EventLink], object_type: str) -> QuerySet[EventLink]:
    """The links of a record's timeline to events about records that ``user`` may see, this one's own and others."""
    if sees_all(user):
        return links
    others = [name for name in conditions.objects if name != object_type]
    seen = ~Q(event__object_type__in=others)
    for name in others:
        if conditions.may_use(name, user):
            ids = conditions.objects[name].visible_to(user).order_by().values("pk")
            seen |= Q(event__object_type=name, event__object_id__in=ids)
    return links.filter(seen)


def stretch(
    user: Any, object_type: str, object_id: int, *, kind: str = "", before: int = 0, size: int = SIZE
) -> Stretch:
    """The newest events of a record's timeline, older than event ``before``, in one query: for other apps' records."""
    names = [name for name, known in registry.event_kinds.items() if kind in ("", known.kind)]
    links = EventLink.objects.filter(object_type=object_type, object_id=object_id, event__name__in=names)
    links = seen_by(user, links, object_type)
    if before:
        links = links.filter(event_id__lt=before)
    found = list(links.select_related("event__actor").order_by("-event_id")[: size + 1])
    more = len(found) > size
    shown = [link.event for link in found[:size]]
    return Stretch(entries(shown), shown[-1].pk if more else 0)


COLUMNS = ("part", "key", "at", "name", "origin", "of_type", "of_id", "data", "actor", "actor_name", "actor_email")


def of_record(
    user: Any,
    object_type: str,
    object_id: int,
    *,
    only: Sequence[str] = (),
    words: str = "",
    place: Place | None = None,
    size: int = SIZE,
) -> Timeline:
    """The newest lines of a record's timeline after ``place``, of the kinds ``only``, that hold ``words``.

    One statement. Pinned ones stand on top of the beginning, where nothing is filtered, and nowhere else there.
    """
    first, place = place is None, place or Place()
    apart = not only and not words
    parts = [_events(user, object_type, object_id, only, words, place)[: size + 1]]
    links = ActivityLink.objects.filter(object_type=object_type, object_id=object_id)
    chosen = [kind for kind, shown in FILTER_OF.items() if not only or shown in only]
    if chosen:
        past = _activities(links, "activity", chosen, words).filter(*_before(place))
        past = past.filter(pinned_at=None) if apart else past
        parts.append(past.order_by("-occurred_at", "-activity_id")[: size + 1])
    if first and apart:
        pinned = _activities(links.filter(pinned_at__isnull=False), "pinned", chosen, "")
        parts.append(pinned.order_by("-pinned_at")[:MOST_PINNED])
    found = list(parts[0].union(*parts[1:], all=True)) if len(parts) > 1 else list(parts[0])
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in found]
    shown, older = _merged(
        [row for row in rows if row["part"] == "event"], [row for row in rows if row["part"] == "activity"], place, size
    )
    lines = list(_with_days([_line(row) for row in shown], place.day))
    if older is not None and lines:
        older = Place(older.event, older.moment, older.activity, timezone.localdate(lines[-1].at).isoformat())
    return Timeline(lines, [_line(row) for row in rows if row["part"] == "pinned"], older)


def future(object_type: str, object_id: int, *, limit: int = 10) -> list[Line]:
    """Meetings of a record that are still to come, the next one first; one statement."""
    links = ActivityLink.objects.filter(object_type=object_type, object_id=object_id, occurred_at__gt=timezone.now())
    found = _activities(links, "activity", [ActivityKind.MEETING], "").order_by("occurred_at", "activity_id")
    return [_line(dict(zip(COLUMNS, row, strict=True))) for row in found[:limit]]


def _events(
    user: Any, object_type: str, object_id: int, only: Sequence[str], words: str, place: Place
) -> QuerySet[Any, Any]:
    names = [
        name
        for name, known in registry.event_kinds.items()
        if name not in TOLD_OTHERWISE and (not only or known.kind in only)
    ]
    links = EventLink.objects.filter(object_type=object_type, object_id=object_id, event__name__in=names)
    links = seen_by(user, links, object_type)
    if place.event < LARGEST_ID:
        links = links.filter(event_id__lt=place.event)
    if words:
        links = links.annotate(told=Cast("event__data", TextField())).filter(
            Q(told__icontains=words) | Q(event__actor__name__icontains=words)
        )
    return (
        links.order_by("-event_id")
        .annotate(
            part=Value("event"),
            key=F("event_id"),
            at=F("event__occurred_at"),
            name=F("event__name"),
            origin=F("event__origin"),
            of_type=F("event__object_type"),
            of_id=F("event__object_id"),
            data=F("event__data"),
            actor=F("event__actor_id"),
            actor_name=F("event__actor__name"),
            actor_email=F("event__actor__email"),
        )
        .values_list(*COLUMNS)
    )


def _activities(
    links: QuerySet[ActivityLink], part: str, chosen: Sequence[ActivityKind], words: str
) -> QuerySet[Any, Any]:
    links = links.filter(activity__deleted_at=None)
    if len(chosen) < len(FILTER_OF):
        links = links.filter(activity__kind__in=chosen)
    if words:
        held = ("subject", "body", "place", "sender", "recipients", "by__name")
        wanted = Q()
        for name in held:
            wanted |= Q(**{f"activity__{name}__icontains": words})
        links = links.filter(wanted)
    told = {
        name: f"activity__{name}"
        for name in ("subject", "body", "direction", "outcome", "place", "sender", "recipients", "edited_at")
    }
    said = JSONObject(
        **told,
        seconds="activity__duration_seconds",
        pinned="pinned_at",
        mail_state="activity__mail__state",
        mail_problem="activity__mail__problem",
    )
    return links.annotate(
        part=Value(part),
        key=F("activity_id"),
        at=F("occurred_at"),
        name=F("activity__kind"),
        origin=Value("person", output_field=CharField()),
        of_type=F("object_type"),
        of_id=F("object_id"),
        data=Cast(said, JSONField()),
        actor=F("activity__by_id"),
        actor_name=F("activity__by__name"),
        actor_email=F("activity__by__email"),
    ).values_list(*COLUMNS)


def _before(place: Place) -> list[Q]:
    """What has happened, older than where the reader is."""
    if place.moment is None:
        return [Q(occurred_at__lte=timezone.now())]
    earlier = Q(occurred_at__lt=place.moment) | Q(activity_id__lt=place.activity)
    return [Q(occurred_at__lte=place.moment), earlier]


def _merged(
    events: list[dict[str, Any]], activities: list[dict[str, Any]], place: Place, size: int
) -> tuple[list[dict[str, Any]], Place | None]:
    """The newest ``size`` of both, each in its own order, and where each of them was left off."""
    shown: list[dict[str, Any]] = []
    events, activities = list(reversed(events)), list(reversed(activities))
    event, moment, activity = place.event, place.moment, place.activity
    if moment is None:
        moment = timezone.now()
    while len(shown) < size and (events or activities):
        if events and (not activities or events[-1]["at"] >= activities[-1]["at"]):
            shown.append(events.pop())
            event = shown[-1]["key"]
        else:
            shown.append(activities.pop())
            moment, activity = shown[-1]["at"], shown[-1]["key"]
    return shown, Place(event, moment, activity) if events or activities else None


def _line(row: dict[str, Any]) -> Line:
    actor = None
    if row["actor"] is not None:
        actor = get_user_model()(pk=row["actor"], name=row["actor_name"], email=row["actor_email"])
    if row["part"] != "event":
        kind, data = ActivityKind(row["name"]), row["data"]
        sentence, facts = _words_of(kind, data, ahead=row["at"] > timezone.now())
        return Line(
            row["at"], FILTER_OF[kind], ICONS[kind], sentence, actor, activity=row["key"],
            said={"kind": str(kind), "facts": facts, **data}, pinned=data["pinned"] is not None,
        )  # fmt: skip
    event = Event(
        pk=row["key"], name=row["name"], occurred_at=row["at"], actor=actor, origin=row["origin"],
        object_type=row["of_type"], object_id=row["of_id"], data=row["data"],
    )  # fmt: skip
    (entry,) = entries([event])
    return Line(row["at"], entry.kind, entry.icon, entry.sentence, actor, event=event)


def _with_days(lines: Sequence[Line], told: str) -> Iterator[Line]:
    """The lines with the day at the first of each; ``told`` is the day under which the reader is already."""
    for line in lines:
        day = timezone.localdate(line.at)
        if day.isoformat() != told:
            told = day.isoformat()
            yield replace(line, day=_day_name(day))
        else:
            yield line


def _day_name(day: datetime.date) -> str:
    ago = (timezone.localdate() - day).days
    names = {0: gettext("Today"), 1: gettext("Yesterday")}
    return names.get(ago) or date_format(day, "DATE_FORMAT")


def _words_of(kind: ActivityKind, data: Mapping[str, Any], *, ahead: bool) -> tuple[str, tuple[str, ...]]:
    """What somebody did, behind the name, and short facts about it."""
    facts = []
    if kind == ActivityKind.NOTE:
        sentence = gettext("wrote a note")
    elif kind == ActivityKind.CALL:
        calls = {"in": gettext("took a call"), "out": gettext("called")}
        sentence = calls.get(data["direction"], gettext("logged a call"))
    elif kind == ActivityKind.EMAIL:
        sentence = gettext("logged an e-mail")
        if data["mail_state"]:
            sentence = gettext("sent an e-mail")
        elif data["direction"] == Direction.IN:
            sentence = gettext("got an e-mail")
        if data["sender"]:
            facts.append(gettext("from %s") % data["sender"])
        if data["recipients"]:
            facts.append(gettext("to %s") % data["recipients"])
    else:
        sentence = gettext("planned a meeting") if ahead else gettext("met")
    if data["outcome"] in Outcome.values:
        facts.append(str(Outcome(data["outcome"]).label))
    if data["seconds"]:
        facts.append(gettext("%d min") % max(1, round(data["seconds"] / 60)))
    if data["place"]:
        facts.append(data["place"])
    if data["edited_at"]:
        facts.append(gettext("edited"))
    return sentence, tuple(facts)
