"""Notes, calls, e-mails and meetings: write down, change, delete, pin, and put on the timelines of records."""

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import asks, needs, require, require_sight
from core.audit import door
from core.events import Draft, emit_many, object_type_of
from core.models import Event, Origin
from crm.models import Activity, ActivityKind, ActivityLink, Direction, Outcome
from crm.plain_text import plain_text, storable
from crm.services import mentions
from crm.services.changes import plain

FIELDS = (
    "subject", "body", "occurred_at", "duration_seconds", "direction", "outcome", "place", "sender", "recipients",
)  # fmt: skip
LONGEST_BODY = 10_000
LONGEST_SUBJECT = 300
LONGEST_DURATION = 7 * 24 * 3600
MOST_RECORDS = 30
# What the timeline tells from the activity itself, not from its event.
LOGGED = {
    ActivityKind.NOTE: "note.added",
    ActivityKind.CALL: "call.logged",
    ActivityKind.EMAIL: "email.logged",
    ActivityKind.MEETING: "meeting.logged",
}
Record = models.Model


class BadActivity(ValueError):
    """The activity can't be; the message says what to change, ``field`` where."""

    def __init__(self, message: str, field: str = "body") -> None:
        super().__init__(message)
        self.field = field


class EmptyActivity(BadActivity):
    """There is nothing to write down."""


class TooLong(BadActivity):
    """The text is longer than it may be."""


@needs("crm.edit")
@transaction.atomic
def log(
    records: Sequence[Record], *, kind: str, by: Any, mail: Any = None, origin: Origin | None = None, **fields: Any
) -> Activity:
    """Write down what was done with ``records``; it stands on the timelines of all. Raises BadActivity."""
    if not records:
        raise TypeError("an activity is about at least one record")
    activity = Activity(kind=ActivityKind(kind), by=by, mail=mail, **_checked(kind, fields))
    _complete(activity)
    activity.save(force_insert=True)
    shown_on = list(dict.fromkeys((object_type_of(record), record.pk) for record in records))[:MOST_RECORDS]
    _link(activity, shown_on)
    _tell(LOGGED[ActivityKind(activity.kind)], shown_on, _told(activity), by=by, origin=origin)
    # An e-mail names people by its addresses.
    if activity.kind != ActivityKind.EMAIL:
        mentions.tell(activity, shown_on, by=by)
    return activity


@transaction.atomic
def change(
    activity: Activity, *, by: Any, put_on: Sequence[Record] = (), take_off: Sequence[Record] = (), **fields: Any
) -> Activity:
    """Write what differs, and show it on further records or on some no longer. Raises BadActivity."""
    locked = Activity.objects.select_for_update(of=("self",)).get(pk=activity.pk)
    if locked.deleted_at is not None:
        raise BadActivity(_("It was deleted meanwhile."))
    _require_change(locked, by)
    given = _checked(locked.kind, fields)
    found = {name: (getattr(locked, name), value) for name, value in given.items() if getattr(locked, name) != value}
    for name, (_old, new) in found.items():
        setattr(locked, name, new)
    _complete(locked)
    if found:
        locked.edited_at = timezone.now()
        locked.save()
        locked.links.update(occurred_at=locked.occurred_at)
    held = set(locked.links.values_list("object_type", "object_id"))
    wanted = (held | _names(put_on)) - _names(take_off)
    if not wanted:
        raise BadActivity(_("Choose at least one record."), "records")
    for object_type, pk in held - wanted:
        locked.links.filter(object_type=object_type, object_id=pk).delete()
    _link(locked, sorted(wanted - held))
    if found or held != wanted:
        data = {"changes": {name: [plain(old), plain(new)] for name, (old, new) in found.items()}}
        _tell("activity.changed", sorted(held | wanted), {**_told(locked), **data}, by=by)
    if "body" in found and locked.kind != ActivityKind.EMAIL:
        mentions.tell(locked, sorted(wanted), by=by, before=found["body"][0])
    return locked


@transaction.atomic
def delete(activity: Activity, *, by: Any) -> None:
    """Forget what it said; the timelines keep a line that it was there."""
    locked = Activity.objects.select_for_update(of=("self",)).get(pk=activity.pk)
    if locked.deleted_at is not None:
        return
    _require_change(locked, by)
    shown_on = list(locked.links.values_list("object_type", "object_id"))
    _tell("activity.deleted", shown_on, {"kind": str(locked.kind), "activity": locked.pk}, by=by)
    Activity.objects.filter(pk=locked.pk).update(
        deleted_at=timezone.now(), subject="", body="", place="", sender="", recipients=""
    )
    locked.links.all().delete()
    _forget_words(locked.pk, shown_on)
    mentions.forget(locked.pk)


