"""E-mails of invoices that somebody asked QuickBooks to send."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from invoices.enums import SendState
from invoices.models.invoices import Invoice


class InvoiceSend(models.Model):
    """One e-mail of an invoice, as it was asked for. QuickBooks sends it; nothing here ever sends it twice.

    ``request_id`` names the click. ``problem`` is why it failed or is in doubt, ``bounce`` what QuickBooks told of its
    delivery afterwards.
    """

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="sends")
    request_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    recipient = models.CharField(max_length=100)
    cc = models.CharField(max_length=200, blank=True)
    bcc = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=8, choices=SendState, default=SendState.WAITING)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True, help_text="In plain words.")
    detail = models.TextField(blank=True, help_text="QuickBooks' own words.")
    bounce = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["invoice"], condition=Q(state="waiting"), name="an_invoice_is_sent_once_at_a_time"
            ),
        ]
        indexes = [models.Index(fields=["id"], name="inv_send_waiting", condition=Q(state="waiting"))]

    def __str__(self) -> str:
        return f"{self.invoice_id} to {self.recipient}"
