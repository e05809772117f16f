"""How the timeline tells what happened to a connected company."""

from collections.abc import Callable
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.models import Event
from core.registry import EventKind

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
    if "economical" in event.data:
        parts.append(
            _("set the sync to read only when a webhook came")
            if event.data["economical"]
            else _("set the sync to read regularly")
        )
    if "monthly_budget" in event.data:
        budget = event.data["monthly_budget"]
        parts.append(
            _("set the budget to %s reads a month") % f"{budget:,}" if budget else _("removed the budget of reads")
        )
    if "alert_records" in event.data or "alert_minutes" in event.data:
        parts.append(_("changed from when on failing records are worth an e-mail"))
    return get_text_list(parts, _("and"))


def budget_warned(event: Event) -> str:
    """“4,100 of 5,000 reads of this month are used; at this pace it will be 6,200”."""
    numbers = {name: f"{int(event.data.get(name) or 0):,}" for name in ("reads", "budget", "forecast")}
    return _("%(reads)s of %(budget)s reads of this month are used; at this pace it will be %(forecast)s") % numbers


def counts_differ(event: Event) -> str:
    """“The nightly count differs for invoices; they are listed anew”."""
    entities = [str(name) for name in event.data.get("entities", [])]
    return _("QuickBooks counts another number than we hold of %s; they are listed anew") % get_text_list(
        entities, _("and")
    )


KINDS = (
    EventKind("connection.connected", "connection", "plug-connected", _act("connected the company")),
    EventKind("connection.reconnected", "connection", "plug-connected", _act("reconnected the company")),
    EventKind("connection.disconnected", "connection", "link-off", disconnected),
    EventKind("connection.needs_reconnect", "connection", "plug-connected-x", needs_reconnect),
    EventKind("connection.paused", "connection", "player-pause", paused),
    EventKind("connection.loaded", "connection", "database", loaded),
    EventKind("connection.budget_warned", "connection", "alert-triangle", budget_warned),
    EventKind("connection.counts_differ", "connection", "refresh", counts_differ),
    EventKind("connection.settings_changed", "connection", "settings", settings_changed),
)
