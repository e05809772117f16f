"""How invoices find the records that they belong to, and which ones a person keeps apart."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from invoices.models.invoices import Invoice
from qbo_connector.models import Connection


class AssociationRules(models.Model):
    """By which rules invoices of a QuickBooks company find their deal. A company without a row has the defaults."""

    connection = models.OneToOneField(Connection, models.CASCADE, primary_key=True, related_name="association_rules")
    by_custom_field = models.BooleanField(default=True)
    custom_field = models.CharField(
        max_length=60, blank=True, help_text="QuickBooks' custom field that names the deal; empty: any of them."
    )
    by_memo = models.BooleanField(default=True, help_text="“Deal 42” or the deal's name in message or private note.")
    by_open_deal = models.BooleanField(default=True, help_text="The one open deal of the customer.")

    def __str__(self) -> str:
        return f"rules of {self.connection_id}"


class KeptApart(models.Model):
    """A person took an invoice off a record, or said that it does not belong there: no rule brings it back."""

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="kept_apart")
    object_type = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["invoice", "object_type", "object_id"], name="an_invoice_is_kept_apart_from_a_record_once"
            ),
        ]
        indexes = [models.Index(fields=["object_type", "object_id"], name="inv_kept_apart_by_record")]

    def __str__(self) -> str:
        return f"{self.invoice_id} apart from {self.object_type} {self.object_id}"
