"""Credit memos, refund receipts and sales receipts, and where credit is used."""

import uuid

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.fields import CurrencyField, MoneyField, RateField
from core.search import number_index, search_column
from crm.models import Deal
from invoices.enums import CreditKind, Ending
from invoices.models.invoices import Invoice
from invoices.models.payments import Payment
from qbo_connector.models import Connection


class CreditDocument(models.Model):
    """A credit memo, refund receipt or sales receipt, in ``currency``; ``remaining`` is a credit memo's unused part.

    One that was made in the CRM has no ``external_id`` until QuickBooks has it; ``request_id`` names the intent, and
    is empty for one that came from QuickBooks. ``lines`` is a list of objects with ``kind``, ``name``,
    ``description``, ``quantity``, ``unit_price`` and ``amount`` (numbers as text); they are shown and sent, never
    searched, so they are no rows. ``new_item`` and ``product`` of a line name an item to create on
    the way. Its record type is ``kind``: the proxies below are those types.
    """

    connection = models.ForeignKey(Connection, models.PROTECT, related_name="credit_documents")
    kind = models.CharField(max_length=12, choices=CreditKind)
    external_id = models.CharField(max_length=40, blank=True)
    request_id = models.UUIDField(null=True, unique=True, editable=False)
    number = models.CharField(max_length=60, blank=True)
    invoice = models.ForeignKey(
        Invoice, models.SET_NULL, null=True, related_name="credit_documents", help_text="The invoice it was made from."
    )
    deal = models.ForeignKey(
        Deal, models.SET_NULL, null=True, related_name="sales_receipts", help_text="The deal it was made from."
    )
    new_customer = models.JSONField(null=True, blank=True, help_text="Customer to create in QuickBooks on the way.")
    customer_external_id = models.CharField(max_length=40, blank=True)
    customer_name = models.CharField(max_length=500, blank=True)
    recipient = models.CharField(max_length=500, blank=True)
    issued_on = models.DateField(null=True)
    currency = CurrencyField()
    exchange_rate = RateField(default=1)
    subtotal = MoneyField(default=0)
    discount_total = MoneyField(default=0)
    tax_total = MoneyField(default=0)
    total = MoneyField(default=0)
    remaining = MoneyField(default=0)
    method_name = models.CharField(max_length=120, blank=True)
    reference = models.CharField(max_length=60, blank=True)
    account_external_id = models.CharField(max_length=40, blank=True, help_text="Where the money went, or came from.")
    account_name = models.CharField(max_length=500, blank=True)
    message = models.TextField(blank=True, help_text="Printed on the document.")
    note = models.TextField(blank=True)
    lines = models.JSONField(default=list, blank=True)
    asked = models.JSONField(default=dict, blank=True, help_text="What of each of the invoice's lines it gives back.")
    intent_digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of what was asked for.")
    properties = models.JSONField(default=dict, blank=True)
    voided = models.BooleanField(default=False)
    ending = models.CharField(max_length=8, choices=Ending, blank=True, default=Ending.NONE)
    ending_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    deposited = models.BooleanField(default=False, help_text="It is part of a bank deposit.")
    removed_at = models.DateTimeField(null=True)
    remote_updated_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    search = search_column("number", "customer_name", "reference")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind", "external_id"],
                condition=~Q(external_id=""),
                name="one_credit_per_quickbooks_document",
            ),
        ]
        indexes = [
            models.Index(fields=["-issued_on", "-id"], name="inv_credit_by_date"),
            models.Index(fields=["kind", "-issued_on", "-id"], name="inv_credit_by_kind"),
            models.Index(fields=["connection", "customer_external_id"], name="inv_credit_of_customer"),
            GinIndex(fields=["search"], name="inv_credit_search"),
            number_index("number", name="inv_credit_digits"),
            models.Index(fields=["-total", "-id"], name="inv_credit_by_total"),
            GinIndex(fields=["properties"], name="inv_credit_properties", opclasses=["jsonb_path_ops"]),
        ]

    def __str__(self) -> str:
        return self.number or f"#{self.pk}"

    @property
    def living(self) -> bool:
        """Whether QuickBooks has it, as far as is known."""
        return bool(self.external_id) and self.removed_at is None and not self.voided

    @property
    def settled(self) -> bool:
        """Whether its figures are QuickBooks' own: one that was made here has them once it was read from there."""
        return bool(self.external_id) and (self.request_id is None or self.remote_updated_at is not None)


class CreditMemo(CreditDocument):
    """A credit memo as a record type of its own."""

    class Meta:
        proxy = True


class Refund(CreditDocument):
    """A refund receipt as a record type of its own."""

    class Meta:
        proxy = True


class SalesReceipt(CreditDocument):
    """A sales receipt as a record type of its own."""

    class Meta:
        proxy = True


class CreditApplication(models.Model):
    """The part of a credit memo that a payment uses. The credit memo may still be unknown here (it arrives later)."""

    payment = models.ForeignKey(Payment, models.CASCADE, related_name="credit_applications")
    credit = models.ForeignKey(CreditDocument, models.CASCADE, null=True, related_name="applications")
    credit_external_id = models.CharField(max_length=40)
    amount = MoneyField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment", "credit_external_id"], name="a_payment_uses_a_credit_once"),
        ]
        indexes = [
            models.Index(fields=["credit_external_id"], name="inv_credit_application_open", condition=Q(credit=None)),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of credit {self.credit_external_id}"


class CreditUse(models.Model):
    """A wish to use the unapplied part of a payment for an invoice, until QuickBooks has done it or refused."""

    payment = models.ForeignKey(Payment, models.CASCADE, related_name="uses")
    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="credit_uses")
    amount = MoneyField()
    request_id = models.UUIDField(unique=True, editable=False)
    intent = models.UUIDField(
        default=uuid.uuid4, db_index=True, editable=False, help_text="Of the click, which may use several payments."
    )
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    done_at = models.DateTimeField(null=True, help_text="When QuickBooks had it. The row stays: a click is done once.")
    refused_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True, help_text="Why QuickBooks refused it, in plain words.")
    problem_detail = models.TextField(blank=True, help_text="QuickBooks' own words.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="what_is_used_of_a_payment_is_positive"),
        ]
        indexes = [
            models.Index(fields=["payment"], name="inv_credit_use_open", condition=Q(done_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of payment {self.payment_id} for invoice {self.invoice_id}"
