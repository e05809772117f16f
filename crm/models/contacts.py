"""Contacts."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from core.search import beginning_index, phone_index, search_column
from crm.models.companies import Company
from crm.models.records import Record


class Contact(Record):
    """A person, usually of a company."""

    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=60, blank=True)
    mobile = models.CharField(max_length=60, blank=True)
    website = models.CharField(max_length=1000, blank=True)
    job_title = models.CharField(max_length=120, blank=True)
    company = models.ForeignKey(Company, models.SET_NULL, null=True, blank=True, related_name="contacts")
    billing_address = models.JSONField(default=dict, blank=True)
    shipping_address = models.JSONField(default=dict, blank=True)
    notes = models.TextField(blank=True)
    search = search_column("first_name", "last_name", "email", "phone", "mobile")

    class Meta:
        indexes = [
            GinIndex(fields=["search"], name="crm_contact_search"),
            models.Index(fields=["owner", "id"], include=["company"], name="crm_contact_of_owner"),
            GinIndex(fields=["properties"], name="crm_contact_properties", opclasses=["jsonb_path_ops"]),
            models.Index(models.functions.Upper("last_name"), "id", name="crm_contact_by_upper_name"),
            models.Index(fields=["-updated_at", "-id"], name="crm_contact_by_update"),
            models.Index(models.functions.Upper("email"), name="crm_contact_by_email"),
            beginning_index("first_name", "last_name", name="crm_contact_beginning"),
            beginning_index("last_name", name="crm_contact_last_name"),
            phone_index("phone", name="crm_contact_phone"),
            phone_index("mobile", name="crm_contact_mobile"),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email or f"#{self.pk}"

    @property
    def full_name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()
