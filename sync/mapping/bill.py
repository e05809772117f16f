"""Bill -> the CRM's words. Pure; bills are never written."""

from collections.abc import Mapping
from decimal import Decimal

from invoices.synced import SyncedBill
from sync.mapping.reading import BadPayload, Payload, amount, date, moment, named, text


def from_bill(payload: Payload, vendors: Mapping[str, str], *, home_currency: str) -> SyncedBill:
    """A Bill payload in the CRM's words; ``vendors`` are names by id. Raises BadPayload naming the field."""
    total = amount(payload, "TotalAmt")
    if total is None:
        raise BadPayload("TotalAmt is missing.")
    vendor = text(payload, "VendorRef", "value")
    return SyncedBill(
        external_id=text(payload, "Id"),
        number=text(payload, "DocNumber")[:60],
        vendor_external_id=vendor,
        vendor_name=(vendors.get(vendor) or named(payload, "VendorRef"))[:500],
        issued_on=date(payload, "TxnDate"),
        due_on=date(payload, "DueDate"),
        currency=(text(payload, "CurrencyRef", "value") or home_currency)[:3],
        total=total,
        balance=amount(payload, "Balance") or Decimal(0),
        note=text(payload, "PrivateNote"),
        remote_updated_at=moment(payload, "MetaData", "LastUpdatedTime"),
    )
