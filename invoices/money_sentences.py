"""How the timeline tells what happened to payments, credit memos, refunds and sales receipts."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils import formats
from django.utils.dateparse import parse_date
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.models import Event
from core.money import formatted
from core.properties import described, is_told
from core.registry import EventKind
from invoices.sentences import date_of, money_of

LABELS = {
    "amount": gettext_lazy("amount"),
    "total": gettext_lazy("total"),
    "number": gettext_lazy("number"),
    "received_on": gettext_lazy("date"),
    "issued_on": gettext_lazy("date"),
    "currency": gettext_lazy("currency"),
    "customer_name": gettext_lazy("customer"),
    "reference": gettext_lazy("reference"),
    "method_name": gettext_lazy("method"),
    "deposit_account_name": gettext_lazy("account"),
    "account_name": gettext_lazy("account"),
    "balance": gettext_lazy("amount to pay"),
    "due_on": gettext_lazy("due date"),
    "vendor_name": gettext_lazy("vendor"),
}
_MONEY, _DATES = ("amount", "total", "balance"), ("received_on", "issued_on", "due_on")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _act(event: Event, act: str) -> str:
    """What a person did, behind the person's name; at the beginning of the line where nobody is named."""
    return act if event.actor_id else _capital(act)


def _numbers(event: Event, key: str = "invoices") -> str:
    found = dict.fromkeys(str(number) for number in event.data.get(key, []) if number)
    return str(get_text_list(list(found), _("and")))


def _paying(event: Event) -> str:
    """“ for invoice 1037”, “ for invoices 1037 ($60.00) and 1038 ($40.00)”, or nothing."""
    parts = [(number, amount) for number, amount in event.data.get("parts", []) if number]
    if len(parts) > 1:
        currency = event.data.get("currency") or "USD"
        named = [f"{number} ({formatted(Decimal(amount), currency)})" for number, amount in parts]
        return str(_(" for invoices %s") % get_text_list(named, _("and")))
    numbers = _numbers(event)
    if not numbers:
        return ""
    several = len({number for number in event.data.get("invoices", []) if number}) > 1
    return str((_(" for invoices %s") if several else _(" for invoice %s")) % numbers)


def requested(event: Event) -> str:
    """“recorded a payment of $100.00 for invoice 1037”."""
    return _act(event, _("recorded a payment of %s") % money_of(event, "amount") + _paying(event))


def received(event: Event) -> str:
    """“Payment of $100.00 received on Nov 22, 2026 for invoice 1037 · Check”."""
    words = {"amount": money_of(event, "amount"), "date": date_of(event, "received_on")}
    text = _("Payment of %(amount)s received on %(date)s") if words["date"] else _("Payment of %(amount)s received")
    method = event.data.get("method")
    return text % words + _paying(event) + (f" · {method}" if method else "")


def payment_changed(event: Event) -> str:
    """“Payment of $100.00 was changed in QuickBooks: amount from $120.00 to $100.00”; what it pays now and no more."""
    columns = event.data.get("changes", {})
    if columns and all(map(is_told, columns)):
        labels = get_text_list([described(name, event.data.get("told", {}))[0] for name in columns], _("and"))
        words = {"labels": labels, "amount": money_of(event, "amount")}
        return _act(event, _("changed %(labels)s of the payment of %(amount)s") % words)
    return _what(event) + changes_of(event) + _moved(event)


def _what(event: Event) -> str:
    if event.data.get("credits"):
        return str(_("The use of credit memo %s was changed in QuickBooks") % _numbers(event, "credits"))
    return str(_("Payment of %s was changed in QuickBooks") % money_of(event, "amount"))


def _moved(event: Event) -> str:
    """What it pays, where nothing else changed, and what it pays no more."""
    text = ""
    if not event.data.get("changes"):
        paying = _paying(event)
        text = _(": it is now%s") % paying if paying else _(": it pays no invoice now")
    if left := _numbers(event, "left"):
        text += _("; it was taken off invoice %s") % left
    return str(text)


def changes_of(event: Event) -> str:
    """“: amount from $120.00 to $100.00 and reference from nothing to 77”, or nothing."""
    told = []
    currency = event.data.get("currency") or "USD"
    for column, (old, new) in event.data.get("changes", {}).items():
        words = {"label": LABELS.get(column, column), "old": _value(column, old, currency)}
        words["new"] = _value(column, new, currency)
        told.append(str(_("%(label)s from %(old)s to %(new)s") % words))
    return f": {get_text_list(told, _('and'))}" if told else ""


def _value(column: str, value: Any, currency: str) -> str:
    if value in (None, ""):
        return str(_("nothing"))
    if column in _MONEY:
        return formatted(Decimal(str(value)), currency)
    if column in _DATES and (day := parse_date(str(value))):
        return str(formats.date_format(day, "DATE_FORMAT"))
    return str(value)


