"""How the timeline tells what the sync was told to do, and what QuickBooks refused."""

from django.utils.translation import gettext as _

from core.models import Event
from core.registry import EventKind
from sync.enums import SyncObject


def _object(event: Event) -> str:
    name = event.data.get("object", "")
    return str(SyncObject(name).label) if name in SyncObject else str(name)


def switched_on(event: Event) -> str:
    """“switched on the sync of Products”."""
    text = _("switched on the sync of %s") if event.actor_id else _("The sync of %s was switched on")
    return text % _object(event)


def switched_off(event: Event) -> str:
    """“switched off the sync of Products”."""
    text = _("switched off the sync of %s") if event.actor_id else _("The sync of %s was switched off")
    return text % _object(event)


def refused(event: Event) -> str:
    """“QuickBooks did not take the invoice: the number is used. QuickBooks says: Duplicate Document Number”."""
    reason, detail = event.data.get("reason", ""), event.data.get("detail", "")
    number = event.data.get("number")
    subject = _("invoice %s") % number if number else _("the invoice")
    text = _("QuickBooks did not take %s") % subject
    if reason:
        text = f"{text}: {reason}"
    return _("%(text)s QuickBooks says: “%(detail)s”") % {"text": _ended(text), "detail": detail} if detail else text


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def retried(event: Event) -> str:
    """“sent the invoice to QuickBooks again”."""
    return (
        _("sent the invoice to QuickBooks again") if event.actor_id else _("The invoice was sent to QuickBooks again")
    )


def linked(event: Event) -> str:
    """“linked it to “Green Garden” in QuickBooks”."""
    name = event.data.get("name", "")
    return (_("linked it to “%s” in QuickBooks") if event.actor_id else _("Linked to “%s” in QuickBooks")) % name


def renamed(event: Event) -> str:
    """“called it “Green Garden (2)” in QuickBooks”."""
    name = event.data.get("name", "")
    return (_("called it “%s” in QuickBooks") if event.actor_id else _("Called “%s” in QuickBooks")) % name


KINDS = (
    EventKind("sync.switched_on", "connection", "player-play", switched_on),
    EventKind("sync.switched_off", "connection", "player-pause", switched_off),
    EventKind("sync.linked", "connection", "link", linked),
    EventKind("sync.renamed", "connection", "pencil", renamed),
    EventKind("invoice.refused", "invoice", "alert-circle", refused),
    EventKind("invoice.retried", "invoice", "refresh", retried),
)
