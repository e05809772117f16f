"""A new Customer, for what a person asks for by hand; see ``sync.mapping.values`` for what a Customer is here."""

from collections.abc import Mapping
from typing import Any

from sync.mapping.reading import quickbooks_address

DISPLAY_NAME_LIMIT = 500
# QuickBooks refuses these in names.
_FORBIDDEN = str.maketrans({":": "-", "\t": " ", "\n": " ", "\r": " "})


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
