"""Companies."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from core.search import beginning_index, phone_index, search_column
from crm.models.records import Record


class Company(Record):
    """An organisation that we sell to."""

    name = models.CharField(max_length=500)
    domain = models.CharField(max_length=255, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=60, blank=True)
    website = models.CharField(max_length=1000, blank=True)
    industry = models.CharField(max_length=120, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    billing_address = models.JSONField(default=dict, blank=True)
    shipping_address = models.JSONField(default=dict, blank=True)
    notes = models.TextField(blank=True)
    search = search_column("name", "domain", "email", "phone")

    class Meta:
        verbose_name_plural = "companies"
        indexes = [
            GinIndex(fields=["search"], name="crm_company_search"),
            models.Index(fields=["owner", "id"], name="crm_company_of_owner"),
            GinIndex(fields=["properties"], name="crm_company_properties", opclasses=["jsonb_path_ops"]),
            models.Index(fields=["-updated_at", "-id"], name="crm_company_by_update"),
            models.Index(models.functions.Upper("email"), name="crm_company_by_email"),
            models.Index(models.functions.Upper("domain"), name="crm_company_by_domain"),
            models.Index(models.functions.Upper("name"), "id", name="crm_company_by_upper_name"),
            beginning_index("name", name="crm_company_beginning"),
            beginning_index("domain", name="crm_company_domain"),
            phone_index("phone", name="crm_company_phone"),
        ]

    def __str__(self) -> str:
        return self.name
