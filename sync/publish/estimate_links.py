"""Which estimate an invoice closes in QuickBooks.

Over the API QuickBooks links an invoice to a whole estimate and closes it at once; progress invoicing is a matter of
its own pages. So only the invoice that bills the last of a quote names the estimate; those before are parts here alone.
"""

from typing import Any

from invoices.enums import EstimateStatus
from invoices.models import Estimate, Invoice
from invoices.services.quote_left import completes, versions_of

# Others can't be linked (Intuit, "Invoice": LinkedTxn).
_OPEN = (EstimateStatus.PENDING, EstimateStatus.ACCEPTED)


def linked_estimate(invoice: Invoice) -> dict[str, Any]:
    """The member LinkedTxn of a new invoice; nothing where it closes no estimate."""
    if invoice.quote is None or invoice.quote_id is None:
        return {}
    estimates = Estimate.objects.filter(
        quote_id__in=versions_of(invoice.quote),
        connection_id=invoice.connection_id,
        customer_external_id=invoice.customer_external_id,
        removed_at=None,
        status__in=_OPEN,
    ).exclude(external_id="")
    estimate = estimates.first()
    if estimate is None or not completes(invoice):
        return {}
    return {"LinkedTxn": [{"TxnId": estimate.external_id, "TxnType": "Estimate"}]}
