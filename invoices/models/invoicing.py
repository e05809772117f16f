"""How the invoices of one QuickBooks company are made and counted here."""

from django.db import models

from qbo_connector.models import Connection


class InvoicingSettings(models.Model):
    """What an admin chose for a company; without a row the defaults hold."""

    connection = models.OneToOneField(Connection, models.CASCADE, primary_key=True, related_name="invoicing")
    default_item_external_id = models.CharField(
        max_length=40, blank=True, help_text="QuickBooks id of the item that is sold where a product has none."
    )
    default_item_name = models.CharField(max_length=500, blank=True)
    skip_other_currencies = models.BooleanField(
        default=False, help_text="Invoices in another currency than the deal do not count towards it."
    )

    def __str__(self) -> str:
        return f"invoicing of company {self.connection_id}"
