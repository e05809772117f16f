"""What the settings of an object are called, and a sentence about each choice; per object where they differ."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from sync.enums import (
    BackFill,
    CustomerIs,
    Direction,
    Incoming,
    Matching,
    Removal,
    SyncObject,
    Winner,
    WithoutEmail,
)

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

CONTACT, PRODUCT, INVOICE = SyncObject.CONTACT, SyncObject.PRODUCT, SyncObject.INVOICE


@dataclass(frozen=True)
class Words:
    """A setting's title and help."""

    title: "StrOrPromise"
    help: "StrOrPromise" = ""


@dataclass(frozen=True)
class Section:
    """Settings that belong together on the form."""

    name: str
    title: "StrOrPromise"
    fields: tuple[str, ...]


SECTIONS = (
    Section("direction", _("Which way"), ("direction",)),
    Section("part", _("Who takes part"), ("without_email", "back_fill", "back_fill_since", "filter_in", "filter_out")),
    Section("incoming", _("From QuickBooks to the CRM"), ("incoming", "removal")),
    Section("conflicts", _("When both sides changed"), ("winner",)),
    Section("matching", _("Finding each other"), ("matching", "matching_fields")),
    Section(
        "outgoing",
        _("From the CRM to QuickBooks"),
        ("customer_is", "display_name_template", "display_name_suffix", "income_account"),
    ),
)
_EVERY = ("direction", "incoming", "removal", "winner", "filter_in", "back_fill", "back_fill_since")
_MATCHED = ("matching", "matching_fields", "filter_out", "display_name_suffix")
APPLY: dict[SyncObject, frozenset[str]] = {
    CONTACT: frozenset({*_EVERY, *_MATCHED, "without_email", "customer_is", "display_name_template"}),
    PRODUCT: frozenset({*_EVERY, *_MATCHED, "income_account"}),
    # Invoices are linked by number and id alone, and go to QuickBooks by a person's wish.
    INVOICE: frozenset(_EVERY),
}
WORDS: dict[str, Words] = {
    "direction": Words(_("Direction"), _("Which side's changes reach the other.")),
    "incoming": Words(_("Created or updated in QuickBooks"), _("What happens here then.")),
    "removal": Words(_("Deleted in QuickBooks"), _("What happens to the record here then.")),
    "winner": Words(
        _("Conflict"),
        _("Whose value is taken when both sides changed one field since the last sync. A field mapping can say other."),
    ),
    "matching": Words(
        _("Matching"),
        _("How what is not linked yet finds its other side. A stored link always counts first."),
    ),
    "matching_fields": Words(
        _("Fields to match by"), _("The strongest first. A shared name is only ever suggested, never linked by itself.")
    ),
    "filter_in": Words(
        _("Filter for what comes from QuickBooks"),
        _("Only what fits takes part. What stops fitting leaves the sync and is shown as excluded, with the reason."),
    ),
    "filter_out": Words(
        _("Filter for what goes to QuickBooks"),
        _("Only what fits is created or changed there. The rest is shown as excluded, with the reason."),
    ),
    "without_email": Words(
        _("Records without e-mail"), _("Customers and contacts that have no e-mail address on either side.")
    ),
    "customer_is": Words(_("Customer is"), _("Whom a new customer in QuickBooks stands for.")),
    "display_name_template": Words(
        _("Display name in QuickBooks"),
        _("May hold {name}, {company}, {first}, {last}, {email}, {phone}, {city} and {id}."),
    ),
    "display_name_suffix": Words(
        _("Suffix for duplicates"),
        _("Added when a name is taken in QuickBooks; {number} counts up from 2."),
    ),
    "income_account": Words(
        _("Income account of new items"), _("Where QuickBooks books the sales of items that the CRM creates.")
    ),
    "back_fill": Words(_("Back-fill"), _("How far back the sync reaches for what is not linked yet.")),
    "back_fill_since": Words(_("Since"), ""),
}
_CHOICES: dict[str, dict[str, "StrOrPromise"]] = {
    "direction": {
        Direction.BOTH: _("What changes on one side changes on the other, field by field."),
        Direction.IN: _("QuickBooks leads: nothing that is changed here by hand is sent there."),
        Direction.OUT: _("The CRM leads: changes in QuickBooks stay there."),
    },
    "incoming": {
        Incoming.CREATE_AND_UPDATE: _("New ones become records here, changes are taken over."),
        Incoming.CREATE: _("New ones become records here; later changes in QuickBooks are left alone."),
        Incoming.UPDATE: _("Changes of linked records are taken over; nothing new is created here."),
        Incoming.NOTHING: _("Nothing is created or changed here, links stay."),
    },
    "removal": {
        Removal.NOTHING: _("The record stays as it is; its sync state says that the other side is gone."),
        Removal.ARCHIVE: _("The record leaves the lists and keeps its history; it comes back with the other side."),
        Removal.UNLINK: _("The record stays and no longer belongs to anything in QuickBooks."),
        Removal.DELETE: _("The record is deleted here for good."),
    },
    "winner": {
        Winner.QUICKBOOKS: _("QuickBooks' value is taken over here."),
        Winner.CRM: _("The CRM's value is sent to QuickBooks."),
        Winner.NEWEST: _("The side that changed last wins."),
        Winner.ASK: _("Nothing is overwritten; the field waits in the conflict queue until somebody decides."),
    },
    "matching": {
        Matching.DEFAULT: _("By e-mail address. A shared name is suggested, and a person confirms it."),
        Matching.FIELDS: _("By the fields that you choose below, in their order."),
        Matching.NONE: _("Nothing is matched: everything unlinked is new."),
    },
    "without_email": {
        WithoutEmail.EXCLUDED: _("They stay out of the sync and are shown as excluded."),
        WithoutEmail.INCLUDED: _("They take part; they can be matched by name only, after somebody confirmed it."),
    },
    "customer_is": {
        CustomerIs.COMPANY: _("A contact with a company becomes that company's customer; others stand for themselves."),
        CustomerIs.PERSON: _("Each contact becomes a customer of its own, also those of a company."),
    },
    "back_fill": {
        BackFill.EVERYTHING: _("Everything that is there takes part."),
        BackFill.SINCE: _("What was created or changed since a day takes part."),
        BackFill.FROM_NOW: _("Only what is new or changes after the sync was switched on takes part."),
    },
}
_OF_OBJECT: dict[SyncObject, dict[str, dict[str, "StrOrPromise"]]] = {
    CONTACT: {},
    PRODUCT: {
        "matching": {
            Matching.DEFAULT: _(
                "By SKU, without regard to case. A shared name is suggested, and a person confirms it."
            ),
        },
    },
    INVOICE: {
        "direction": {
            Direction.BOTH: _("QuickBooks' invoices come here, and edits made here reach QuickBooks."),
            Direction.IN: _("QuickBooks' invoices come here; an invoice is changed in QuickBooks only."),
            Direction.OUT: _("Only invoices made or added here are kept in step; the others stay in QuickBooks."),
        },
        "removal": {
            Removal.NOTHING: _("It stays in the lists, marked as deleted or voided; it counts in no sum."),
            Removal.ARCHIVE: _("It leaves the lists and keeps its history."),
            Removal.UNLINK: _("It stays as it is and is no longer kept up to date."),
            Removal.DELETE: _("It is deleted here with its lines; the timeline keeps the fact."),
        },
        "back_fill": {
            BackFill.EVERYTHING: _("All invoices of QuickBooks are shown here."),
            BackFill.SINCE: _("Invoices dated on or after a day are shown here."),
            BackFill.FROM_NOW: _("Only invoices that are made after the sync was switched on."),
        },
    },
}
_TITLES: dict[SyncObject, dict[str, Words]] = {
    CONTACT: {
        "removal": Words(
            _("Inactive or merged in QuickBooks"),
            _("QuickBooks does not delete customers. What belongs to a merged one moves to the winner in any case."),
        ),
    },
    PRODUCT: {
        "removal": Words(_("Inactive in QuickBooks"), _("QuickBooks does not delete products and services.")),
        "display_name_suffix": Words(
            _("Suffix for duplicates"),
            _("Added when an item of that name exists in QuickBooks; {number} counts from 2."),
        ),
    },
    INVOICE: {"removal": Words(_("Deleted or voided in QuickBooks"), _("What happens to the invoice here then."))},
}


def words(sync_object: SyncObject, name: str) -> Words:
    """Title and help of a setting."""
    return _TITLES[sync_object].get(name) or WORDS[name]


def sentence(sync_object: SyncObject, name: str, choice: str) -> str:
    """What a choice means."""
    own = _OF_OBJECT[sync_object].get(name, {})
    return str(own.get(choice) or _CHOICES.get(name, {}).get(choice, ""))