def _forget_words(pk: int, shown_on: Sequence[tuple[str, int]]) -> None:
    """Take what a deleted activity said out of its events as well."""
    names = [*LOGGED.values(), "activity.changed"]
    for kind, record in shown_on[:1]:
        events = Event.objects.filter(name__in=names, links__object_type=kind, links__object_id=record)
        kept = [
            (event.pk, {name: value for name, value in event.data.items() if name not in ("text", "title", "changes")})
            for event in events.filter(data__activity=pk)
        ]
        door.say_again(kept)


@transaction.atomic
def pin(activity: Activity, record: Record, *, pinned: bool) -> bool:
    """Keep an activity at the top of a record's timeline, or no longer; False when it does not stand there."""
    links = ActivityLink.objects.filter(activity=activity, object_type=object_type_of(record), object_id=record.pk)
    return bool(links.update(pinned_at=timezone.now() if pinned else None))


def may_change(activity: Activity, user: Any) -> bool:
    """Whoever wrote it, and those who may change what others wrote; what left as an e-mail changes no more."""
    if activity.deleted_at is not None or not user.has_perm("crm.edit"):
        return False
    return activity.by_id == user.pk or bool(user.has_perm("crm.edit_activities"))


def _require_change(activity: Activity, by: Any) -> None:
    if not asks(by):
        return
    require(by, "crm.edit")
    require_sight(by, [activity])
    if not may_change(activity, by):
        require(by, "crm.edit_activities")


def _names(records: Iterable[Record]) -> set[tuple[str, int]]:
    return {(object_type_of(record), record.pk) for record in records}


def _link(activity: Activity, records: Iterable[tuple[str, int]]) -> None:
    ActivityLink.objects.bulk_create(
        ActivityLink(activity=activity, object_type=kind, object_id=pk, occurred_at=activity.occurred_at)
        for kind, pk in records
    )


def _checked(kind: str, fields: dict[str, Any]) -> dict[str, Any]:
    if unknown := set(fields) - set(FIELDS):
        raise TypeError(", ".join(sorted(unknown)))
    given = dict(fields)
    for name in ("subject", "place", "sender", "recipients"):
        if name in given:
            given[name] = " ".join(str(given[name] or "").replace("\x00", "").split())
    if "body" in given:
        words = str(given["body"] or "")
        given["body"] = plain_text(words) if kind == ActivityKind.EMAIL else storable(words)
    if given.get("occurred_at", "") is None:
        given["occurred_at"] = timezone.now()
    if given.get("direction") and given["direction"] not in Direction.values:
        raise BadActivity(_("Choose who began it."), "direction")
    if given.get("outcome") and given["outcome"] not in Outcome.values:
        raise BadActivity(_("Choose one of the outcomes."), "outcome")
    return given


def _complete(activity: Activity) -> None:
    if len(activity.body) > LONGEST_BODY:
        raise TooLong(_("This may have at most %d characters.") % LONGEST_BODY)
    if len(activity.subject) > LONGEST_SUBJECT:
        raise TooLong(_("The subject may have at most %d characters.") % LONGEST_SUBJECT, "subject")
    if activity.duration_seconds is not None and not 0 <= activity.duration_seconds <= LONGEST_DURATION:
        raise BadActivity(_("This duration is too long."), "duration_seconds")
    if activity.kind == ActivityKind.NOTE and not activity.body:
        raise EmptyActivity(_("Write something first."))
    if activity.kind == ActivityKind.MEETING and not activity.subject:
        raise EmptyActivity(_("Say what the meeting is about."), "subject")
    if activity.kind == ActivityKind.EMAIL and not (activity.subject or activity.body):
        raise EmptyActivity(_("Give the subject or the text."), "subject")
    # A meeting may be in the future; the rest has happened.
    soon = timezone.now() + datetime.timedelta(minutes=5)
    if activity.kind != ActivityKind.MEETING and activity.occurred_at > soon:
        raise BadActivity(_("This is in the future: make a task or a meeting of it."), "occurred_at")


def _told(activity: Activity) -> dict[str, Any]:
    """What events carry of an activity, for automation and other readers of events."""
    return {
        "activity": activity.pk,
        "kind": str(activity.kind),
        "title": activity.subject,
        "text": activity.body,
        "direction": str(activity.direction),
        "outcome": str(activity.outcome),
        "occurred_at": activity.occurred_at.isoformat(),
    }


def _tell(
    name: str, records: Sequence[tuple[str, int]], data: dict[str, Any], *, by: Any, origin: Origin | None = None
) -> None:
    first, *others = records
    chosen = origin or (Origin.PERSON if by is not None else Origin.SYSTEM)
    emit_many([Draft(name, first[0], first[1], others, data)], by=by, origin=chosen)
