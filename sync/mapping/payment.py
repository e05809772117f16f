"""Payment <-> payment."""

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from invoices.models import CreditApplication, Payment, PaymentApplication
from invoices.synced import SyncedApplication, SyncedCreditUse, SyncedPayment
from sync.mapping.credit import is_deposited
from sync.mapping.invoice import Names, marked_request_id, note_without_marker
from sync.mapping.reading import BadPayload, Payload, amount, date, moment, named, parts, text
from sync.mapping.sales_lines import plain_number

ZERO = Decimal(0)


def from_payment(
    payload: Payload, names: Names, *, methods: Mapping[str, str], accounts: Mapping[str, str]
) -> SyncedPayment:
    """A Payment payload in the CRM's words. Lines name the invoices it pays and the credit memos it uses for them."""
    total = amount(payload, "TotalAmt")
    if total is None:
        raise BadPayload("TotalAmt is missing.")
    customer = text(payload, "CustomerRef", "value")
    applied, used = parts_by_document(payload, "Invoice"), parts_by_document(payload, "CreditMemo")
    method, account = text(payload, "PaymentMethodRef", "value"), text(payload, "DepositToAccountRef", "value")
    return SyncedPayment(
        external_id=text(payload, "Id"),
        customer_external_id=customer,
        customer_name=named(payload, "CustomerRef")[:500],
        received_on=date(payload, "TxnDate"),
        amount=total,
        unapplied=amount(payload, "UnappliedAmt") or ZERO,
        currency=(text(payload, "CurrencyRef", "value") or names.home_currency)[:3],
        exchange_rate=amount(payload, "ExchangeRate") or Decimal(1),
        method_external_id=method,
        method_name=methods.get(method, "")[:120],
        reference=text(payload, "PaymentRefNum")[:60],
        note=note_without_marker(text(payload, "PrivateNote")),
        deposit_account_external_id=account,
        deposit_account_name=(accounts.get(account) or named(payload, "DepositToAccountRef"))[:500],
        deposited=is_deposited(payload),
        voided=total == 0 and text(payload, "PrivateNote").strip().startswith("Voided"),
        remote_updated_at=moment(payload, "MetaData", "LastUpdatedTime"),
        applications=tuple(SyncedApplication(invoice, value) for invoice, value in applied.items()),
        credits=tuple(SyncedCreditUse(credit, value) for credit, value in used.items()),
        contact_ids=names.contacts.get(customer, ()),
        company_ids=names.companies.get(customer, ()),
    )


def parts_by_document(payload: Payload, kind: str) -> dict[str, Decimal]:
    """How much of a payment concerns each document of a kind, by QuickBooks id."""
    found: dict[str, Decimal] = {}
    for line in parts(payload, "Line"):
        for linked in parts(line, "LinkedTxn"):
            if text(linked, "TxnType") == kind:
                key = text(linked, "TxnId")
                found[key] = found.get(key, ZERO) + (amount(line, "Amount") or ZERO)
    return found


def marker(payment: Payment) -> str:
    """The last line of PrivateNote of every payment that we create: by it the payment is found again."""
    return f"CRM {payment.request_id}"


def marked_intent(payload: Payload) -> uuid.UUID | None:
    """The intent in a payment's marker, None when it carries none."""
    try:
        return uuid.UUID(marked_request_id(payload))
    except (ValueError, BadPayload):
        return None


def to_payment(
    payment: Payment,
    parts: Sequence[PaymentApplication],
    credits: Sequence[CreditApplication] = (),
    *,
    multicurrency: bool,
) -> dict[str, Any]:
    """A new Payment, applied to its invoices; what is left stays as the customer's credit.

    ``credits`` are the credit memos that it uses: then no money came in, and TotalAmt is 0.
    """
    payload: dict[str, Any] = {
        "CustomerRef": {"value": payment.customer_external_id},
        "TotalAmt": plain_number(payment.amount),
        "TxnDate": payment.received_on.isoformat() if payment.received_on else None,
        "PrivateNote": "\n".join(line for line in (payment.note[:3900], marker(payment)) if line),
        "Line": [
            *(paying(part.amount, part.invoice_external_id, "Invoice") for part in parts),
            *(paying(part.amount, part.credit_external_id, "CreditMemo") for part in credits),
        ],
    }
    if payment.method_external_id:
        payload["PaymentMethodRef"] = {"value": payment.method_external_id}
    if payment.deposit_account_external_id:
        payload["DepositToAccountRef"] = {"value": payment.deposit_account_external_id}
    if payment.reference:
        payload["PaymentRefNum"] = payment.reference
    if multicurrency:
        payload["CurrencyRef"] = {"value": payment.currency}
        payload["ExchangeRate"] = plain_number(payment.exchange_rate)
    return {name: value for name, value in payload.items() if value is not None}


def paying(amount: Decimal, external_id: str, kind: str) -> dict[str, Any]:
    """A payment's line for one document."""
    return {"Amount": plain_number(amount), "LinkedTxn": [{"TxnId": external_id, "TxnType": kind}]}


def with_more(current: Payload, invoice_external_id: str, more: Decimal) -> dict[str, Any]:
    """The sparse update of a payment that gives ``more`` of it to an invoice.

    All lines go along, as QuickBooks unlinks what an update does not name.
    """
    lines = []
    added = False
    for raw in parts(current, "Line"):
        (linked, *_rest) = parts(raw, "LinkedTxn") or [{}]
        if not linked:
            continue
        had = amount(raw, "Amount") or ZERO
        kind, key = text(linked, "TxnType"), text(linked, "TxnId")
        if kind == "Invoice" and key == invoice_external_id and not added:
            had, added = had + more, True
        lines.append(paying(had, key, kind))
    if not added:
        lines.append(paying(more, invoice_external_id, "Invoice"))
    return {
        "Id": text(current, "Id"),
        "SyncToken": text(current, "SyncToken"),
        "sparse": True,
        "CustomerRef": {"value": text(current, "CustomerRef", "value")},
        "TotalAmt": plain_number(amount(current, "TotalAmt") or ZERO),
        "Line": lines,
    }
