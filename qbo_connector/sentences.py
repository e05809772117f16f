"""How the timeline tells what happened to a connected company, and the banner when one needs a person."""

from collections.abc import Callable
from typing import Any

from django.urls import reverse
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.models import Event
from core.registry import EventKind
from qbo_connector import queries
from qbo_connector.enums import ConnectionStatus
from qbo_connector.models import Connection

# Entities in people's words, in the order in which a summary names them.
COUNTED: tuple[tuple[str, Callable[[int], str]], ...] = (
    ("Customer", lambda n: ngettext("%(n)s customer", "%(n)s customers", n)),
    ("Item", lambda n: ngettext("%(n)s product or service", "%(n)s products and services", n)),
    ("Invoice", lambda n: ngettext("%(n)s invoice", "%(n)s invoices", n)),
    ("Payment", lambda n: ngettext("%(n)s payment", "%(n)s payments", n)),
)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _act(text: str) -> Callable[[Event], str]:
    """``text`` behind the actor's name, or as a sentence of its own."""

    def sentence(event: Event) -> str:
        return _(text) if event.actor_id else _capital(_(text))

    return sentence


def disconnected(event: Event) -> str:
    """“disconnected the company; QuickBooks did not confirm it”."""
    told = _act("disconnected the company")(event)
    return told if event.data.get("revoked", True) else told + _("; QuickBooks did not confirm it")


def needs_reconnect(event: Event) -> str:
    """“The company needs to be reconnected: QuickBooks no longer accepts our connection.”"""
    return _with_reason(_("The company needs to be reconnected"), event)


def paused(event: Event) -> str:
    """“The sync is paused: the subscription is not active”."""
    return _with_reason(_("The sync is paused"), event)


def _with_reason(text: str, event: Event) -> str:
    reason = event.data.get("reason", "")
    return f"{text}: {reason}" if reason else text


def loaded(event: Event) -> str:
    """“Everything was read for the first time: 29 customers, 18 products and services, 31 invoices, 16 payments”."""
    counts: dict[str, Any] = event.data.get("counts", {})
    parts = [
        words(int(counts[entity])) % {"n": f"{int(counts[entity]):,}"} for entity, words in COUNTED if entity in counts
    ]
    text = _("The company was read completely")
    return f"{text}: {get_text_list(parts, _('and'))}" if parts else text


def settings_changed(event: Event) -> str:
    """“set the sync to every 15 minutes and the time zone to Europe/London”."""
    parts = []
    if "interval_minutes" in event.data:
        minutes = int(event.data["interval_minutes"])
        parts.append(
            ngettext("set the sync to every minute", "set the sync to every %(n)s minutes", minutes) % {"n": minutes}
        )
    if "time_zone" in event.data:
        parts.append(_("set the time zone to %s") % event.data["time_zone"])
    return get_text_list(parts, _("and"))


KINDS = (
    EventKind("connection.connected", "connection", "plug-connected", _act("connected the company")),
    EventKind("connection.reconnected", "connection", "plug-connected", _act("reconnected the company")),
    EventKind("connection.disconnected", "connection", "link-off", disconnected),
    EventKind("connection.needs_reconnect", "connection", "plug-connected-x", needs_reconnect),
    EventKind("connection.paused", "connection", "player-pause", paused),
    EventKind("connection.loaded", "connection", "database", loaded),
    EventKind("connection.settings_changed", "connection", "settings", settings_changed),
)

MOST_BANNERS = 3


def banners(user: Any) -> list[dict[str, str]]:
    """A line for each company that waits for a person: with a link for those who can help, else with whom to ask."""
    waiting = queries.needing_a_person()
    if not waiting:
        return []
    may = user.has_perm("qbo_connector.connect")
    url = reverse("qbo_connector:connection-list")
    if len(waiting) > MOST_BANNERS:
        text = _("%d QuickBooks companies need to be reconnected.") % len(waiting)
        line = {"level": "warning", "text": text if may else f"{text} {_whom_to_ask(waiting[0])}"}
        return [{**line, "url": url, "action": _("Show them")} if may else line]
    return [_banner(connection, url if may else "") for connection in waiting]


def _banner(connection: Connection, url: str) -> dict[str, str]:
    paused_now = connection.status == ConnectionStatus.PAUSED
    if not url:
        text = _("QuickBooks company “%s” is not connected at the moment; new invoices wait until it is.") % connection
        return {"level": "warning", "text": f"{text} {_whom_to_ask(connection)}"}
    if paused_now:
        text = _("“%(name)s” is paused. %(reason)s") % {"name": connection, "reason": connection.status_reason}
        return {"level": "warning", "text": text, "url": f"{url}#company-{connection.pk}", "action": _("Show")}
    text = _("“%s” needs to be reconnected to QuickBooks.") % connection
    return {"level": "warning", "text": text, "url": f"{url}#company-{connection.pk}", "action": _("Reconnect")}


def _whom_to_ask(connection: Connection) -> str:
    person = connection.connected_by
    if person is not None and person.is_active:
        return _("Ask %s, who connected it, or another admin.") % person
    return _("Ask an admin to reconnect it.")
