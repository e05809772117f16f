"""Invoices and payments as records that have custom properties."""

from django.utils.translation import gettext_lazy as _

from core.properties import PropertyObject, add_object
from invoices import queries
from invoices.models import Invoice, Payment
from invoices.services import properties


def register() -> None:
    """Tell core about them, and how their values are written."""
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
