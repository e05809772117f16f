"""How the timeline tells what happened to invoices and payments."""

import datetime
from decimal import Decimal
from typing import Any

from django.utils import formats
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.models import Event
from core.money import formatted
from core.properties import described, is_told
from core.registry import EventKind
from invoices.change_words import in_words

LONGEST_VALUE = 60
LABELS = {
    "number": gettext_lazy("number"),
    "customer_name": gettext_lazy("customer"),
    "recipient": gettext_lazy("recipient"),
    "issued_on": gettext_lazy("invoice date"),
    "due_on": gettext_lazy("due date"),
    "terms_name": gettext_lazy("terms"),
    "terms_external_id": gettext_lazy("terms"),
    "private_note": gettext_lazy("private note"),
    "billing_address": gettext_lazy("billing address"),
    "shipping_address": gettext_lazy("shipping address"),
    "message": gettext_lazy("message"),
    "currency": gettext_lazy("currency"),
    "total": gettext_lazy("total"),
}


def money_of(event: Event, key: str) -> str:
    """An amount of the event's data, printed."""
    value = event.data.get(key)
    return formatted(Decimal(str(value)), event.data.get("currency") or "USD") if value not in (None, "") else ""


def date_of(event: Event, key: str) -> str:
    """A date of the event's data, printed."""
    value = event.data.get(key)
    return formats.date_format(datetime.date.fromisoformat(value), "DATE_FORMAT") if value else ""


def invoice_of(event: Event) -> str:
    """“invoice 1037”, or “the invoice” while it has no number."""
    number = event.data.get("number")
    return _("invoice %s") % number if number else _("the invoice")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def requested(event: Event) -> str:
    """“asked for an invoice over $362.50 to Cool Cars”."""
    words = {"amount": money_of(event, "total"), "customer": event.data.get("customer", "")}
    act = _("asked QuickBooks for an invoice over %(amount)s to %(customer)s") % words
    return _with_unpriced(act if event.actor_id else _capital(act), event)


def _with_unpriced(told: str, event: Event) -> str:
    """Add the lines that have no price, so that nobody takes them for forgotten without being told."""
    names = event.data.get("unpriced")
    return _("%(told)s. Without a price: %(lines)s") % {"told": told, "lines": ", ".join(names)} if names else told


def quote_overridden(event: Event) -> str:
    """“invoiced the quote Garden, although it expired on …: the customer asked for it”."""
    words = {"quote": event.data.get("quote", ""), "why": event.data.get("why", ""), "reason": event.data.get("reason")}
    if words["why"]:
        return _("invoiced the quote %(quote)s all the same (%(why)s): “%(reason)s”") % words
    return _("invoiced the quote %(quote)s all the same: “%(reason)s”") % words


def corrected(event: Event) -> str:
    """“corrected the invoice and sent it to QuickBooks again”."""
    act = _("corrected the invoice over %s and sent it to QuickBooks again") % money_of(event, "total")
    return _with_unpriced(act if event.actor_id else _capital(act), event)


def created(event: Event) -> str:
    """“Invoice 1037 over $362.50 was created in QuickBooks”."""
    words = {"invoice": _capital(invoice_of(event)), "amount": money_of(event, "total")}
    return _("%(invoice)s over %(amount)s was created in QuickBooks") % words


def created_there(event: Event) -> str:
    """An invoice that somebody made in QuickBooks itself."""
    words = {"invoice": _capital(invoice_of(event)), "amount": money_of(event, "total")}
    return _("%(invoice)s over %(amount)s came from QuickBooks") % words


def sent(event: Event) -> str:
    """“Invoice 1037 was sent to a@example.com”."""
    words = {"invoice": _capital(invoice_of(event)), "recipient": event.data.get("recipient")}
    if words["recipient"]:
        return _("%(invoice)s was sent to %(recipient)s") % words
    return _("%(invoice)s was sent to the customer") % words


def send_requested(event: Event) -> str:
    """“asked QuickBooks to send invoice 1037 to a@example.com”."""
    words = {"invoice": invoice_of(event), "recipient": event.data.get("recipient", "")}
    act = _("asked QuickBooks to send %(invoice)s to %(recipient)s") % words
    return act if event.actor_id else _capital(act)


