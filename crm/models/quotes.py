"""Quotes, their lines, who looked at them, and how all of them are numbered and look."""

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from core.fields import CurrencyField, MoneyField, RateField
from core.search import beginning_index, number_index, search_column
from crm.enums import BillingPeriod, QuoteOrigin, QuoteStatus
from crm.models.companies import Company
from crm.models.contacts import Contact
from crm.models.deals import Deal
from crm.models.products import Product
from crm.models.records import Record


class Quote(Record):
    """An offer, mostly for a deal. Published and not expired, it may become an invoice.

    A published quote never changes: ``replaces`` is the version before it, which its publication replaced. One that
    came from accounting may have no deal. ``token`` is the unguessable part of its public address, None without one.
    """

    deal = models.ForeignKey(Deal, models.CASCADE, null=True, blank=True, related_name="quotes")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="quotes")
    company = models.ForeignKey(Company, models.SET_NULL, null=True, blank=True, related_name="quotes")
    title = models.CharField(max_length=300)
    number = models.CharField(max_length=40, blank=True)
    version = models.PositiveSmallIntegerField(default=1)
    replaces = models.OneToOneField("self", models.SET_NULL, null=True, blank=True, related_name="replaced_by")
    origin = models.CharField(max_length=10, choices=QuoteOrigin, default=QuoteOrigin.CRM, editable=False)
    status = models.CharField(max_length=10, choices=QuoteStatus, default=QuoteStatus.DRAFT)
    # Lines before the discount on the whole, and what is left of them: kept by ``crm.services.quotes``, so that lists
    # sort by the amount.
    subtotal = MoneyField(default=0)
    discount_percent = models.DecimalField(max_digits=7, decimal_places=4, default=0, help_text="Of the subtotal.")
    discount_amount = MoneyField(default=0, help_text="Off the subtotal, instead of a percentage.")
    amount = MoneyField(default=0)
    currency = CurrencyField(default="USD")
    expires_on = models.DateField(null=True, blank=True)
    terms = models.TextField(blank=True)
    notes = models.TextField(blank=True, help_text="Printed above the lines.")
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    approval_asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    approval_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    token = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)
    answered_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="Accepted or declined.")
    answered_name = models.CharField(max_length=200, blank=True, editable=False)
    answered_ip = models.GenericIPAddressField(null=True, blank=True, editable=False)
    decline_reason = models.TextField(blank=True, editable=False)
    search = search_column("title", "number")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(discount_percent__gte=0) & Q(discount_percent__lte=100) & Q(discount_amount__gte=0),
                name="quote_discount_is_a_percentage_or_an_amount",
            ),
        ]
        indexes = [
            GinIndex(fields=["search"], name="crm_quote_search"),
            models.Index(fields=["owner", "id"], include=["deal", "contact", "company"], name="crm_quote_of_owner"),
            GinIndex(fields=["properties"], name="crm_quote_properties", opclasses=["jsonb_path_ops"]),
            models.Index(fields=["-updated_at", "-id"], name="crm_quote_by_update"),
            models.Index(fields=["-amount", "-id"], name="crm_quote_by_amount"),
            beginning_index("title", name="crm_quote_beginning"),
            number_index("number", name="crm_quote_digits"),
            models.Index(
                fields=["expires_on", "id"],
                name="crm_quote_expiring",
                condition=Q(status=QuoteStatus.PUBLISHED, archived_at=None),
            ),
            models.Index(
                fields=["answered_at", "id"],
                name="crm_quote_accepted",
                condition=Q(status=QuoteStatus.ACCEPTED, archived_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class QuoteLine(models.Model):
    """A line of a quote, in the quote's currency, before tax."""

    quote = models.ForeignKey(Quote, models.CASCADE, related_name="lines")
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
            models.CheckConstraint(condition=Q(quantity__gt=0), name="quote_line_quantity_is_positive"),
        ]

    def __str__(self) -> str:
        return self.name


class QuoteView(models.Model):
    """A visitor of a quote's public page on one day; ``visitor`` is a keyed hash, no address of anybody."""

    quote = models.ForeignKey(Quote, models.CASCADE, related_name="views")
    visitor = models.CharField(max_length=32)
    viewed_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["quote", "visitor", "viewed_on"], name="a_visitor_counts_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"quote {self.quote_id} on {self.viewed_on}"


class QuoteSettings(models.Model):
    """How quotes are numbered and approved: the one row with id 1."""

    number_prefix = models.CharField(max_length=20, blank=True, default="Q-")
    number_digits = models.PositiveSmallIntegerField(default=5)
    next_number = models.PositiveBigIntegerField(default=1)
    valid_days = models.PositiveSmallIntegerField(default=30)
    discount_limit = models.DecimalField(
        max_digits=5, decimal_places=2, null=True, blank=True, help_text="Percent; a larger discount needs approval."
    )
    terms = models.TextField(blank=True, help_text="What a new quote starts with.")
    notes = models.TextField(blank=True, help_text="What a new quote starts with.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="quotes_have_one_row_of_settings"),
            models.CheckConstraint(
                condition=Q(discount_limit=None)
                | Q(discount_limit__gte=Decimal(0)) & Q(discount_limit__lte=Decimal(100)),
                name="quote_discount_limit_is_a_percentage",
            ),
        ]

    def __str__(self) -> str:
        return "settings of quotes"
