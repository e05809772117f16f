"""Bills of vendors, as QuickBooks has them: read here, never written."""

from django.db import models
from django.utils import timezone

from core.fields import CurrencyField, MoneyField
from core.search import search_column
from qbo_connector.models import Connection


class Bill(models.Model):
    """A vendor's bill, in ``currency``; ``balance`` is what is still to pay."""

    connection = models.ForeignKey(Connection, models.PROTECT, related_name="bills")
    external_id = models.CharField(max_length=40)
    number = models.CharField(max_length=60, blank=True)
    vendor_external_id = models.CharField(max_length=40, blank=True)
    vendor_name = models.CharField(max_length=500, blank=True)
    issued_on = models.DateField(null=True)
    due_on = models.DateField(null=True)
    currency = CurrencyField()
    total = MoneyField(default=0)
    balance = MoneyField(default=0)
    note = models.TextField(blank=True)
    removed_at = models.DateTimeField(null=True, help_text="When QuickBooks reported it deleted.")
    remote_updated_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    search = search_column("number", "vendor_name")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "external_id"], name="one_bill_per_quickbooks_bill"),
        ]
        indexes = [
            models.Index(fields=["-due_on", "-id"], name="inv_bill_by_due_date"),
            models.Index(fields=["-issued_on", "-id"], name="inv_bill_by_date"),
            models.Index(fields=["due_on"], name="inv_bill_to_pay", condition=models.Q(balance__gt=0, removed_at=None)),
        ]

    def __str__(self) -> str:
        return " · ".join(part for part in (self.vendor_name, self.number) if part) or f"#{self.pk}"

    @property
    def paid(self) -> bool:
        """Whether nothing is left to pay."""
        return bool(self.balance <= 0)
