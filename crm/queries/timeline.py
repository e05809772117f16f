"""The timeline of a record, by kind of event and from newest to oldest."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core import registry
from core.models import EventLink
from core.queries import TimelineEntry, entries

SIZE = 20
KINDS: dict[str, str | Promise] = {
    "note": _("Notes"),
    "task": _("Tasks"),
    "deal": _("Deal"),
    "invoice": _("Invoices"),
    "payment": _("Payments"),
    "file": _("Files"),
    "mail": _("E-mails"),
    "change": _("Changes"),
}


@dataclass(frozen=True)
class Stretch:
    """Some entries, and the id of the event before which older ones begin (0 at the end)."""

    entries: Sequence[TimelineEntry]
    older: int


def kinds() -> list[tuple[str, str]]:
    """The kinds of events that records of the CRM have, as (kind, label)."""
    known = {kind.kind for kind in registry.event_kinds.values()}
    return [(kind, str(label)) for kind, label in KINDS.items() if kind in known]


def stretch(object_type: str, object_id: int, *, kind: str = "", before: int = 0, size: int = SIZE) -> Stretch:
    """The newest entries of a record's timeline, older than event ``before``, in one query."""
    names = [name for name, known in registry.event_kinds.items() if kind in ("", known.kind)]
    links = EventLink.objects.filter(object_type=object_type, object_id=object_id, event__name__in=names)
    if before:
        links = links.filter(event_id__lt=before)
    found = list(links.select_related("event__actor").order_by("-event_id")[: size + 1])
    more = len(found) > size
    shown = [link.event for link in found[:size]]
    return Stretch(entries(shown), shown[-1].pk if more else 0)
