"""Estimate <-> estimate: an invoice without balance, with a status and an expiry date."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from invoices.enums import EstimateStatus
from invoices.models import Estimate, EstimateLine, Invoice, InvoiceLine
from invoices.synced import SyncedEstimate
from invoices.tax import TaxCodeRates
from sync.mapping.invoice import Names, from_invoice, to_invoice
from sync.mapping.reading import BadPayload, Payload, date, text


def from_estimate(payload: Payload, names: Names) -> SyncedEstimate:
    """An Estimate payload in the CRM's words. Raises BadPayload naming the field."""
    status = text(payload, "TxnStatus") or EstimateStatus.PENDING
    if status not in EstimateStatus.values:
        raise BadPayload(f"TxnStatus is {status!r}.")
    as_invoice = {**payload, "Balance": payload.get("TotalAmt")}
    document = from_invoice(as_invoice, names, invoice_id=None, tracked=False)
    return SyncedEstimate(document=document, status=str(status), expires_on=date(payload, "ExpirationDate"))


def to_estimate(
    estimate: Estimate,
    lines: Sequence[EstimateLine],
    *,
    customer: Any,
    items: Mapping[int, Any],
    in_us: bool,
    multicurrency: bool,
    status: str,
    number: str = "",
    home_currency: str = "",
    codes: Mapping[str, TaxCodeRates] | None = None,
) -> dict[str, Any]:
    """A new Estimate. ``customer`` and ``items`` (by line id) are QuickBooks ids or placeholders for them."""
    payload = to_invoice(
        # An estimate has an invoice's columns under their names.
        cast(Invoice, estimate),
        cast(list[InvoiceLine], list(lines)),
        customer=customer,
        items=items,
        in_us=in_us,
        multicurrency=multicurrency,
        number=number,
        home_currency=home_currency,
        codes=codes,
    )
    payload["TxnStatus"] = status
    if estimate.expires_on:
        payload["ExpirationDate"] = estimate.expires_on.isoformat()
    return payload


def answered(name: str, on: str) -> dict[str, str]:
    """Who accepted it and when."""
    return {"AcceptedBy": name[:100], "AcceptedDate": on} if name else {}
