"""A new Item, for what a person asks for by hand."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sync.mapping.customer import clean_name

# Categories group items and can't be sold.
NOT_SOLD = frozenset({"Category"})


def to_item(values: Mapping[str, Any], *, income_account: str) -> dict[str, Any]:
    """A new service item: name, sku, unit_price, description. ``income_account`` is the id its sales are booked on."""
    payload: dict[str, Any] = {
        "Name": clean_name(values.get("name", ""))[:100],
        "Type": "Service",
        "IncomeAccountRef": {"value": income_account},
    }
    if values.get("sku"):
        payload["Sku"] = values["sku"][:100]
    if values.get("description"):
        payload["Description"] = values["description"][:4000]
    if values.get("unit_price"):
        payload["UnitPrice"] = Decimal(str(values["unit_price"]))
    return payload
