"""Estimates: what accounting has, or shall have, of a quote."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.fields import CurrencyField, MoneyField, RateField
from crm.models import Deal, Product, Quote
from invoices.enums import EstimateStatus, LineKind, TaxMode
from qbo_connector.models import Connection


class Estimate(models.Model):
    """The estimate of a quote in one company. Its quote is the version that counts, and follows it.

    One that was asked for in the CRM has no ``external_id`` until QuickBooks has it; ``request_id`` names the intent,
    and is empty for one that came from QuickBooks. ``status`` is QuickBooks' as known last: where the quote says
    otherwise, that waits to be sent. ``lines_waiting`` marks lines of a newer version that were not sent yet.
    The columns are named as those of an invoice, so that both are written and read in one way.
    """

    connection = models.ForeignKey(Connection, models.PROTECT, related_name="estimates")
    quote = models.OneToOneField(Quote, models.CASCADE, related_name="estimate")
    external_id = models.CharField(max_length=40, blank=True)
    request_id = models.UUIDField(null=True, unique=True, editable=False)
    number = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=10, choices=EstimateStatus, default=EstimateStatus.PENDING)
    lines_waiting = models.BooleanField(default=False)
    new_customer = models.JSONField(null=True, blank=True, help_text="Customer to create in QuickBooks on the way.")
    customer_external_id = models.CharField(max_length=40, blank=True)
    customer_name = models.CharField(max_length=500, blank=True)
    recipient = models.CharField(max_length=500, blank=True)
    cc = models.CharField(max_length=500, blank=True)
    bcc = models.CharField(max_length=500, blank=True)
    billing_address = models.JSONField(default=dict, blank=True)
    shipping_address = models.JSONField(default=dict, blank=True)
    issued_on = models.DateField()
    expires_on = models.DateField(null=True, blank=True)
    message = models.TextField(blank=True)
    private_note = models.TextField(blank=True)
    class_external_id = models.CharField(max_length=40, blank=True)
    class_name = models.CharField(max_length=500, blank=True)
    location_external_id = models.CharField(max_length=40, blank=True)
    location_name = models.CharField(max_length=500, blank=True)
    currency = CurrencyField()
    exchange_rate = RateField(default=1)
    tax_mode = models.CharField(max_length=10, choices=TaxMode, default=TaxMode.AUTOMATIC)
    subtotal = MoneyField(default=0)
    discount_percent = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    discount_total = MoneyField(default=0)
    tax_after_discount = models.BooleanField(default=True)
    shipping_total = MoneyField(default=0)
    shipping_tax_code_external_id = models.CharField(max_length=40, blank=True)
    tax_total = MoneyField(default=0)
    total = MoneyField(default=0)
    removed_at = models.DateTimeField(null=True, help_text="When QuickBooks reported it deleted.")
    remote_updated_at = models.DateTimeField(null=True)
    synced_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "external_id"],
                condition=~Q(external_id=""),
                name="one_estimate_per_quickbooks_estimate",
            ),
        ]
        indexes = [
            models.Index(fields=["connection", "customer_external_id"], name="inv_estimate_of_customer"),
            models.Index(fields=["id"], name="inv_estimate_to_send", condition=Q(lines_waiting=True)),
        ]

    # What an invoice has besides.
    due_on = None
    terms_external_id = terms_name = ""
    deposit = 0

    def __str__(self) -> str:
        return self.number or f"#{self.pk}"

    @property
    def deal(self) -> Deal | None:
        """The deal of its quote."""
        return self.quote.deal

    @property
    def properties(self) -> dict[str, str]:
        """Estimates have no custom properties: their quote has."""
        return {}


class EstimateLine(models.Model):
    """A line of an estimate as accounting has it, or shall have it."""

    estimate = models.ForeignKey(Estimate, models.CASCADE, related_name="lines")
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
    discount_amount = MoneyField(default=0)
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
