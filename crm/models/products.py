"""Products."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from core.fields import CurrencyField, RateField
from core.search import beginning_index, search_column
from crm.models.records import Record


class Product(Record):
    """Something we sell. Prices are in ``currency``, per unit, before tax."""

    name = models.CharField(max_length=200)
    sku = models.CharField("SKU", max_length=100, blank=True)
    description = models.TextField(blank=True)
    unit_price = RateField(null=True, blank=True)
    unit_cost = RateField(null=True, blank=True)
    currency = CurrencyField(default="USD")
    active = models.BooleanField(default=True)
    search = search_column("name", "sku", "description")

    class Meta:
        indexes = [
            GinIndex(fields=["search"], name="crm_product_search"),
            GinIndex(fields=["properties"], name="crm_product_properties", opclasses=["jsonb_path_ops"]),
            models.Index(fields=["-updated_at", "-id"], name="crm_product_by_update"),
            models.Index(models.functions.Upper("sku"), name="crm_product_by_sku"),
            beginning_index("name", name="crm_product_beginning"),
            models.Index(models.functions.Upper("name"), "id", name="crm_product_by_upper_name"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="a_product_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
