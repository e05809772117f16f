"""Tables of invoices."""

from invoices.models.associations import AssociationRules, KeptApart
from invoices.models.credits import CreditApplication, CreditDocument, CreditMemo, CreditUse, Refund, SalesReceipt
from invoices.models.defaults import PipelineCompany
from invoices.models.drafts import InvoiceDraft
from invoices.models.edits import InvoiceEdit
from invoices.models.invoices import Invoice, InvoiceLine
from invoices.models.invoicing import InvoicingSettings
from invoices.models.payments import Payment, PaymentApplication
from invoices.models.sends import InvoiceSend

__all__ = [
    "AssociationRules",
    "CreditApplication",
    "CreditDocument",
    "CreditMemo",
    "CreditUse",
    "Invoice",
    "InvoiceDraft",
    "InvoiceEdit",
    "InvoiceLine",
    "InvoiceSend",
    "InvoicingSettings",
    "KeptApart",
    "Payment",
    "PaymentApplication",
    "PipelineCompany",
    "Refund",
    "SalesReceipt",
]
