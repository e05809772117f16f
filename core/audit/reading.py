"""Finding events in the audit log, in ways that indexes serve however many there are."""

import datetime
import ipaddress
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.postgres.search import SearchVectorExact
from django.db import connection
from django.db.models import Case, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from core.models import Event, EventLink, Origin
from core.search import matching, words_in_json

PERMISSION = "accounts.audit"
LARGEST = 2**63 - 1
# Events of one request are written within seconds; the index by time finds them.
AROUND = datetime.timedelta(hours=1)

# Kinds of change, by the end of an event's name or, with a dot, by its beginning.
KINDS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "created": (_("Created"), ("created", "added", "made", "planned", "requested", "connected", "sent", "logged")),
    "changed": (
        _("Changed"),
        ("changed", "ordered", "renamed", "published", "switched_on", "switched_off", "paused", "resumed", "assigned",
         "linked", "unlinked", "won", "lost", "reopened", "corrected", "upgraded"),
    ),
    "deleted": (
        _("Deleted or archived"),
        ("deleted", "archived", "removed", "withdrawn", "revoked", "disconnected", "voided", "undone", "pruned",
         "forgotten", "ended"),
    ),
    "merged": (_("Merged or restored"), ("merged", "unmerged", "restored")),
    "access": (_("Sign-in and access"), ("user.", "role.", "team.", "invitation.")),
    "settings": (
        _("Settings"),
        ("connection.", "sync.", "pipeline.", "property.", "company_profile.", "mail_server.", "quote_settings.",
         "webhook_secret.", "allowed_host.", "workflow.", "reminder_rule.", "sales_goals.", "view.", "segment.created",
         "segment.changed", "segment.deleted", "report.", "dashboard.", "role.", "team."),
    ),
    "moved": (_("Exports and imports"), ("list.exported", "import.", "hubspot_import.", "exported", "file.")),
}  # fmt: skip


def visible_to(user: Any) -> QuerySet[Event]:
    """All events for who holds the permission, of any record; else none."""
    return Event.objects.all() if user.has_perm(PERMISSION) else Event.objects.none()


def names_of_kinds(kinds: list[str]) -> list[str]:
    """The names of events that are there and of one of these kinds; one statement, some hundred steps in an index."""
    endings = [ending for kind in kinds if kind in KINDS for ending in KINDS[kind][1]]
    return [name for name in _names() if any(_is(name, ending) for ending in endings)]


def _is(name: str, ending: str) -> bool:
    if ending.endswith("."):
        return name.startswith(ending)
    return name == ending if "." in ending else name.partition(".")[2].split("_")[-1] == ending.split("_")[-1]


def _names() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE known AS (SELECT min(name) AS name FROM core_event UNION ALL"
            " SELECT (SELECT min(name) FROM core_event WHERE name > known.name) FROM known WHERE known.name IS NOT NULL"
            ") SELECT name FROM known WHERE name IS NOT NULL"
        )
        return [name for (name,) in cursor.fetchall()]


def of_record(value: str, _user: Any) -> Q:
    """``deal:12``: what happened to a record, or is told on its timeline."""
    kind, _colon, number = value.partition(":")
    pk = _number(number)
    if pk is None:
        return Q(pk__in=[])
    return Q(pk__in=EventLink.objects.filter(object_type=kind, object_id=pk).values("event_id"))


def from_address(value: str, _user: Any) -> Q:
    """Everything from one network address."""
    address = address_in(value)
    return Q(address=address) if address else Q(pk__in=[])


def with_key(value: str, _user: Any) -> Q:
    """Everything done with one key of the API, imports among it; the channels are what the index finds."""
    pk = _number(value)
    return Q(key=pk, origin__in=(Origin.API, Origin.IMPORT, Origin.SYSTEM)) if pk is not None else Q(pk__in=[])


def of_request(value: str, _user: Any) -> Q:
    """``12``: everything that was written in the request in which this event was."""
    pk = _number(value)
    event = Event.objects.filter(pk=pk).first() if pk is not None else None
    if event is None or not event.request:
        return Q(pk=pk) if pk is not None else Q(pk__in=[])
    near = (event.occurred_at - AROUND, event.occurred_at + AROUND)
    return Q(request=event.request, occurred_at__range=near)


def with_words(text: str) -> Q:
    """Events whose data has words that begin as the typed ones do; an address finds what came from it."""
    if address := address_in(text):
        return Q(address=address)
    words = matching(text)
    return Q(SearchVectorExact(words_in_json("data"), words)) if words is not None else Q(pk__in=[])


def address_in(text: str) -> str:
    """``text`` as a network address; empty where it is none."""
    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        return ""


def people(_user: Any) -> QuerySet[Any]:
    """Everybody who may have done something, also those who left."""
    label = Case(When(name="", then="email"), default="name")
    return get_user_model()._default_manager.annotate(label=label, place=Value(0))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
