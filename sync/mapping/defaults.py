"""The mappings that every connection starts with."""

from dataclasses import dataclass
from typing import Any

from sync.enums import Direction, RecordType

_BOTH, _IN = Direction.BOTH, Direction.IN


@dataclass(frozen=True)
class DefaultMapping:
    """One pair of fields and the way its values flow."""

    crm_field: str
    qbo_field: str
    direction: Direction = _BOTH


_PARTY = (
    DefaultMapping("email", "PrimaryEmailAddr.Address"),
    DefaultMapping("phone", "PrimaryPhone.FreeFormNumber"),
    DefaultMapping("website", "WebAddr.URI"),
    DefaultMapping("billing_address", "BillAddr"),
    DefaultMapping("shipping_address", "ShipAddr"),
)
DEFAULT_MAPPINGS: dict[RecordType, tuple[DefaultMapping, ...]] = {
    RecordType.COMPANY: (
        DefaultMapping("name", "CompanyName"),
        *_PARTY,
        DefaultMapping("currency", "CurrencyRef.value", _IN),
    ),
    RecordType.CONTACT: (
        DefaultMapping("first_name", "GivenName"),
        DefaultMapping("last_name", "FamilyName"),
        DefaultMapping("mobile", "Mobile.FreeFormNumber"),
        *_PARTY,
    ),
    RecordType.PRODUCT: (
        DefaultMapping("name", "Name"),
        DefaultMapping("sku", "Sku"),
        DefaultMapping("description", "Description"),
        DefaultMapping("unit_price", "UnitPrice"),
        DefaultMapping("unit_cost", "PurchaseCost"),
        DefaultMapping("active", "Active"),
    ),
    RecordType.INVOICE: (
        DefaultMapping("number", "DocNumber"),
        DefaultMapping("issued_on", "TxnDate"),
        DefaultMapping("due_on", "DueDate"),
        DefaultMapping("total", "TotalAmt", _IN),
        DefaultMapping("balance", "Balance", _IN),
        DefaultMapping("currency", "CurrencyRef.value", _IN),
        DefaultMapping("recipient", "BillEmail.Address"),
        DefaultMapping("message", "CustomerMemo.value"),
        DefaultMapping("private_note", "PrivateNote"),
        DefaultMapping("terms_external_id", "SalesTermRef.value"),
        DefaultMapping("billing_address", "BillAddr"),
        DefaultMapping("shipping_address", "ShipAddr"),
    ),
    RecordType.LINE: (
        DefaultMapping("item_external_id", "SalesItemLineDetail.ItemRef.value"),
        DefaultMapping("quantity", "SalesItemLineDetail.Qty"),
        DefaultMapping("unit_price", "SalesItemLineDetail.UnitPrice"),
        DefaultMapping("amount", "Amount"),
        DefaultMapping("description", "Description"),
        DefaultMapping("service_on", "SalesItemLineDetail.ServiceDate"),
        DefaultMapping("tax_code_external_id", "SalesItemLineDetail.TaxCodeRef.value"),
        DefaultMapping("discount_percent", "SalesItemLineDetail.DiscountRate"),
    ),
}


def default_rows(connection_id: int) -> list[dict[str, Any]]:
    """The columns of the mappings that a connection starts with."""
    return [
        {
            "connection_id": connection_id,
            "record_type": str(record_type),
            "crm_field": mapping.crm_field,
            "qbo_field": mapping.qbo_field,
            "direction": str(mapping.direction),
            "standard": True,
        }
        for record_type, mappings in DEFAULT_MAPPINGS.items()
        for mapping in mappings
    ]
