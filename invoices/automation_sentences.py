"""How the timeline tells of approvals, recurring invoices, reminders and e-mails."""

import datetime
from collections.abc import Callable

from django.utils import formats
from django.utils.translation import gettext as _

from core.event_words import behind_actor
from core.models import Event
from core.registry import EventKind


def _act(text: str) -> Callable[[Event], str]:
    """A sentence behind its actor's name, or behind the channel where no person acted."""

    def sentence(event: Event) -> str:
        words = _(text) % {**_TEXTS, **{name: value or "" for name, value in event.data.items()}}
        return behind_actor(event, words)

    return sentence


def _told(text: str) -> Callable[[Event], str]:
    """A sentence without an actor."""

    def sentence(event: Event) -> str:
        data = {**_TEXTS, **{name: value or "" for name, value in event.data.items()}}
        data["to"] = ", ".join(event.data.get("to", []))
        if event.data.get("on"):
            data["on"] = formats.date_format(datetime.date.fromisoformat(event.data["on"]), "DATE_FORMAT")
        return _(text) % data

    return sentence


_TEXTS = {"customer": "", "title": "", "reason": "", "number": "", "recipient": "", "subject": "", "on": "", "to": ""}


def reminded(event: Event) -> str:
    """“reminded a@example.com of invoice 1037”, by a person or by a rule."""
    rule = event.data.get("rule")
    if rule:
        words = {"rule": rule, **{name: event.data.get(name, "") for name in ("recipient", "number")}}
        return _("The reminder “%(rule)s” of invoice %(number)s goes to %(recipient)s") % words
    return _act("reminded %(recipient)s of invoice %(number)s")(event)


KINDS = (
    EventKind("draft.approval_asked", "invoice", "clock", _act("asked for approval of an invoice to %(customer)s")),
    EventKind("draft.approval_withdrawn", "invoice", "refresh", _act("took back an invoice to %(customer)s")),
    EventKind("draft.approved", "invoice", "circle-check", _act("approved the invoice to %(customer)s")),
    EventKind("draft.rejected", "invoice", "circle-x", _act("rejected the invoice to %(customer)s: %(reason)s")),
    EventKind("recurring.created", "invoice", "refresh", _act("made the recurring invoice %(title)s")),
    EventKind("recurring.changed", "invoice", "pencil", _act("changed the recurring invoice %(title)s")),
    EventKind("recurring.paused", "invoice", "clock", _act("paused the recurring invoice %(title)s")),
    EventKind("recurring.resumed", "invoice", "refresh", _act("resumed the recurring invoice %(title)s")),
    EventKind("recurring.ended", "invoice", "ban", _act("ended the recurring invoice %(title)s")),
    EventKind(
        "recurring.made", "invoice", "file-invoice", _told("The recurring invoice %(title)s was made for %(on)s")
    ),
    EventKind(
        "recurring.failed",
        "invoice",
        "alert-triangle",
        _told("The recurring invoice %(title)s could not be made for %(on)s: %(reason)s"),
    ),
    EventKind(
        "recurring.not_sent",
        "invoice",
        "alert-triangle",
        _told("The recurring invoice %(title)s of %(on)s: %(reason)s"),
    ),
    EventKind("recurring.waits", "invoice", "clock", _told("The recurring invoice %(title)s waits: %(reason)s")),
    EventKind(
        "recurring.sending_waits",
        "invoice",
        "clock",
        _told("The recurring invoice %(title)s of %(on)s is sent later: %(reason)s"),
    ),
    EventKind("invoice.reminded", "invoice", "mail", reminded),
    EventKind("mail.sent", "mail", "mail", _told("“%(subject)s” was sent to %(to)s")),
    EventKind("mail.withdrawn", "mail", "ban", _told("“%(subject)s” to %(to)s was not sent: %(reason)s")),
    EventKind("mail.failed", "mail", "alert-triangle", _told("“%(subject)s” to %(to)s could not be sent: %(reason)s")),
)
