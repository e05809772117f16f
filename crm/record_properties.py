"""The properties of a record as its page shows them: which there are, in what order and groups, how each prints."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.enums import PropertyKind
from core.money import formatted
from core.properties import definitions, display
from core.properties.objects import currency_of, stored
from core.properties.shown import people_in
from crm import terms
from crm.enums import BillingPeriod
from crm.kinds import Kind
from crm.models.records import address_lines

L = gettext_lazy


@dataclass(frozen=True)
class Own:
    """A property that every record of a kind has. ``name`` is that of its form field, ``look`` how it prints."""

    name: str
    label: Any
    look: str = "text"
    editable: bool = True
    group: Any = ""


@dataclass(frozen=True)
class Row:
    """A property with its value in print. ``lines`` are those of an address; ``url`` leads to what the value names."""

    name: str
    label: str
    look: str
    text: str = ""
    value: Any = None
    url: str = ""
    lines: Sequence[str] = ()
    editable: bool = False
    group: str = ""
    custom: bool = False

    @property
    def slot(self) -> str:
        """Its id on the page."""
        return slugify(self.name.replace(":", "-"))

    @property
    def empty(self) -> bool:
        """Whether there is no value."""
        return not (self.text or self.lines or self.value)


@dataclass(frozen=True)
class Group:
    """Properties under a heading."""

    heading: str
    rows: Sequence[Row] = field(default_factory=list)


ADDRESSES = L("Addresses")
OWNER = Own("owner", L("Owner"), "person")
ADDRESS_ROWS = (
    Own("billing_address", L("Billing address"), "address", group=ADDRESSES),
    Own("shipping_address", L("Shipping address"), "address", group=ADDRESSES),
)
TIMES = (
    Own("created_at", L("Created"), "when", editable=False),
    Own("updated_at", L("Last change"), "when", editable=False),
)
OWN: dict[str, tuple[Own, ...]] = {
    "contact": (
        Own("first_name", L("First name")),
        Own("last_name", L("Last name")),
        Own("email", L("E-mail"), "email"),
        Own("phone", L("Phone"), "phone"),
        Own("mobile", L("Mobile"), "phone"),
        Own("job_title", L("Job title")),
        Own("company", L("Company"), "company"),
        Own("website", L("Website"), "url"),
        OWNER,
        Own("notes", L("Notes"), "long"),
        *TIMES,
        *ADDRESS_ROWS,
    ),
    "company": (
        Own("name", L("Name")),
        Own("domain", L("Domain")),
        Own("email", L("E-mail"), "email"),
        Own("phone", L("Phone"), "phone"),
        Own("website", L("Website"), "url"),
        Own("industry", L("Industry")),
        Own("currency", L("Currency")),
        OWNER,
        Own("notes", L("Notes"), "long"),
        *TIMES,
        *ADDRESS_ROWS,
    ),
    "deal": (
        Own("name", L("Deal name")),
        Own("amount", L("Amount"), "money"),
        Own("currency", L("Currency")),
        Own("pipeline", L("Pipeline"), "pipeline", editable=False),
        Own("stage", L("Stage"), "stage", editable=False),
        Own("close_on", L("Close date"), "date"),
        Own("closed_at", L("Closed"), "when", editable=False),
        Own("company", L("Company"), "company"),
        OWNER,
        Own("description", L("Description"), "long"),
        *TIMES,
    ),
    "product": (
        Own("name", L("Name")),
        Own("sku", L("SKU")),
        Own("unit_price", L("Unit price"), "money"),
        Own("unit_cost", L("Unit cost"), "money"),
        Own("currency", L("Currency")),
        Own("billing_period", L("Billed"), "billed", editable=False),
        Own("active", L("Can be sold"), "yes"),
        Own("description", L("Description"), "long"),
        OWNER,
        *TIMES,
    ),
}
# What the record's heading is made of.
TITLES = {"name", "first_name", "last_name", "email"}


def own_of(kind: Kind, name: str) -> Own | None:
    """The property of this name that every record of the kind has."""
    return next((each for each in OWN.get(kind.name, ()) if each.name == name), None)


def row(kind: Kind, record: Any, name: str, *, editable: bool) -> Row | None:
    """One property of a record; None where there is no such property."""
    if (own := own_of(kind, name)) is not None:
        return _own(own, record, editable=editable)
    return next((each for each in _custom(kind, record, editable=editable) if each.name == name), None)


def groups(kind: Kind, record: Any, *, editable: bool) -> tuple[Sequence[Group], Sequence[Group]]:
    """The groups of what every record of the kind has, and those of custom properties in the order of the settings."""
    own = [_own(each, record, editable=editable) for each in OWN.get(kind.name, ())]
    shown = [each for each in own if each.name != "closed_at" or not each.empty]
    return _grouped(shown), _grouped(_custom(kind, record, editable=editable))


def _grouped(rows: Sequence[Row]) -> list[Group]:
    found: dict[str, list[Row]] = {}
    for each in rows:
        found.setdefault(each.group, []).append(each)
    return [Group(heading, held) for heading, held in found.items()]


def _own(own: Own, record: Any, *, editable: bool) -> Row:
    value = _value(own, record)
    text, url, lines = "", "", []
    if own.look == "money":
        text = formatted(value, record.currency)
    elif own.look == "date":
        text = date_format(value, "DATE_FORMAT") if value else ""
    elif own.look == "address":
        lines = address_lines(value or {})
    elif own.look == "yes":
        text = _("Yes") if value else _("No")
    elif own.look not in ("person", "when") and value is not None:
        text = str(value)
        if own.look == "company":
            url = reverse("crm:company-detail", args=[record.company_id])
        elif own.look == "url":
            url = text if text.startswith(("http://", "https://")) else f"https://{text}" if text else ""
    editable = editable and own.editable
    return Row(own.name, str(own.label), own.look, text, value, url, lines, editable, str(own.group))


def _value(own: Own, record: Any) -> Any:
    if own.look == "stage":
        return record.stage.name
    if own.look == "pipeline":
        return record.stage.pipeline
    if own.look == "billed":
        return terms.in_words(record.billing_period, record.billing_count) or BillingPeriod.ONCE.label
    return getattr(record, own.name)


def _custom(kind: Kind, record: Any, *, editable: bool) -> list[Row]:
    known = definitions(kind.name)
    held = stored(record)
    people = people_in(known, [held]) if known else {}
    return [
        Row(
            each.name,
            each.label,
            "long" if each.kind == PropertyKind.LONG_TEXT else "text",
            display(each, held.get(each.slot), people=people, currency=currency_of(record)),
            editable=editable,
            group=each.group,
            custom=True,
        )
        for each in known
    ]