def send_failed(event: Event) -> str:
    """“Invoice 1037 was not sent to a@example.com: …”; in doubt and bounced ones say so."""
    words = {"invoice": _capital(invoice_of(event)), "recipient": event.data.get("recipient", "")}
    if event.data.get("bounced"):
        text = _("%(invoice)s did not arrive at %(recipient)s") % words
    elif event.data.get("doubtful"):
        text = _("%(invoice)s may or may not have been sent to %(recipient)s") % words
    else:
        text = _("%(invoice)s was not sent to %(recipient)s") % words
    reason = event.data.get("reason")
    return f"{text}: {reason}" if reason else text


def partly_paid(event: Event) -> str:
    """“$100.00 of invoice 1037 was paid, $262.07 is left”."""
    words = {"amount": money_of(event, "amount"), "invoice": invoice_of(event), "left": money_of(event, "balance")}
    return _("%(amount)s of %(invoice)s was paid, %(left)s is left") % words


def edited(event: Event) -> str:
    """“Invoice 1037 was edited in QuickBooks: total from $1.00 to $2.00 and quantity of Design from 1 to 2”."""
    told = event.data.get("line_changes", [])
    currency = event.data.get("currency") or "USD"
    phrase = in_words(event.data.get("changes", {}), told, LABELS, currency)
    if event.data.get("lines") and not told:
        phrase = str(get_text_list([phrase, _("lines")], _("and"))) if phrase else str(_("lines"))
    words = {"invoice": _capital(invoice_of(event)), "labels": phrase}
    return _("%(invoice)s was edited in QuickBooks: %(labels)s") % words


def changed(event: Event) -> str:
    """“changed Region of invoice 1037 from North to South”, or only what when it is several or too much for a line."""
    changes: dict[str, list[Any]] = event.data.get("changes", {})
    words = {"invoice": invoice_of(event), "labels": "", "old": "", "new": ""}
    if len(changes) == 1 and is_told(next(iter(changes))):
        words["labels"], words["old"], words["new"] = described(next(iter(changes)), event.data.get("told", {}))
        if max(len(words["old"]), len(words["new"])) <= LONGEST_VALUE:
            act = _("changed %(labels)s of %(invoice)s from %(old)s to %(new)s") % words
            return act if event.actor_id else _capital(act)
    names = dict.fromkeys(_label_of(event, column) for column in changes)
    labels = [*names, *([_("lines")] if event.data.get("lines") else [])]
    words["labels"] = get_text_list(labels, _("and"))
    act = _("changed %(labels)s of %(invoice)s") % words
    return act if event.actor_id else _capital(act)


def _label_of(event: Event, column: str) -> str:
    """A changed column; a custom property as it was called then."""
    if is_told(column):
        return described(column, event.data.get("told", {}))[0]
    return str(LABELS.get(column, column.removesuffix("_external_id").replace("_", " ")))


def _asked(text: str) -> Any:
    """What a person asked for, behind the person's name."""
    return lambda event: _(text) % {"invoice": invoice_of(event), "amount": money_of(event, "amount")}


def _plain(text: str) -> Any:
    return lambda event: _(text) % {"invoice": _capital(invoice_of(event)), "due": date_of(event, "due_on")}


def linked(event: Event) -> str:
    """“added invoice 1037 to the deal Garden redesign”; by a rule: which one."""
    words = {"invoice": invoice_of(event), "record": _record_of(event)}
    rules = {
        "custom_field": _("%(invoice)s was added to %(record)s, which its custom field names"),
        "memo": _("%(invoice)s was added to %(record)s, which its message or note names"),
        "open_deal": _("%(invoice)s was added to %(record)s, the one open deal of its customer"),
    }
    rule = rules.get(str(event.data.get("rule", "")))
    if rule:
        return rule % (words | {"invoice": _capital(words["invoice"])})
    act = _("added %(invoice)s to %(record)s") % words
    return act if event.actor_id else _capital(act)


def unlinked(event: Event) -> str:
    """“took invoice 1037 off the deal Garden redesign”."""
    act = _("took %(invoice)s off %(record)s") % {"invoice": invoice_of(event), "record": _record_of(event)}
    return act if event.actor_id else _capital(act)


def suggestion_dismissed(event: Event) -> str:
    """“said that invoice 1037 does not belong to the deal Garden redesign”."""
    words = {"invoice": invoice_of(event), "record": _record_of(event)}
    return _("said that %(invoice)s does not belong to %(record)s") % words


