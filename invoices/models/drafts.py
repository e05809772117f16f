"""What somebody has typed into the invoice wizard and not yet submitted."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from crm.models import Deal
from invoices.models.invoices import Invoice


class InvoiceDraft(models.Model):
    """A wizard in progress: survives a closed browser. Becomes one invoice, whose intent is ``request_id``."""

    request_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    deal = models.ForeignKey(Deal, models.CASCADE, null=True, related_name="invoice_drafts")
    data = models.JSONField(default=dict)
    step = models.CharField(max_length=20, default="customer")
    invoice = models.OneToOneField(Invoice, models.SET_NULL, null=True, related_name="draft")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"draft {self.request_id}"
