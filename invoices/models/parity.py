"""What came of comparing what HubSpot said of invoices with those of QuickBooks."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import HubspotClaim
from invoices.models.invoices import Invoice


class HubspotMatch(models.Model):
    """The outcome for one claim. ``invoice`` is the one that is meant, None where none or several are.

    ``linked`` and ``taken_over`` say what was done to the deal because of it: its invoice was put on it, or HubSpot's
    five properties were written as they are, since QuickBooks has nothing that would fill them.
    """

    class Outcome(models.TextChoices):
        """What the comparison found, the worst last."""

        MATCHED = "matched", _("Matched")
        STATUS = "status", _("Status differs")
        AMOUNT = "amount", _("Amount differs")
        SEVERAL = "several", _("Several candidates")
        CUSTOMER = "customer", _("Customer differs")
        UNKNOWN = "unknown", _("Number unknown in QuickBooks")

    claim = models.OneToOneField(HubspotClaim, models.CASCADE, primary_key=True, related_name="match")
    outcome = models.CharField(max_length=8, choices=Outcome)
    why = models.TextField(blank=True)
    invoice = models.ForeignKey(Invoice, models.SET_NULL, null=True, related_name="+")
    deal_id = models.BigIntegerField(null=True, help_text="The deal of ours that HubSpot means.")
    linked = models.BooleanField(default=False)
    taken_over = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["outcome", "claim"], name="inv_hubspot_by_outcome")]

    def __str__(self) -> str:
        return f"{self.claim_id}: {self.outcome}"