def _because(event: Event, text: str) -> str:
    reason = event.data.get("reason")
    return f"{text}: {reason}" if reason else text


def payment_voided(event: Event) -> str:
    """“Payment of $100.00 was voided in QuickBooks”."""
    text = _("Payment of %s was voided in QuickBooks") % (money_of(event, "old_amount") or money_of(event, "amount"))
    left = _numbers(event, "left")
    return text + (_("; invoice %s is open again") % left if left else "")


def change_refused(event: Event) -> str:
    """What QuickBooks would not do with a payment."""
    amount = money_of(event, "amount")
    text = {
        "void": _("QuickBooks refused to void the payment of %s") % amount,
        "delete": _("QuickBooks refused to delete the payment of %s") % amount,
    }.get(event.data.get("asked", ""), _("QuickBooks refused to use the payment of %s") % amount + _paying(event))
    return _because(event, text)


def use_requested(event: Event) -> str:
    """“used $60.00 of the payment of $100.00 for invoice 1037”."""
    words = {"used": money_of(event, "used"), "amount": money_of(event, "amount")}
    return _act(event, _("applied %(used)s of the payment of %(amount)s") % words + _paying(event))


def credit_use_requested(event: Event) -> str:
    """“used $60.00 of credit memo 1040 for invoice 1037”."""
    words = {"used": money_of(event, "used"), "credits": _numbers(event, "credits")}
    return _act(event, _("applied %(used)s of credit memo %(credits)s") % words + _paying(event))


def credit_applied(event: Event) -> str:
    """“Credit of $60.00 from credit memo 1040 was applied to invoice 1037”."""
    words = {"used": money_of(event, "used"), "credits": _numbers(event, "credits"), "invoices": _numbers(event)}
    if words["credits"] and words["invoices"]:
        return _("Credit of %(used)s from credit memo %(credits)s was applied to invoice %(invoices)s") % words
    return _("Credit was applied") + _paying(event)


def _memo(event: Event) -> str:
    number = event.data.get("number")
    return str(_("credit memo %s") % number if number else _("the credit memo"))


def memo_requested(event: Event) -> str:
    """“credited $60.00 of invoice 1037”."""
    words = {"amount": money_of(event, "total"), "invoice": event.data.get("invoice", "")}
    return _act(event, _("credited %(amount)s of invoice %(invoice)s") % words)


def memo_refused(event: Event) -> str:
    """“QuickBooks refused the credit memo over $60.00: …”."""
    return _because(event, _("QuickBooks refused the credit memo over %s") % money_of(event, "total"))


def receipt_requested(event: Event) -> str:
    """“asked for a sales receipt over $60.00”."""
    return _act(event, _("asked for a sales receipt over %s") % money_of(event, "total"))


def receipt_refused(event: Event) -> str:
    """“QuickBooks refused the sales receipt over $60.00: …”."""
    return _because(event, _("QuickBooks refused the sales receipt over %s") % money_of(event, "total"))


NAMES = {
    "creditmemo": (gettext_lazy("Credit memo %s"), gettext_lazy("Credit memo")),
    "refund": (gettext_lazy("Refund %s"), gettext_lazy("Refund")),
    "salesreceipt": (gettext_lazy("Sales receipt %s"), gettext_lazy("Sales receipt")),
}


def _named(event: Event) -> str:
    """“Refund 1020 over $87.50”."""
    number = event.data.get("number")
    numbered, bare = NAMES[event.name.partition(".")[0]]
    name = str(numbered) % number if number else str(bare)
    return str(_("%(name)s over %(amount)s") % {"name": name, "amount": money_of(event, "total")})


def document_created(event: Event) -> str:
    """“Refund 1020 over $87.50 on Nov 22, 2026 from Checking”."""
    text, day, account = _named(event), date_of(event, "issued_on"), event.data.get("account")
    text += _(" of %s") % day if day else ""
    if account and event.name.startswith("refund."):
        text += _(" from %s") % account
    elif account and event.name.startswith("salesreceipt."):
        text += _(" into %s") % account
    return text


def document_changed(event: Event) -> str:
    """“Refund 1020 over $87.50 was changed in QuickBooks: …”; custom properties are changed here."""
    columns = event.data.get("changes", {})
    if columns and all(map(is_told, columns)):
        labels = get_text_list([described(name, event.data.get("told", {}))[0] for name in columns], _("and"))
        return _act(event, _("changed %(labels)s of %(document)s") % {"labels": labels, "document": _named(event)})
    return str(_("%s was changed in QuickBooks") % _named(event)) + changes_of(event)


def _document(text: str) -> Callable[[Event], str]:
    return lambda event: str(_(text) % {"document": _named(event)}) + changes_of(event)


