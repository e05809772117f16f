"""Item <-> product."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sync.mapping.customer import clean_name
from sync.mapping.reading import Payload, amount, flag, name_without_mark, text

# Categories group items and can't be sold.
NOT_SOLD = frozenset({"Category"})


def from_item(payload: Payload, *, currency: str) -> dict[str, Any] | None:
    """An Item as a product's values, prices in the company's home currency; None for what can't be sold."""
    if text(payload, "Type") in NOT_SOLD:
        return None
    active = flag(payload, "Active", default=True)
    return {
        "name": name_without_mark(text(payload, "Name"), active=active)[:200],
        "sku": text(payload, "Sku")[:100],
        "description": text(payload, "Description"),
        "unit_price": amount(payload, "UnitPrice"),
        "unit_cost": amount(payload, "PurchaseCost"),
        "currency": currency,
        "active": active,
    }


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
