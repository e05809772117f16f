"""Payment <-> payment."""

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from invoices.models import Payment, PaymentApplication
from invoices.synced import SyncedApplication, SyncedPayment
from sync.mapping.invoice import Names, marked_request_id, note_without_marker, plain_number
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
        note=note_without_marker(text(payload, "PrivateNote")),
        voided=total == 0 and text(payload, "PrivateNote").strip().startswith("Voided"),
        remote_updated_at=moment(payload, "MetaData", "LastUpdatedTime"),
        applications=tuple(SyncedApplication(invoice, value) for invoice, value in applied.items()),
        contact_ids=names.contacts.get(customer, ()),
        company_ids=names.companies.get(customer, ()),
    )


def marker(payment: Payment) -> str:
    """The last line of PrivateNote of every payment that we create: by it the payment is found again."""
    return f"CRM {payment.request_id}"


def marked_intent(payload: Payload) -> uuid.UUID | None:
    """The intent in a payment's marker, None when it carries none."""
    try:
        return uuid.UUID(marked_request_id(payload))
    except (ValueError, BadPayload):
        return None


def to_payment(payment: Payment, parts: Sequence[PaymentApplication], *, multicurrency: bool) -> dict[str, Any]:
    """A new Payment, applied to its invoices; what is left stays as the customer's credit."""
    payload: dict[str, Any] = {
        "CustomerRef": {"value": payment.customer_external_id},
        "TotalAmt": plain_number(payment.amount),
        "TxnDate": payment.received_on.isoformat() if payment.received_on else None,
        "PrivateNote": "\n".join(line for line in (payment.note[:3900], marker(payment)) if line),
        "Line": [
            {
                "Amount": plain_number(part.amount),
                "LinkedTxn": [{"TxnId": part.invoice_external_id, "TxnType": "Invoice"}],
            }
            for part in parts
        ],
    }
    if payment.method_external_id:
        payload["PaymentMethodRef"] = {"value": payment.method_external_id}
    if payment.reference:
        payload["PaymentRefNum"] = payment.reference
    if multicurrency:
        payload["CurrencyRef"] = {"value": payment.currency}
        payload["ExchangeRate"] = plain_number(payment.exchange_rate)
    return {name: value for name, value in payload.items() if value is not None}
