"""Tables of invoices."""

from invoices.models.associations import AssociationRules, KeptApart
from invoices.models.bills import Bill
from invoices.models.credits import CreditApplication, CreditDocument, CreditMemo, CreditUse, Refund, SalesReceipt
from invoices.models.defaults import PipelineCompany
from invoices.models.drafts import Approval, InvoiceDraft
from invoices.models.edits import InvoiceEdit
from invoices.models.estimates import Estimate, EstimateLine
from invoices.models.invoices import Invoice, InvoiceLine
from invoices.models.invoicing import InvoicingSettings
from invoices.models.parity import HubspotMatch
from invoices.models.payments import Payment, PaymentApplication
from invoices.models.recurring import Every, Making, RecurringInvoice, RecurringRun, RecurringState
from invoices.models.reminders import Reminder, ReminderPause, ReminderRule
from invoices.models.sends import InvoiceSend

__all__ = [
    "Approval",
    "AssociationRules",
    "Bill",
    "CreditApplication",
    "CreditDocument",
    "CreditMemo",
    "CreditUse",
    "Estimate",
    "EstimateLine",
    "Every",
    "HubspotMatch",
    "Invoice",
    "InvoiceDraft",
    "InvoiceEdit",
    "InvoiceLine",
    "InvoiceSend",
    "InvoicingSettings",
    "KeptApart",
    "Making",
    "Payment",
    "PaymentApplication",
    "PipelineCompany",
    "RecurringInvoice",
    "RecurringRun",
    "RecurringState",
    "Refund",
    "Reminder",
    "ReminderPause",
    "ReminderRule",
    "SalesReceipt",
]
