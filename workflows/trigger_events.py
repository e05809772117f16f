"""The events that can start a workflow, with their words: what the builder offers for each kind of record."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class TriggerEvent:
    """An event by name. It also enrols records of the kinds in ``about``, which it is shown on."""

    name: str
    label: "StrOrPromise"
    group: "StrOrPromise"
    about: tuple[str, ...] = ()

    @property
    def object_type(self) -> str:
        """The kind of record that it happens to."""
        return self.name.partition(".")[0]


_CHANGES = (
    ("created", _("is created")),
    ("changed", _("is changed")),
    ("archived", _("is archived")),
    ("restored", _("is restored")),
    ("merged", _("takes over a duplicate")),
)
_DEALS = (
    ("stage_changed", _("moves to another stage")),
    ("won", _("is won")),
    ("lost", _("is lost")),
    ("reopened", _("is opened again")),
    ("lines_changed", _("gets other line items")),
    ("contact_added", _("gets a contact")),
    ("contact_removed", _("loses a contact")),
)
_QUOTES = (
    ("created", _("is created")),
    ("changed", _("is changed")),
    ("published", _("is published")),
    ("viewed", _("is looked at by the customer")),
    ("accepted", _("is accepted")),
    ("declined", _("is declined")),
    ("closed", _("is closed")),
    ("approved", _("is approved")),
)
_INVOICES = (
    ("requested", _("is asked for in the CRM")),
    ("created", _("made in the CRM arrives in QuickBooks")),
    ("created_in_quickbooks", _("is made in QuickBooks")),
    ("refused", _("is refused by QuickBooks")),
    ("sent", _("is sent")),
    ("send_failed", _("can’t be sent")),
    ("partly_paid", _("is partly paid")),
    ("paid", _("is paid in full")),
    ("reopened", _("is no longer paid in full")),
    ("overdue", _("becomes overdue")),
    ("edited", _("is changed in QuickBooks")),
    ("changed", _("is changed in the CRM")),
    ("voided", _("is voided")),
    ("linked", _("is put on a record")),
    ("unlinked", _("is taken off a record")),
    ("reminded", _("is reminded of")),
    ("archived", _("is archived")),
)
_PAYMENTS = (
    ("received", _("is received")),
    ("changed", _("is changed")),
    ("voided", _("is voided")),
    ("removed", _("is deleted")),
    ("restored", _("comes back")),
    ("refused", _("is refused by QuickBooks")),
)
_ESTIMATES = (("created", _("arrives in QuickBooks")), ("refused", _("is refused by QuickBooks")))
_BILLS = (
    ("created", _("arrives from QuickBooks")),
    ("changed", _("is changed in QuickBooks")),
    ("paid", _("is paid")),
    ("removed", _("is deleted in QuickBooks")),
)
_RECEIPTS = (
    ("created", _("arrives in QuickBooks, or is made there")),
    ("refused", _("is refused by QuickBooks")),
    ("voided", _("is voided")),
    ("removed", _("is deleted")),
)
_TASKS = (("created", _("is created")), ("done", _("is done")))
_NOTES = (("note.added", _("A note is written")), ("email.logged", _("An e-mail is logged")))
_PARTIES, _MONEY = ("contact", "company"), ("deal", "contact", "company")
_ALL = ("deal", "contact", "company", "product", "quote")


def _of(kind: str, group: "StrOrPromise", acts: "Iterable[tuple[str, StrOrPromise]]", *about: str) -> Iterator[Any]:
    for act, words in acts:
        yield TriggerEvent(f"{kind}.{act}", format_lazy("{} {}", group, words), group, about)


EVENTS: dict[str, TriggerEvent] = {
    each.name: each
    for each in (
        *_of("deal", _("Deal"), (*_CHANGES[:2], *_DEALS, *_CHANGES[2:]), *_PARTIES),
        *_of("contact", _("Contact"), _CHANGES, "company"),
        *_of("company", _("Company"), _CHANGES),
        *_of("product", _("Product"), _CHANGES),
        *_of("quote", _("Quote"), _QUOTES, *_MONEY),
        *_of("invoice", _("Invoice"), _INVOICES, *_MONEY, "quote"),
        *_of("payment", _("Payment"), _PAYMENTS, "invoice", *_MONEY),
        *_of("estimate", _("Estimate"), _ESTIMATES, "quote", *_MONEY),
        *_of("salesreceipt", _("Sales receipt"), _RECEIPTS, *_MONEY),
        *_of("bill", _("Bill"), _BILLS),
        *_of("task", _("Task"), _TASKS, *_ALL, "invoice", "payment", "bill"),
        *(TriggerEvent(name, label, _("Activity"), _ALL) for name, label in _NOTES),
    )
}


def event_kinds_of(object_type: str) -> list[TriggerEvent]:
    """What can start a workflow about a kind of record: what happens to it first, then to what belongs to it."""
    found = [each for each in EVENTS.values() if object_type in (each.object_type, *each.about)]
    return sorted(found, key=lambda each: each.object_type != object_type)
