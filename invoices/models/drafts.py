"""What somebody has typed into the invoice wizard and not yet submitted."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models import Deal
from invoices.models.invoices import Invoice


class Approval(models.TextChoices):
    """Where a draft stands that somebody else has to approve."""

    NONE = "", _("Not asked for")
    ASKED = "asked", _("Needs approval")
    REJECTED = "rejected", _("Rejected")
    APPROVED = "approved", _("Approved")


class InvoiceDraft(models.Model):
    """A wizard in progress: survives a closed browser. Becomes one invoice, whose intent is ``request_id``."""

    request_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    deal = models.ForeignKey(Deal, models.CASCADE, null=True, related_name="invoice_drafts")
    data = models.JSONField(default=dict)
    step = models.CharField(max_length=20, default="customer")
    invoice = models.OneToOneField(Invoice, models.SET_NULL, null=True, related_name="draft")
    approval = models.CharField(max_length=8, choices=Approval, blank=True, default=Approval.NONE)
    asked_at = models.DateTimeField(null=True, help_text="When its owner asked for approval.")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decision = models.TextField(blank=True, help_text="Why it was rejected.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["asked_at", "id"], name="inv_draft_to_approve", condition=models.Q(approval="asked")),
        ]

    def __str__(self) -> str:
        return str((self.data.get("customer") or {}).get("name") or f"draft {self.request_id}")
