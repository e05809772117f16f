"""Payment -> payment."""

from collections.abc import Mapping
from decimal import Decimal

from invoices.synced import SyncedApplication, SyncedPayment
from sync.mapping.invoice import Names
from sync.mapping.reading import BadPayload, Payload, amount, date, moment, parts, text

ZERO = Decimal(0)


def from_payment(payload: Payload, names: Names, *, methods: Mapping[str, str]) -> SyncedPayment:
    """A Payment payload in the CRM's words. A line that pays anything but an invoice applies to none here."""
    total = amount(payload, "TotalAmt")
    if total is None:
        raise BadPayload("TotalAmt is missing.")
    customer = text(payload, "CustomerRef", "value")
    applied: dict[str, Decimal] = {}
    for line in parts(payload, "Line"):
        for linked in parts(line, "LinkedTxn"):
            if text(linked, "TxnType") == "Invoice":
                invoice = text(linked, "TxnId")
                applied[invoice] = applied.get(invoice, ZERO) + (amount(line, "Amount") or ZERO)
    return SyncedPayment(
        external_id=text(payload, "Id"),
        customer_external_id=customer,
        customer_name=text(payload, "CustomerRef", "name")[:500],
        received_on=date(payload, "TxnDate"),
        amount=total,
        unapplied=amount(payload, "UnappliedAmt") or ZERO,
        currency=(text(payload, "CurrencyRef", "value") or names.home_currency)[:3],
        exchange_rate=amount(payload, "ExchangeRate") or Decimal(1),
        method_name=methods.get(text(payload, "PaymentMethodRef", "value"), "")[:120],
        reference=text(payload, "PaymentRefNum")[:60],
        note=text(payload, "PrivateNote"),
        voided=total == 0 and text(payload, "PrivateNote").strip().startswith("Voided"),
        remote_updated_at=moment(payload, "MetaData", "LastUpdatedTime"),
        applications=tuple(SyncedApplication(invoice, value) for invoice, value in applied.items()),
        contact_ids=names.contacts.get(customer, ()),
        company_ids=names.companies.get(customer, ()),
    )
