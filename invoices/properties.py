"""Invoices and payments as records that have custom properties."""

from django.utils.translation import gettext_lazy as _

from core import access
from core.properties import PropertyObject, add_object
from invoices import payment_queries, queries
from invoices.models import CreditDocument, Invoice, InvoiceDraft, Payment, RecurringInvoice
from invoices.services import properties


def register() -> None:
    """Tell core about them, and how their values are written."""
    access.sights.update(
        {
            Invoice: queries.visible_to,
            Payment: queries.payments_visible_to,
            CreditDocument: payment_queries.credits_visible_to,
            InvoiceDraft: queries.drafts_visible_to,
            RecurringInvoice: queries.recurring_visible_to,
        }
    )
    add_object(
        PropertyObject(
            "invoice",
            _("Invoice"),
            _("Invoices"),
            Invoice,
            queries.visible_to,
            properties.change_invoice,
            "invoices.create",
            order=60,
            page="invoices:invoice-detail",
        )
    )
    add_object(
        PropertyObject(
            "payment",
            _("Payment"),
            _("Payments"),
            Payment,
            queries.payments_visible_to,
            properties.change_payment,
            "invoices.create",
            order=70,
            page="invoices:payment-detail",
            listing="invoices:payment-list",
        )
    )
