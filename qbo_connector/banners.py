"""The lines over every page when a company, or this installation, waits for a person. One statement for all."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from qbo_connector import queries
from qbo_connector.enums import ConnectionStatus
from qbo_connector.models import Connection

MOST_BANNERS = 3
# Whoever holds one of these makes changes that would go to QuickBooks.
WRITING = ("crm.edit", "invoices.create", "invoices.post", "invoices.record_payment", "invoices.void")


def banners(user: Any) -> list[dict[str, str]]:
    """A line for each company that waits for a person: with a link for those who can help, else with whom to ask."""
    found = queries.needing_a_person()
    may = user.has_perm("qbo_connector.connect")
    silence = _silence(found, user)
    waiting = [company for company in found if not company.active]
    url = reverse("qbo_connector:connection-list")
    lines = []
    if len(waiting) > MOST_BANNERS:
        text = _("%d QuickBooks companies need to be reconnected.") % len(waiting)
        line = {"level": "warning", "text": text if may else f"{text} {_whom_to_ask(waiting[0])}"}
        lines.append({**line, "url": url, "action": _("Show them")} if may else line)
    else:
        lines += [_banner(connection, url if may else "") for connection in waiting]
    if may:
        lines += [_ending(company, url) for company in found if company.active and company.ends_soon][:MOST_BANNERS]
        lines += [_budget(company) for company in found if company.active and company.warned][:MOST_BANNERS]
    if any(user.has_perm(each) for each in WRITING):
        lines += _read_only([company for company in found if company.active and company.holds_writes], user)
    return [*silence, *lines]


def _silence(companies: list[Any], user: Any) -> list[dict[str, str]]:
    beaten_at = next((company.beaten_at for company in companies if company.active), None)
    if beaten_at is None or timezone.now() - beaten_at < queries.SILENT or not user.has_perm("sync.view_health"):
        return []
    text = _("Nothing has been read from or written to QuickBooks since %s: the worker or beat process is not running.")
    moment = date_format(timezone.localtime(beaten_at), "SHORT_DATETIME_FORMAT")
    return [{"level": "danger", "text": text % moment, "url": reverse("sync:health"), "action": _("Show")}]


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


def _ending(connection: Any, url: str) -> dict[str, str]:
    text = _("QuickBooks asks for consent again: “%(name)s” stops on %(day)s unless it is reconnected before.") % {
        "name": connection,
        "day": date_format(timezone.localdate(connection.token.hard_expires_at), "DATE_FORMAT"),
    }
    return {"level": "warning", "text": text, "url": f"{url}#company-{connection.pk}", "action": _("Reconnect")}


def _read_only(companies: list[Any], user: Any) -> list[dict[str, str]]:
    """One line for all companies to which nothing is written; with the switch for those who may turn it."""
    if not companies:
        return []
    told = {"names": ", ".join(f"“{company}”" for company in companies[:MOST_BANNERS])}
    if len(companies) > MOST_BANNERS:
        text = _("Read-only mode is on: nothing is written to %d QuickBooks companies.") % len(companies)
    else:
        text = _("Read-only mode is on: nothing is written to %(names)s in QuickBooks.") % told
    text = f"{text} {_('What is changed or created here waits, and is sent when the mode is switched off.')}"
    line = {"level": "warning", "text": text}
    if not user.has_perm("sync.configure"):
        return [line]
    url = reverse("qbo_connector:connection-list")
    if len(companies) == 1:
        url = f"{reverse('sync:connection-settings', args=[companies[0].pk])}#read-only"
    return [{**line, "url": url, "action": _("Show the switch")}]


def _budget(connection: Connection) -> dict[str, str]:
    text = _("“%s” is close to its monthly budget of reads, or will be over it.") % connection
    return {
        "level": "info",
        "text": text,
        "url": f"{reverse('sync:connection-settings', args=[connection.pk])}#reads",
        "action": _("Show"),
    }


def _whom_to_ask(connection: Connection) -> str:
    person = connection.connected_by
    if person is not None and person.is_active:
        return _("Ask %s, who connected it, or another admin.") % person
    return _("Ask an admin to reconnect it.")
