"""What comes from HubSpot: the files of one export, which record is which there, and what it said of invoices."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.fields import CurrencyField, MoneyField
from crm.models.imports import Import

ID_LENGTH = 40


class HubspotImport(models.Model):
    """Files of a HubSpot export that are checked, imported and undone together; each is an ``Import`` of its own."""

    State = Import.State

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.READING)
    problem = models.TextField(blank=True)
    links = models.PositiveIntegerField(default=0, help_text="Associations that were made.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    worked_at = models.DateTimeField(null=True, editable=False, help_text="When a worker last held it.")
    finished_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(null=True, editable=False, help_text="Until when it can be undone.")

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-id"], name="crm_hubspot_of_person"),
            models.Index(
                fields=["id"],
                condition=Q(state__in=["reading", "checking", "running", "undoing"]),
                name="crm_hubspot_under_way",
            ),
        ]

    def __str__(self) -> str:
        return f"HubSpot import {self.pk}"

    @property
    def under_way(self) -> bool:
        """Whether a worker has something to do."""
        return self.state in (self.State.READING, self.State.CHECKING, self.State.RUNNING, self.State.UNDOING)


class HubspotRecord(models.Model):
    """Which record of ours is which one of HubSpot's. ``job`` is the file that brought it, as long as that is known."""

    object_type = models.CharField(max_length=20)
    hubspot_id = models.CharField(max_length=ID_LENGTH)
    record_id = models.BigIntegerField()
    job = models.ForeignKey("crm.Import", models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["object_type", "hubspot_id"], name="a_hubspot_record_is_known_once"),
        ]
        indexes = [models.Index(fields=["object_type", "record_id"], name="crm_hubspot_by_record")]

    def __str__(self) -> str:
        return f"{self.object_type} {self.record_id} is {self.hubspot_id}"


class HubspotLink(models.Model):
    """That two of HubSpot's records belong together; made as soon as both are here, whichever comes first.

    ``made`` says what came of it: ``company``, ``deal`` or ``contact`` for a column that was filled,
    ``deal_contact``, ``association``, or nothing where it was so already.
    """

    from_type = models.CharField(max_length=20)
    from_id = models.CharField(max_length=ID_LENGTH)
    to_type = models.CharField(max_length=20)
    to_id = models.CharField(max_length=ID_LENGTH)
    primary = models.BooleanField(default=False)
    job = models.ForeignKey("crm.Import", models.CASCADE, null=True, related_name="+")
    done_by = models.ForeignKey(HubspotImport, models.SET_NULL, null=True, related_name="+")
    done = models.BooleanField(default=False)
    made = models.CharField(max_length=12, blank=True)
    from_record = models.BigIntegerField(null=True)
    to_record = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["from_type", "from_id", "to_type", "to_id"], name="hubspot_records_are_linked_once"
            ),
        ]
        indexes = [
            models.Index(fields=["from_type", "to_type", "id"], condition=Q(done=False), name="crm_hubspot_open_link"),
            models.Index(fields=["to_type", "to_id"], condition=Q(done=False), name="crm_hubspot_open_to"),
        ]

    def __str__(self) -> str:
        return f"{self.from_type} {self.from_id} – {self.to_type} {self.to_id}"


class HubspotClaim(models.Model):
    """What HubSpot says of an invoice: the five properties of a deal, or a row of its own invoices.

    ``hubspot_id`` is that of the deal or of the invoice. The words are HubSpot's; ``invoices`` compares them with what
    QuickBooks has.
    """

    class Source(models.TextChoices):
        """Where it was said."""

        DEAL = "deal", _("Deal")
        INVOICE = "invoice", _("Invoice")

    source = models.CharField(max_length=7, choices=Source)
    hubspot_id = models.CharField(max_length=ID_LENGTH)
    number = models.CharField(max_length=60, blank=True)
    amount = MoneyField(null=True)
    currency = CurrencyField(blank=True)
    status = models.CharField(max_length=60, blank=True)
    due_on = models.DateField(null=True)
    recipient = models.CharField(max_length=500, blank=True)
    customer = models.CharField(max_length=500, blank=True)
    deal_ids = models.JSONField(default=list, help_text="HubSpot's ids.")
    company_ids = models.JSONField(default=list, help_text="HubSpot's ids.")
    contact_ids = models.JSONField(default=list, help_text="HubSpot's ids.")
    job = models.ForeignKey("crm.Import", models.CASCADE, null=True, related_name="claims")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "hubspot_id"], name="hubspot_says_it_once_of_an_invoice"),
        ]
        indexes = [models.Index(fields=["job", "id"], name="crm_hubspot_claim_of_job")]

    def __str__(self) -> str:
        return self.number or f"{self.source} {self.hubspot_id}"
