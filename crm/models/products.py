"""Products and their price book."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from core.fields import CurrencyField, RateField
from core.search import beginning_index, search_column
from crm.enums import BillingPeriod
from crm.models.records import Record


class Product(Record):
    """Something we sell. Prices are in ``currency``, per unit, before tax."""

    name = models.CharField(max_length=200)
    sku = models.CharField("SKU", max_length=100, blank=True)
    description = models.TextField(blank=True)
    unit_price = RateField(null=True, blank=True)
    unit_cost = RateField(null=True, blank=True)
    currency = CurrencyField(default="USD")
    billing_period = models.CharField(max_length=8, choices=BillingPeriod, default=BillingPeriod.ONCE, blank=True)
    billing_count = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="How many periods; none for until it is cancelled."
    )
    active = models.BooleanField(default=True)
    search = search_column("name", "sku", "description")

    class Meta:
        indexes = [
            GinIndex(fields=["search"], name="crm_product_search"),
            models.Index(fields=["owner", "id"], name="crm_product_of_owner"),
            GinIndex(fields=["properties"], name="crm_product_properties", opclasses=["jsonb_path_ops"]),
            models.Index(fields=["-updated_at", "-id"], name="crm_product_by_update"),
            models.Index(models.functions.Upper("sku"), name="crm_product_by_sku"),
            beginning_index("name", name="crm_product_beginning"),
            models.Index(models.functions.Upper("name"), "id", name="crm_product_by_upper_name"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="a_product_has_a_name"),
            models.CheckConstraint(
                condition=Q(billing_count=None) | Q(billing_count__gte=1) & ~Q(billing_period=""),
                name="what_is_billed_once_has_no_number_of_periods",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Price(models.Model):
    """What a product costs in a currency, for a time or always; it goes before the price of the product itself."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="prices")
    currency = CurrencyField()
    amount = RateField()
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True, help_text="The last day.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "currency", "valid_from"],
                nulls_distinct=False,
                name="a_product_has_one_price_from_a_day_on",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="a_price_is_not_negative"),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_until=None) | Q(valid_until__gte=models.F("valid_from")),
                name="a_price_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