def _record_of(event: Event) -> str:
    """“the deal Garden redesign”."""
    kind, name = event.data.get("kind", "deal"), event.data.get("record") or event.data.get("deal", "")
    named = {"contact": _("the contact %s"), "company": _("the company %s"), "deal": _("the deal %s")}
    text: str = named.get(kind, "%s")
    return text % str(name)


def file_refused(event: Event) -> str:
    """“QuickBooks refused the file plan.pdf: …”."""
    text = _("QuickBooks refused the file %s") % event.data.get("file", "")
    return f"{text}: {event.data.get('reason', '')}".rstrip(": ")


def assigned(event: Event) -> str:
    """“gave invoice 1037 to Rita”."""
    words = {"invoice": invoice_of(event), "person": event.data.get("to") or _("nobody")}
    return _("gave %(invoice)s to %(person)s") % words


def association_rules_changed(_event: Event) -> str:
    """What the rules were and are stands in the audit log."""
    return _("changed how invoices find their deals")


def invoicing_changed(event: Event) -> str:
    """“set the default product to Design and left invoices in other currencies out of the deals' figures”."""
    parts = []
    if "default_item_external_id" in event.data:
        name = event.data.get("default_item_name")
        parts.append(_("set the default product to %s") % name if name else _("removed the default product"))
    if "skip_other_currencies" in event.data:
        parts.append(
            _("left invoices in other currencies out of the figures of deals")
            if event.data["skip_other_currencies"]
            else _("let invoices in other currencies count towards deals")
        )
    return get_text_list(parts, _("and")) or _("changed how invoices are made")


KINDS = (
    EventKind("connection.invoicing_changed", "connection", "settings", invoicing_changed),
    EventKind("connection.association_rules_changed", "connection", "settings", association_rules_changed),
    EventKind("invoice.assigned", "invoice", "user-check", assigned),
    EventKind("invoice.file_refused", "file", "alert-triangle", file_refused),
    EventKind("invoice.requested", "invoice", "file-invoice", requested),
    EventKind("invoice.quote_overridden", "invoice", "alert-triangle", quote_overridden),
    EventKind("invoice.corrected", "invoice", "pencil", corrected),
    EventKind("invoice.created", "invoice", "file-invoice", created),
    EventKind("invoice.created_in_quickbooks", "invoice", "file-invoice", created_there),
    EventKind("invoice.sent", "invoice", "send", sent),
    EventKind("invoice.send_requested", "invoice", "send", send_requested),
    EventKind("invoice.send_failed", "invoice", "alert-triangle", send_failed),
    EventKind("invoice.partly_paid", "invoice", "coins", partly_paid),
    EventKind("invoice.paid", "invoice", "circle-check", _plain("%(invoice)s was paid in full")),
    EventKind("invoice.reopened", "invoice", "refresh", _plain("%(invoice)s is no longer paid in full")),
    EventKind("invoice.overdue", "invoice", "calendar-due", _plain("%(invoice)s is overdue; it was due on %(due)s")),
    EventKind("invoice.voided", "invoice", "ban", _plain("%(invoice)s was voided in QuickBooks")),
    EventKind("invoice.edited", "invoice", "pencil", edited),
    EventKind("invoice.changed", "invoice", "pencil", changed),
    EventKind("invoice.void_requested", "invoice", "ban", _asked("asked QuickBooks to void %(invoice)s")),
    EventKind("invoice.delete_requested", "invoice", "trash", _asked("asked QuickBooks to delete %(invoice)s")),
    EventKind("invoice.ending_withdrawn", "invoice", "refresh", _asked("kept %(invoice)s as it is")),
    EventKind("invoice.archived", "invoice", "archive", _plain("%(invoice)s was archived")),
    EventKind("invoice.deleted", "invoice", "trash", _plain("%(invoice)s was deleted here and in QuickBooks")),
    EventKind("invoice.removed", "invoice", "trash", _plain("%(invoice)s was deleted in QuickBooks")),
    EventKind("invoice.linked", "invoice", "link", linked),
    EventKind("invoice.unlinked", "invoice", "unlink", unlinked),
    EventKind("invoice.suggestion_dismissed", "invoice", "unlink", suggestion_dismissed),
    EventKind(
        "deal.billing_repaired",
        "invoice",
        "refresh",
        lambda event: _("The invoice figures of this deal were brought up to date"),
    ),
)
