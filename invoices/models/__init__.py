"""Tables of invoices."""

from invoices.models.defaults import PipelineCompany
from invoices.models.drafts import InvoiceDraft
from invoices.models.edits import InvoiceEdit
from invoices.models.invoices import Invoice, InvoiceLine
from invoices.models.payments import Payment, PaymentApplication

__all__ = ["Invoice", "InvoiceDraft", "InvoiceEdit", "InvoiceLine", "Payment", "PaymentApplication", "PipelineCompany"]
