"""How the timeline tells what happened to estimates."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from core.models import Event
from core.money import formatted
from core.registry import EventKind


def _words(event: Event) -> dict[str, Any]:
    data = event.data
    amount = formatted(Decimal(data["total"]), data["currency"]) if data.get("total") else ""
    return {"number": data.get("number") or "", "quote": data.get("quote", ""), "amount": amount}


def requested(event: Event) -> str:
    """“sent the quote Q-00007 to QuickBooks as an estimate”."""
    return _("sent the quote %(quote)s to QuickBooks as an estimate") % _words(event)


def created(event: Event) -> str:
    """“The estimate of quote Q-00007 was created in QuickBooks”."""
    return _("The estimate of quote %(quote)s was created in QuickBooks") % _words(event)


def refused(event: Event) -> str:
    """“QuickBooks refused the estimate of quote Q-00007: …”."""
    text = _("QuickBooks refused the estimate of quote %(quote)s") % _words(event)
    reason = event.data.get("reason")
    return f"{text}: {reason}" if reason else text


def removed(event: Event) -> str:
    """“Estimate 1004 was deleted in QuickBooks; its quote stays”."""
    return _("Estimate %(number)s was deleted in QuickBooks; its quote stays") % _words(event)


KINDS = (
    EventKind("estimate.requested", "deal", "send", requested),
    EventKind("estimate.created", "deal", "file-text", created),
    EventKind("estimate.refused", "deal", "alert-triangle", refused),
    EventKind("estimate.removed", "deal", "trash", removed),
)
