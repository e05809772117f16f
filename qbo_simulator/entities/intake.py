"""What arrives in a request, made regular: numbers as decimals, empty values dropped, references clean."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from qbo_simulator.amounts import decimal_of
from qbo_simulator.entities.catalogue import words
from qbo_simulator.faults import illegal_number, invalid_property

NUMBERS = words(
    "Amount Qty UnitPrice DiscountPercent DiscountRate DiscountAmt TotalAmt Balance Deposit ExchangeRate TotalTax "
    "TaxInclusiveAmt DueDays DiscountDays DayOfMonthDue DueNextMonthDays PurchaseCost QtyOnHand Quantity UnappliedAmt "
    "HomeTotalAmt HomeBalance TaxPercent NetAmountTaxable RateValue LineNum ReorderPoint BalanceWithJobs"
)
TRUTHS = words(
    "Active Taxable sparse Job BillWithParent PercentBased ApplyTaxAfterDiscount TrackQtyOnHand SubItem "
    "SalesTaxIncluded ProcessPayment AllowOnlineCreditCardPayment AllowOnlineACHPayment SubAccount"
)
DATES = words("TxnDate DueDate ShipDate ExpirationDate ServiceDate AcceptedDate InvStartDate")
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)")

#: Nothing was sent for this field except the wish to empty it.
CLEARED = object()


def take_in(body: dict[str, Any]) -> dict[str, Any]:
    """Return the request's object made regular; fields sent empty have the value CLEARED. Raises Refused."""
    try:
        return {name: _value(name, value, top=True) for name, value in body.items()}
    except RecursionError as error:
        raise invalid_property("Too deeply nested content") from error


def _value(name: str, value: Any, *, top: bool = False) -> Any:
    if isinstance(value, dict):
        inner = {key: _value(key, item) for key, item in value.items()}
        if name.endswith("Prefs"):
            return inner
        kept = {key: item for key, item in inner.items() if item is not CLEARED}
        if name.endswith("Ref") and not kept.get("value"):
            return CLEARED
        if name.endswith("Ref"):
            kept["value"] = str(kept["value"])
        return kept if kept or not top else CLEARED
    if isinstance(value, list):
        return [_value(name.removesuffix("s"), item) for item in value if item is not None]
    if value is None or value == "":
        return CLEARED
    return _scalar(name, value)


def _scalar(name: str, value: Any) -> Any:
    if name in NUMBERS:
        try:
            return decimal_of(value)
        except ValueError as error:
            raise illegal_number(name, value) from error
    if name in TRUTHS and isinstance(value, str):
        if value.lower() not in ("true", "false"):
            raise invalid_property(f"{name} ({value})", name)
        return value.lower() == "true"
    if name in DATES:
        found = _DATE.match(str(value))
        if not found:
            raise invalid_property(f"{name} ({value})", name)
        return found.group(1)
    if name in ("Id", "SyncToken", "TxnId"):
        return str(value)
    if isinstance(value, (int, float, Decimal)) and name in ("DocNumber", "DisplayName", "Name", "PaymentRefNum"):
        return str(value)
    return value
