"""What the lists can be filtered and sorted by, in the terms of the condition language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.conditions import Field, Fields, fields
from crm.enums import BillingStatus, DealStatus, QuoteStatus


def _field(name: str, label: Any, kind: str, path: str, choices: Any = ()) -> Field:
    """A property to filter by; its label and choices are translated when they are printed."""
    return Field(name, label, kind, path, tuple(choices))


ARCHIVED = _field("archived", _("Archived"), "checkbox", "is_archived")
OWNER = _field("owner", _("Owner"), "record", "owner_id")
COMPANY_OF = _field("company", _("Company"), "record", "company_id")
CREATED = _field("created", _("Created"), "date", "created_at__date")
UPDATED = _field("updated", _("Last change"), "date", "updated_at__date")


@dataclass(frozen=True)
class ListSpec:
    """What a list knows: its filters, its sort keys (as in the address) with their columns, and the first order."""

    fields: Fields
    sorts: Mapping[str, str]
    default_sort: str
    # Filters that have a control on the page; others come by link and are carried along.
    controls: frozenset[str] = frozenset()


COMPANIES = ListSpec(
    fields(OWNER, _field("industry", _("Industry"), "choice", "industry"), CREATED, UPDATED, ARCHIVED),
    {"name": "name_key", "updated": "updated_at", "created": "created_at"},
    "name",
    frozenset({"owner", "updated", "archived"}),
)
CONTACTS = ListSpec(
    fields(OWNER, COMPANY_OF, CREATED, UPDATED, ARCHIVED),
    {"name": "name_key", "email": "email", "updated": "updated_at", "created": "created_at"},
    "name",
    frozenset({"owner", "company", "updated", "archived"}),
)
DEALS = ListSpec(
    fields(
        _field("status", _("Status"), "choice", "status", DealStatus.choices),
        _field("stage", _("Stage"), "record", "stage_id"),
        _field("pipeline", _("Pipeline"), "record", "stage__pipeline_id"),
        OWNER,
        COMPANY_OF,
        _field("contact", _("Contact"), "record", "deal_contacts__contact_id"),
        _field("amount", _("Amount"), "number", "amount"),
        _field("close_on", _("Close date"), "date", "close_on"),
        _field("invoice_status", _("Invoice status"), "choice", "billing__invoice_status", BillingStatus.choices),
        _field("invoice_due_on", _("Invoice due date"), "date", "billing__invoice_due_on"),
        _field("outstanding", _("Outstanding"), "number", "billing__outstanding"),
        CREATED,
        UPDATED,
        ARCHIVED,
    ),
    {
        "name": "name_key",
        "amount": "amount",
        "close_on": "close_on",
        "updated": "updated_at",
        "invoice_amount": "invoice_amount_billed",
        "invoice_number": "invoice_number",
        "invoice_due_on": "invoice_due_on",
        "outstanding": "outstanding",
    },
    "-updated",
    frozenset(
        {"status", "stage", "owner", "company", "invoice_status", "close_on", "amount", "invoice_due_on", "archived"}
    ),
)
PRODUCTS = ListSpec(
    fields(
        _field("active", _("Active"), "checkbox", "active"),
        OWNER,
        _field("unit_price", _("Unit price"), "number", "unit_price"),
        CREATED,
        UPDATED,
        ARCHIVED,
    ),
    {"name": "name_key", "sku": "sku", "unit_price": "unit_price", "updated": "updated_at"},
    "name",
    frozenset({"unit_price", "owner", "archived"}),
)
QUOTES = ListSpec(
    fields(
        _field("status", _("Status"), "choice", "status", QuoteStatus.choices),
        OWNER,
        _field("deal", _("Deal"), "record", "deal_id"),
        _field("contact", _("Contact"), "record", "contact_id"),
        _field("amount", _("Amount"), "number", "amount"),
        _field("expires_on", _("Expiry date"), "date", "expires_on"),
        CREATED,
        UPDATED,
        ARCHIVED,
    ),
    {"title": "title", "amount": "amount", "expires_on": "expires_on", "updated": "updated_at"},
    "-updated",
    frozenset({"status", "owner", "expires_on", "amount", "archived"}),
)
