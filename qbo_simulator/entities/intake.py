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
    "HomeTotalAmt HomeBalance TaxPercent NetAmountTaxable RateValue LineNum ReorderPoint BalanceWithJobs Hours Minutes "
    "BreakHours BreakMinutes HourlyRate CostRate BillRate Rate QtyDiff OpeningBalance TaxAmount Size"
)
TRUTHS = words(
    "Active Taxable sparse Job BillWithParent PercentBased ApplyTaxAfterDiscount TrackQtyOnHand SubItem "
    "SalesTaxIncluded ProcessPayment AllowOnlineCreditCardPayment AllowOnlineACHPayment SubAccount Vendor1099 "
    "BillableTime Adjustment Credit TaxTrackedOnSales TaxTrackedOnPurchases IncludeOnSend PurchaseTaxIncluded"
)
DATES = words(
    "TxnDate DueDate ShipDate ExpirationDate ServiceDate AcceptedDate InvStartDate AsOfDate OpenBalanceDate "
    "OpeningBalanceDate HiredDate ReleasedDate BirthDate BudgetDate StartDate EndDate"
)
LISTS = words(
    "Line LinkedTxn CustomField TaxLine ItemGroupLine NameValue AttachableRef BudgetDetail TaxRateDetails TaxRateDetail"
)
OBJECTS = words("BillEmail PrimaryPhone AlternatePhone Mobile Fax CustomerMemo DeliveryInfo MetaData")
TEXTS = words(
    "Id SyncToken TxnId TxnType DocNumber DisplayName Name Title GivenName MiddleName FamilyName Suffix CompanyName "
    "PrintOnCheckName Notes Sku Description PurchaseDesc PrivateNote PaymentRefNum Type DetailType EmailStatus "
    "PrintStatus TxnStatus GlobalTaxCalculation AccountType AccountSubType Address FreeFormNumber URI value name Code "
    "PayType PaymentType PostingType NameOf BillableStatus AcctNum Memo CheckNum FileName Note ContentType Category "
    "SourceCurrencyCode TargetCurrencyCode POStatus TaxIdentifier PreferredDeliveryMethod EmployeeNumber SSN Gender "
    "Line1 Line2 Line3 Line4 Line5 City CountrySubDivisionCode Country PostalCode StringValue BookCloseDate"
)
#: Amounts have at most fifteen digits before the point.
_TOO_LARGE = Decimal(10) ** 15
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
    if value is None or (value == "" and not isinstance(value, (dict, list))):
        return CLEARED
    _check_shape(name, value)
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
        return [item for item in (_value("", entry) for entry in value) if item is not CLEARED]
    return _scalar(name, value)


def _check_shape(name: str, value: Any) -> None:
    """Refuse objects, lists and plain values where another of these belongs."""
    if name in LISTS:
        right = isinstance(value, list) and all(isinstance(item, dict) for item in value if item is not None)
    elif name in OBJECTS or name.endswith(("Ref", "Addr", "Detail", "Prefs")):
        right = isinstance(value, dict)
    elif name in NUMBERS or name in TRUTHS or name in DATES or name in TEXTS:
        right = not isinstance(value, (dict, list))
    else:
        right = True
    if not right:
        raise invalid_property(name, name)


def _scalar(name: str, value: Any) -> Any:
    if name in NUMBERS:
        try:
            number = decimal_of(value)
        except ValueError as error:
            raise illegal_number(name, value) from error
        if abs(number) >= _TOO_LARGE:
            raise illegal_number(name, value)
        return number
    if name in TRUTHS and not isinstance(value, bool):
        if str(value).lower() not in ("true", "false"):
            raise invalid_property(f"{name} ({value})", name)
        return str(value).lower() == "true"
    if name in DATES:
        found = _DATE.match(str(value))
        if not found:
            raise invalid_property(f"{name} ({value})", name)
        return found.group(1)
    return str(value) if name in TEXTS else value
