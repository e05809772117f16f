"""Quotes."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from core.fields import CurrencyField, MoneyField, RateField
from core.search import search_column
from crm.enums import QuoteStatus
from crm.models.contacts import Contact
from crm.models.deals import Deal
from crm.models.products import Product
from crm.models.records import Record


class Quote(Record):
    """An offer for a deal. Published and not expired, it may become an invoice."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="quotes")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, blank=True, related_name="quotes")
    title = models.CharField(max_length=300)
    number = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=10, choices=QuoteStatus, default=QuoteStatus.DRAFT)
    # The sum of its lines, kept by ``crm.services.quotes``, so that lists sort by it.
    amount = MoneyField(default=0)
    currency = CurrencyField(default="USD")
    expires_on = models.DateField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    terms = models.TextField(blank=True)
    search = search_column("title", "number")

    class Meta:
        indexes = [
            GinIndex(fields=["search"], name="crm_quote_search"),
            GinIndex(fields=["properties"], name="crm_quote_properties", opclasses=["jsonb_path_ops"]),
            models.Index(fields=["-updated_at", "-id"], name="crm_quote_by_update"),
            models.Index(fields=["-amount", "-id"], name="crm_quote_by_amount"),
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

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="quote_line_quantity_is_positive"),
        ]

    def __str__(self) -> str:
        return self.name
