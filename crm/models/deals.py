"""Deals, their lines, their way through the stages, and what they have been billed."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.fields import CurrencyField, MoneyField, RateField
from core.search import beginning_index, search_column
from crm.enums import BillingPeriod, DealStatus
from crm.models.companies import Company
from crm.models.contacts import Contact
from crm.models.pipelines import Stage
from crm.models.products import Product
from crm.models.records import Record


class Deal(Record):
    """A sale in the making. ``amount`` is in ``currency``, before tax.

    With ``amount_follows_lines`` it is the sum of the line items as long as there are any. Reasons are words, and stay
    as they were when the list of reasons changes.
    """

    name = models.CharField(max_length=300)
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="deals")
    stage_entered_at = models.DateTimeField(default=timezone.now, editable=False)
    status = models.CharField(max_length=4, choices=DealStatus, default=DealStatus.OPEN)
    amount = MoneyField(null=True, blank=True)
    amount_follows_lines = models.BooleanField(default=True)
    currency = CurrencyField(default="USD")
    close_on = models.DateField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    won_reason = models.CharField(max_length=200, blank=True)
    lost_reason = models.CharField(max_length=200, blank=True)
    close_note = models.TextField(blank=True)
    company = models.ForeignKey(Company, models.SET_NULL, null=True, blank=True, related_name="deals")
    contacts = models.ManyToManyField(Contact, through="DealContact", related_name="deals")
    description = models.TextField(blank=True)
    search = search_column("name", "description")

    class Meta:
        indexes = [
            GinIndex(fields=["search"], name="crm_deal_search"),
            models.Index(fields=["owner", "id"], include=["company"], name="crm_deal_of_owner"),
            GinIndex(fields=["properties"], name="crm_deal_properties", opclasses=["jsonb_path_ops"]),
            models.Index(fields=["stage", "-updated_at", "-id"], name="crm_deal_by_stage"),
            models.Index(models.functions.Upper("name"), "id", name="crm_deal_by_upper_name"),
            models.Index(fields=["-updated_at", "-id"], name="crm_deal_by_update"),
            models.Index(fields=["-amount", "-id"], name="crm_deal_by_amount"),
            models.Index(fields=["close_on", "id"], name="crm_deal_by_close"),
            beginning_index("name", name="crm_deal_beginning"),
            models.Index(
                fields=["owner", "close_on", "id"],
                name="crm_deal_open_of_owner",
                condition=Q(status=DealStatus.OPEN, archived_at=None),
            ),
            # The forecast adds up these columns of all open deals, and of what was won in some months.
            models.Index(
                fields=["close_on"],
                include=["stage", "owner", "currency", "amount"],
                name="crm_deal_forecast",
                condition=Q(status=DealStatus.OPEN, archived_at=None),
            ),
            models.Index(
                fields=["closed_at"],
                include=["stage", "owner", "currency", "amount"],
                name="crm_deal_won",
                condition=Q(status=DealStatus.WON, archived_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DealContact(models.Model):
    """A contact of a deal; at most one of them is the primary one, to whom invoices go."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="deal_contacts")
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="deal_contacts")
    primary = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["deal", "contact"], name="a_contact_is_on_a_deal_once"),
            models.UniqueConstraint(fields=["deal"], condition=Q(primary=True), name="a_deal_has_one_primary_contact"),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} on deal {self.deal_id}"


class DealLine(models.Model):
    """A line item: a product (or only a name) with quantity and unit price in the deal's currency, before tax."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(default=0)
    product = models.ForeignKey(Product, models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    quantity = RateField(default=1)
    unit_price = RateField(default=0)
    discount_percent = models.DecimalField(max_digits=7, decimal_places=4, default=0)
    discount_amount = MoneyField(default=0, help_text="Taken off the line after the percentage.")
    tax_code = models.CharField(max_length=120, blank=True, help_text="As printed, such as 20% S.")
    tax_rate = models.DecimalField(
        max_digits=7, decimal_places=4, null=True, blank=True, help_text="Percent; none where it is not known."
    )
    billing_period = models.CharField(max_length=8, choices=BillingPeriod, default=BillingPeriod.ONCE, blank=True)
    billing_count = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="deal_line_quantity_is_positive"),
            models.CheckConstraint(
                condition=Q(discount_percent__gte=0) & Q(discount_percent__lte=100),
                name="deal_line_discount_is_a_percentage",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DealBilling(models.Model):
    """What a deal has been invoiced: the five invoice properties, and roll-ups in ``currency``.

    Written only by ``crm.services.deals.set_billing``. The five properties are those of the invoice that changed
    last in QuickBooks; the roll-ups are sums over all its invoices that count (not drafts, not voided).
    """

    deal = models.OneToOneField(Deal, models.CASCADE, related_name="billing", primary_key=True)
    invoice_amount_billed = MoneyField(null=True)
    invoice_recipient = models.CharField(max_length=500, blank=True)
    invoice_number = models.CharField(max_length=60, blank=True)
    invoice_status = models.CharField(max_length=12, blank=True)
    invoice_due_on = models.DateField(null=True)
    currency = CurrencyField(blank=True)
    billed = MoneyField(default=0)
    paid = MoneyField(default=0)
    outstanding = MoneyField(default=0)
    overdue = MoneyField(default=0)
    next_due_on = models.DateField(null=True)
    invoices = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["invoice_status"], name="crm_billing_by_status"),
            models.Index(fields=["-outstanding"], name="crm_billing_by_outstanding"),
        ]

    def __str__(self) -> str:
        return f"billing of deal {self.deal_id}"


class StageChange(models.Model):
    """When a deal entered a stage, through whom, and for what reason where that closed it.

    ``name`` is what the stage was called then: history outlives the stage.
    """

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="stage_changes")
    stage = models.ForeignKey(Stage, models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=120, blank=True)
    entered_at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"deal {self.deal_id} into {self.name}"