def _of_documents(kind: str, icon: str) -> tuple[EventKind, ...]:
    return (
        EventKind(f"{kind}.created", "payment", icon, document_created),
        EventKind(f"{kind}.changed", "payment", icon, document_changed),
        EventKind(f"{kind}.voided", "payment", "ban", _document("%(document)s was voided in QuickBooks")),
        EventKind(f"{kind}.removed", "payment", "trash", _document("%(document)s was deleted in QuickBooks")),
        EventKind(f"{kind}.restored", "payment", icon, _document("%(document)s is in QuickBooks again")),
    )


def _with_payment(text: str, *, person: bool = False) -> Callable[[Event], str]:
    def told(event: Event) -> str:
        words = str(_(text) % {"amount": money_of(event, "amount")}) + _paying(event)
        return _act(event, words) if person else words

    return told


def _by_person(text: str) -> Callable[[Event], str]:
    return _with_payment(text, person=True)


def _by_person_of(text: str) -> Callable[[Event], str]:
    return lambda event: _act(event, str(_(text) % {"document": _named(event)}))


def ending_refused(event: Event) -> str:
    """“QuickBooks refused to delete Credit memo 1020 over $87.50: …”."""
    text = (
        _("QuickBooks refused to void %s")
        if event.data.get("asked") == "void"
        else _("QuickBooks refused to delete %s")
    )
    return _because(event, text % _named(event))


def _endings_of(kind: str) -> tuple[EventKind, ...]:
    """What people ask of a document that QuickBooks has, and what it refuses."""
    return (
        EventKind(
            f"{kind}.delete_requested", "payment", "trash", _by_person_of("asked QuickBooks to delete %(document)s")
        ),
        EventKind(f"{kind}.ending_withdrawn", "payment", "refresh", _by_person_of("kept %(document)s as it is")),
        EventKind(f"{kind}.change_refused", "payment", "alert-triangle", ending_refused),
    )


KINDS = (
    EventKind("payment.requested", "payment", "cash", requested),
    EventKind("payment.discarded", "payment", "trash", _by_person("discarded the payment of %(amount)s")),
    EventKind(
        "payment.refused",
        "payment",
        "alert-triangle",
        lambda event: _because(event, _("QuickBooks refused the payment of %s") % money_of(event, "amount")),
    ),
    EventKind("payment.received", "payment", "cash", received),
    EventKind("payment.changed", "payment", "cash", payment_changed),
    EventKind("payment.voided", "payment", "receipt-refund", payment_voided),
    EventKind("payment.removed", "payment", "trash", _with_payment("Payment of %(amount)s was deleted in QuickBooks")),
    EventKind("payment.restored", "payment", "cash", _with_payment("Payment of %(amount)s is in QuickBooks again")),
    EventKind(
        "payment.void_requested", "payment", "ban", _by_person("asked QuickBooks to void the payment of %(amount)s")
    ),
    EventKind(
        "payment.delete_requested",
        "payment",
        "trash",
        _by_person("asked QuickBooks to delete the payment of %(amount)s"),
    ),
    EventKind("payment.ending_withdrawn", "payment", "refresh", _by_person("kept the payment of %(amount)s as it is")),
    EventKind("payment.change_refused", "payment", "alert-triangle", change_refused),
    EventKind("payment.apply_requested", "payment", "coins", use_requested),
    EventKind(
        "payment.use_discarded",
        "payment",
        "refresh",
        lambda event: _act(event, _("gave up using %s of a payment") % money_of(event, "used")),
    ),
    EventKind("creditmemo.apply_requested", "payment", "coins", credit_use_requested),
    EventKind("creditmemo.applied", "payment", "coins", credit_applied),
    EventKind("creditmemo.requested", "payment", "receipt-refund", memo_requested),
    EventKind("creditmemo.refused", "payment", "alert-triangle", memo_refused),
    EventKind(
        "creditmemo.discarded",
        "payment",
        "trash",
        lambda event: _act(event, _("discarded the credit memo over %s") % money_of(event, "total")),
    ),
    *_of_documents("creditmemo", "receipt-refund"),
    *_endings_of("creditmemo"),
    EventKind("salesreceipt.void_requested", "payment", "ban", _by_person_of("asked QuickBooks to void %(document)s")),
    *_endings_of("salesreceipt"),
    *_of_documents("refund", "receipt-refund"),
    EventKind("salesreceipt.requested", "payment", "receipt", receipt_requested),
    EventKind("salesreceipt.refused", "payment", "alert-triangle", receipt_refused),
    EventKind(
        "salesreceipt.discarded",
        "payment",
        "trash",
        lambda event: _act(event, _("discarded the sales receipt over %s") % money_of(event, "total")),
    ),
    *_of_documents("salesreceipt", "receipt"),
)
