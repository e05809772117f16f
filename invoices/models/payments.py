"""Payments, and which invoices they pay."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from core.fields import CurrencyField, MoneyField, RateField
from core.money import formatted
from core.search import search_column
from invoices.enums import Ending
from invoices.models.invoices import Invoice
from qbo_connector.models import Connection


class Payment(models.Model):
    """Money received from a customer, in ``currency``; ``unapplied`` is what pays no invoice yet.

    One that was recorded in the CRM has no ``external_id`` until QuickBooks has it, and changes no balance until then;
    ``request_id`` names the intent, and is empty for one that came from QuickBooks. One over nothing only uses credit
    memos for invoices.
    """

    connection = models.ForeignKey(Connection, models.PROTECT, related_name="payments")
    external_id = models.CharField(max_length=40, blank=True)
    request_id = models.UUIDField(null=True, unique=True, editable=False)
    customer_external_id = models.CharField(max_length=40, blank=True)
    customer_name = models.CharField(max_length=500, blank=True)
    received_on = models.DateField(null=True)
    amount = MoneyField(default=0)
    unapplied = MoneyField(default=0)
    currency = CurrencyField()
    exchange_rate = RateField(default=1)
    method_external_id = models.CharField(max_length=40, blank=True)
    method_name = models.CharField(max_length=120, blank=True)
    reference = models.CharField(max_length=60, blank=True)
    note = models.TextField(blank=True)
    deposit_account_external_id = models.CharField(max_length=40, blank=True, help_text="Empty: QuickBooks' default.")
    deposit_account_name = models.CharField(max_length=500, blank=True)
    deposited = models.BooleanField(default=False, help_text="It is part of a bank deposit: it can't go any more.")
    voided = models.BooleanField(default=False)
    ending = models.CharField(max_length=6, choices=Ending, blank=True, default=Ending.NONE)
    ending_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    removed_at = models.DateTimeField(null=True)
    remote_updated_at = models.DateTimeField(null=True)
    properties = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    search = search_column("customer_name", "reference")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "external_id"],
                condition=~Q(external_id=""),
                name="one_payment_per_quickbooks_payment",
            ),
        ]
        indexes = [
            models.Index(fields=["-received_on", "-id"], name="inv_payment_by_date"),
            # Payments without a day are last in both directions, so the reverse order needs an index of its own.
            models.Index(F("received_on").desc(nulls_last=True), F("id").desc(), name="inv_payment_by_date_back"),
            models.Index(fields=["-amount", "-id"], name="inv_payment_by_amount"),
            models.Index(fields=["customer_name", "id"], name="inv_payment_by_customer"),
            models.Index(fields=["connection", "customer_external_id"], name="inv_payment_of_customer"),
            models.Index(fields=["id"], name="inv_payment_to_end", condition=~Q(ending="")),
            GinIndex(fields=["search"], name="inv_payment_search"),
            GinIndex(fields=["properties"], name="inv_payment_properties", opclasses=["jsonb_path_ops"]),
        ]

    def __str__(self) -> str:
        told = self.reference or formatted(self.amount, self.currency)
        return " · ".join(part for part in (self.customer_name, told) if part)

    @property
    def living(self) -> bool:
        """Whether QuickBooks has it, as far as is known."""
        return bool(self.external_id) and self.removed_at is None and not self.voided

    @property
    def only_uses_credit(self) -> bool:
        """Whether no money came in: it uses credit memos for invoices."""
        return self.amount == 0 and not self.voided


class PaymentApplication(models.Model):
    """The part of a payment that pays one invoice. The invoice may still be unknown here (it arrives later)."""

    payment = models.ForeignKey(Payment, models.CASCADE, related_name="applications")
    invoice = models.ForeignKey(Invoice, models.CASCADE, null=True, related_name="applications")
    invoice_external_id = models.CharField(max_length=40)
    amount = MoneyField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "invoice_external_id"], name="a_payment_is_applied_to_an_invoice_once"
            ),
        ]
        indexes = [
            models.Index(fields=["invoice_external_id"], name="inv_application_open", condition=Q(invoice=None)),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of payment {self.payment_id}"
