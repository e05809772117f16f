"""The order in which QuickBooks writes the fields of an object."""

from __future__ import annotations

from typing import Any

_IDENTITY = "domain sparse Id SyncToken MetaData"
_SALES_HEAD = (
    "Deposit AllowIPNPayment AllowOnlinePayment AllowOnlineCreditCardPayment AllowOnlineACHPayment InvoiceLink "
    f"RemainingCredit {_IDENTITY} CustomField DocNumber TxnDate DepartmentRef CurrencyRef ExchangeRate PrivateNote "
    "TxnStatus LinkedTxn Line TxnTaxDetail CustomerRef CustomerMemo BillAddr ShipAddr FreeFormAddress ShipFromAddr "
    "SalesTermRef DueDate ExpirationDate GlobalTaxCalculation TotalAmt HomeTotalAmt ApplyTaxAfterDiscount PrintStatus "
    "EmailStatus BillEmail Balance HomeBalance PaymentMethodRef PaymentRefNum DepositToAccountRef DeliveryInfo"
)
_PERSON = (
    "Taxable BillAddr ShipAddr Notes Job BillWithParent ParentRef Level Balance BalanceWithJobs CurrencyRef "
    f"PreferredDeliveryMethod IsProject ClientEntityId {_IDENTITY} Title GivenName MiddleName FamilyName Suffix "
    "FullyQualifiedName CompanyName DisplayName PrintOnCheckName Active V4IDPseudonym PrimaryPhone AlternatePhone "
    "Mobile Fax PrimaryEmailAddr WebAddr DefaultTaxCodeRef"
)
_ORDERS = {
    "Customer": _PERSON,
    "Vendor": _PERSON,
    "Employee": _PERSON,
    "Item": (
        "Name Sku Description Active SubItem ParentRef Level FullyQualifiedName Taxable SalesTaxIncluded UnitPrice "
        "Type IncomeAccountRef PurchaseDesc PurchaseCost ExpenseAccountRef AssetAccountRef TrackQtyOnHand QtyOnHand "
        f"InvStartDate SalesTaxCodeRef DeferredRevenue {_IDENTITY}"
    ),
    "Payment": (
        "CustomerRef DepositToAccountRef PaymentMethodRef PaymentRefNum TotalAmt UnappliedAmt ProcessPayment "
        f"{_IDENTITY} TxnDate CurrencyRef ExchangeRate PrivateNote LinkedTxn Line"
    ),
}
_PLACES: dict[str, dict[str, int]] = {
    entity: {name: place for place, name in enumerate(order.split())}
    for entity, order in {
        **_ORDERS,
        **dict.fromkeys(("Invoice", "Estimate", "CreditMemo", "SalesReceipt", "RefundReceipt"), _SALES_HEAD),
    }.items()
}


def arrange(entity: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return the object with its fields in QuickBooks' order; unknown ones last but before its identity."""
    places = _PLACES.get(entity)
    if places is None:
        tail = [name for name in _IDENTITY.split() if name in body]
        return {name: body[name] for name in body if name not in tail} | {name: body[name] for name in tail}
    last = len(places)
    return {name: body[name] for name in sorted(body, key=lambda name: places.get(name, last))}
