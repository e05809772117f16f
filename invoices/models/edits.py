"""Changes made in the CRM to an invoice that QuickBooks has, until QuickBooks has them too."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from invoices.models.invoices import Invoice


class InvoiceEdit(models.Model):
    """The invoice holds values that QuickBooks does not have yet. The row goes when both sides agree.

    ``base`` is what both sides had before: ``{"fields": {...}, "lines": [...]}`` in the notation of
    ``invoices.editing``. It is the base of the three-way merge with what QuickBooks has meanwhile.
    """

    invoice = models.OneToOneField(Invoice, models.CASCADE, primary_key=True, related_name="edit")
    base = models.JSONField()
    edited_at = models.DateTimeField(default=timezone.now)
    edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    def __str__(self) -> str:
        return f"edit of {self.invoice_id}"
