"""Invoices and their lines."""

import uuid

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from core.fields import CurrencyField, MoneyField, RateField
from core.search import number_index, search_column
from crm.models import Company, Contact, Deal, Product, Quote
from invoices.enums import Ending, InvoiceOrigin, InvoiceSource, InvoiceStatus, LineKind, TaxMode
from qbo_connector.models import Connection


class Invoice(models.Model):
    """An invoice. Amounts are in ``currency``; once QuickBooks has it, its figures are QuickBooks' own.

    ``external_id`` is the accounting system's id, empty until it has one. ``request_id`` names the intent to create
    it: one click, one intent, one document. ``status`` is kept by ``invoices.status``, never set by hand.
    """

    connection = models.ForeignKey(Connection, models.PROTECT, related_name="invoices")
    external_id = models.CharField(max_length=40, blank=True)
    request_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    origin = models.CharField(max_length=10, choices=InvoiceOrigin, default=InvoiceOrigin.CRM)
    tracked = models.BooleanField(default=False, help_text="Kept up to date even with invoice sync switched off.")
    number = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=12, choices=InvoiceStatus, default=InvoiceStatus.DRAFT)

    # The indexes of these four are those with the id below, which answer by themselves whose an invoice is.
    deal = models.ForeignKey(Deal, models.SET_NULL, null=True, blank=True, related_name="invoices", db_index=False)
    source = models.CharField(max_length=10, choices=InvoiceSource, blank=True, help_text="What it was made from.")
    quote = models.ForeignKey(Quote, models.SET_NULL, null=True, blank=True, related_name="invoices", db_index=False)
    copied_from = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    contacts = models.ManyToManyField(Contact, related_name="invoices", blank=True)
    companies = models.ManyToManyField(Company, related_name="invoices", blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )

    intent_digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the content that was asked for.")
    new_customer = models.JSONField(null=True, blank=True, help_text="Customer to create in QuickBooks on the way.")
    customer_external_id = models.CharField(max_length=40, blank=True)
    customer_name = models.CharField(max_length=500, blank=True)
    recipient = models.CharField(max_length=500, blank=True, help_text="E-mail address the invoice goes to.")
    cc = models.CharField(max_length=500, blank=True, help_text="E-mail addresses that get a copy.")
    bcc = models.CharField(max_length=500, blank=True, help_text="E-mail addresses that get a hidden copy.")
    billing_address = models.JSONField(default=dict, blank=True)
    shipping_address = models.JSONField(default=dict, blank=True)

    issued_on = models.DateField()
    due_on = models.DateField(null=True, blank=True)
    terms_external_id = models.CharField(max_length=40, blank=True)
    terms_name = models.CharField(max_length=120, blank=True)
    message = models.TextField(blank=True, help_text="Printed on the invoice.")
    private_note = models.TextField(blank=True)
    class_external_id = models.CharField(max_length=40, blank=True)
    class_name = models.CharField(max_length=500, blank=True)
    location_external_id = models.CharField(max_length=40, blank=True, help_text="QuickBooks calls it a department.")
    location_name = models.CharField(max_length=500, blank=True)

    currency = CurrencyField()
    exchange_rate = RateField(default=1, help_text="Units of the company's home currency for one of currency.")
    tax_mode = models.CharField(max_length=10, choices=TaxMode, default=TaxMode.AUTOMATIC)
    subtotal = MoneyField(default=0)
    discount_percent = models.DecimalField(max_digits=7, decimal_places=4, null=True, help_text="Of the subtotal.")
    discount_total = MoneyField(default=0)
    tax_after_discount = models.BooleanField(default=True, help_text="The discount lowers the tax as well.")
    shipping_total = MoneyField(default=0)
    shipping_tax_code_external_id = models.CharField(max_length=40, blank=True)
    deposit = MoneyField(default=0, help_text="Paid in advance: lowers the balance, not the total.")
    tax_total = MoneyField(default=0)
    total = MoneyField(default=0)
    balance = MoneyField(default=0)
    expected_tax = MoneyField(null=True, help_text="Tax as reckoned here when it was posted; empty: not reckoned.")
    expected_total = MoneyField(null=True, help_text="Total as reckoned here when it was posted.")
    payment_url = models.TextField(blank=True, help_text="Where the customer can pay online (QuickBooks: InvoiceLink).")

    emailed = models.BooleanField(default=False)
    emailed_at = models.DateTimeField(null=True)
    voided = models.BooleanField(default=False)
    removed_at = models.DateTimeField(null=True, help_text="When QuickBooks reported it deleted.")
    archived_at = models.DateTimeField(null=True, help_text="Out of the lists; its page and history stay.")
    ending = models.CharField(max_length=6, choices=Ending, blank=True, default=Ending.NONE)
    ending_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    remote_updated_at = models.DateTimeField(null=True, help_text="QuickBooks' MetaData.LastUpdatedTime.")
    synced_at = models.DateTimeField(null=True, help_text="When these figures were last read from QuickBooks.")
    properties = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    search = search_column("number", "customer_name", "recipient")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "external_id"],
                condition=~Q(external_id=""),
                name="one_invoice_per_quickbooks_invoice",
            ),
        ]
        indexes = [
            GinIndex(fields=["search"], name="inv_invoice_search"),
            GinIndex(fields=["properties"], name="inv_invoice_properties", opclasses=["jsonb_path_ops"]),
            models.Index(fields=["deal", "id"], name="inv_invoice_of_deal", condition=Q(deal__isnull=False)),
            models.Index(fields=["quote", "id"], name="inv_invoice_of_quote", condition=Q(quote__isnull=False)),
            models.Index(fields=["owner", "id"], name="inv_invoice_of_owner", condition=Q(owner__isnull=False)),
            models.Index(
                fields=["created_by", "id"], name="inv_invoice_of_maker", condition=Q(created_by__isnull=False)
            ),
            models.Index(fields=["-issued_on", "-id"], name="inv_invoice_by_issue"),
            models.Index(fields=["due_on", "id"], name="inv_invoice_by_due"),
            # Empty due dates are last in both directions, so the reverse order needs an index of its own.
            models.Index(F("due_on").desc(nulls_last=True), F("id").desc(), name="inv_invoice_by_due_back"),
            models.Index(
                fields=["-issued_on", "-id"],
                name="inv_invoice_reckoned",
                condition=Q(expected_tax__isnull=False, expected_total__isnull=False),
            ),
            models.Index(fields=["id"], name="inv_invoice_to_end", condition=~Q(ending="")),
            models.Index(fields=["-id"], name="inv_invoice_not_created", condition=Q(external_id="", tracked=True)),
            models.Index(fields=["status", "due_on", "id"], name="inv_invoice_by_status"),
            models.Index(fields=["-total", "-id"], name="inv_invoice_by_total"),
            models.Index(fields=["updated_at", "id"], name="inv_invoice_by_update"),
            models.Index(fields=["-balance", "-id"], name="inv_invoice_by_balance"),
            models.Index(fields=["customer_name", "id"], name="inv_invoice_by_customer"),
            models.Index(fields=["number", "id"], name="inv_invoice_by_number"),
            number_index("number", name="inv_invoice_digits"),
            models.Index(fields=["connection", "customer_external_id"], name="inv_invoice_of_customer"),
            models.Index(
                fields=["connection", "due_on"],
                name="inv_invoice_open",
                condition=Q(status__in=["waiting", "sent", "partial", "overdue"]),
            ),
        ]

    def __str__(self) -> str:
        return self.number or f"#{self.pk}"


class InvoiceLine(models.Model):
    """A line of an invoice, in the invoice's currency. ``external_id`` is QuickBooks' line id."""

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=10, choices=LineKind, default=LineKind.ITEM)
    external_id = models.CharField(max_length=40, blank=True)
    product = models.ForeignKey(Product, models.SET_NULL, null=True, blank=True, related_name="+")
    new_item = models.JSONField(null=True, blank=True, help_text="Item to create in QuickBooks on the way.")
    item_external_id = models.CharField(max_length=40, blank=True)
    item_name = models.CharField(max_length=500, blank=True)
    description = models.TextField(blank=True)
    quantity = RateField(null=True, blank=True)
    unit_price = RateField(null=True, blank=True)
    discount_percent = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)
    discount_amount = MoneyField(default=0, help_text="Taken off the line; ``amount`` is what is left.")
    amount = MoneyField(default=0)
    class_external_id = models.CharField(max_length=40, blank=True)
    class_name = models.CharField(max_length=500, blank=True)
    service_on = models.DateField(null=True, blank=True)
    tax_code_external_id = models.CharField(max_length=40, blank=True)
    tax_code_name = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.item_name or self.description[:40]
