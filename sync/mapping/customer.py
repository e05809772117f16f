"""Customer <-> contact and company.

A Customer with a company name is a company, one with a person's name a contact of it; one with neither is a company
of its display name. A sub-customer (ParentRef) is at most a contact of its parent's company.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sync.mapping.reading import Payload, address, flag, name_without_mark, part, quickbooks_address, text

DISPLAY_NAME_LIMIT = 500
# QuickBooks refuses these in names.
_FORBIDDEN = str.maketrans({":": "-", "\t": " ", "\n": " ", "\r": " "})


@dataclass(frozen=True)
class CustomerValues:
    """A Customer in the CRM's words; ``contact`` or ``company`` is None where it is none."""

    contact: dict[str, Any] | None
    company: dict[str, Any] | None
    email: str
    parent_id: str
    active: bool


def from_customer(payload: Payload) -> CustomerValues:
    """A Customer payload in the CRM's words. Raises BadPayload."""
    active = flag(payload, "Active", default=True)
    display = name_without_mark(text(payload, "DisplayName"), active=active)
    first, last = text(payload, "GivenName"), text(payload, "FamilyName")
    company_name = text(payload, "CompanyName")
    parent = text(payload, "ParentRef", "value")
    email = text(payload, "PrimaryEmailAddr", "Address").strip()
    shared = {
        "email": email[:254],
        "phone": text(payload, "PrimaryPhone", "FreeFormNumber")[:60],
        "website": text(payload, "WebAddr", "URI")[:1000],
        "billing_address": address(payload, "BillAddr"),
        "shipping_address": address(payload, "ShipAddr"),
    }
    contact = company = None
    if first or last:
        contact = {
            **shared,
            "first_name": first[:100],
            "last_name": last[:100],
            "mobile": text(payload, "Mobile", "FreeFormNumber")[:60],
        }
    if not parent and (company_name or contact is None):
        company = {
            **shared,
            "name": (company_name or display)[:500],
            "currency": text(part(payload, "CurrencyRef"), "value")[:3],
        }
    return CustomerValues(contact, company, email, parent, active)


def to_customer(values: Mapping[str, Any], *, currency: str = "") -> dict[str, Any]:
    """A new Customer from a wizard's or record's values: name, email, company_name, given_name and so on.

    ``currency`` only for companies with several currencies: it can't be changed later.
    """
    fields: dict[str, Any] = {
        "DisplayName": clean_name(values.get("name", ""))[:DISPLAY_NAME_LIMIT],
        "CompanyName": values.get("company_name", "")[:100],
        "GivenName": clean_name(values.get("given_name", ""))[:100],
        "FamilyName": clean_name(values.get("family_name", ""))[:100],
    }
    payload = {name: value for name, value in fields.items() if value}
    if values.get("email"):
        payload["PrimaryEmailAddr"] = {"Address": values["email"]}
    if values.get("phone"):
        payload["PrimaryPhone"] = {"FreeFormNumber": values["phone"][:30]}
    billing = quickbooks_address(values.get("billing_address") or {})
    if billing:
        payload["BillAddr"] = billing
    if currency:
        payload["CurrencyRef"] = {"value": currency}
    return payload


def clean_name(name: str) -> str:
    """A name without what QuickBooks forbids in names (colon, tab, line break)."""
    return " ".join(name.translate(_FORBIDDEN).split())
