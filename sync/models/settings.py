"""What is synced for a connection, and how."""

from django.db import models
from django.db.models import Q

from qbo_connector.models import Connection
from sync.enums import (
    BackFill,
    CustomerIs,
    Direction,
    Generation,
    Incoming,
    Matching,
    Removal,
    SyncObject,
    Winner,
    WithoutEmail,
)

DISPLAY_NAME_TEMPLATE = "{name}"


class ConnectionSettings(models.Model):
    """What holds for a whole company. ``before_upgrade`` is the simple set-up, kept to go back to."""

    connection = models.OneToOneField(Connection, models.CASCADE, primary_key=True, related_name="sync_settings")
    generation = models.CharField(max_length=6, choices=Generation, default=Generation.FULL)
    read_only = models.BooleanField(
        default=False, help_text="Nothing is written to QuickBooks; what would be, is shown."
    )
    before_upgrade = models.JSONField(null=True, blank=True)

    def __str__(self) -> str:
        return f"settings of company {self.connection_id}"


class ObjectSettings(models.Model):
    """One object of one connection: its switch, its direction and its rules. ``{}`` as filter lets everything pass."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="object_settings")
    sync_object = models.CharField(max_length=10, choices=SyncObject)
    enabled = models.BooleanField(default=False)
    enabled_at = models.DateTimeField(null=True)
    asked_again_at = models.DateTimeField(
        null=True, help_text="Since when all of it waits for a worker to have it looked at again."
    )
    forgetting = models.JSONField(
        default=list, blank=True, help_text="Fields that count no more in snapshots until they are out of them."
    )
    configured_at = models.DateTimeField(null=True, help_text="When it was set up; empty after its sync was deleted.")
    direction = models.CharField(max_length=4, choices=Direction, default=Direction.BOTH)
    incoming = models.CharField(max_length=13, choices=Incoming, default=Incoming.CREATE_AND_UPDATE)
    removal = models.CharField(max_length=7, choices=Removal, default=Removal.NOTHING)
    winner = models.CharField(max_length=10, choices=Winner, default=Winner.QUICKBOOKS)
    matching = models.CharField(max_length=7, choices=Matching, default=Matching.DEFAULT)
    matching_fields = models.JSONField(default=list, blank=True, help_text="CRM fields, the strongest first.")
    filter_in = models.JSONField(default=dict, blank=True, help_text="Condition on what comes from QuickBooks.")
    filter_out = models.JSONField(default=dict, blank=True, help_text="Condition on what goes to QuickBooks.")
    without_email = models.CharField(max_length=8, choices=WithoutEmail, default=WithoutEmail.EXCLUDED)
    customer_is = models.CharField(max_length=7, choices=CustomerIs, default=CustomerIs.COMPANY)
    display_name_template = models.CharField(max_length=200, default=DISPLAY_NAME_TEMPLATE)
    display_name_suffix = models.CharField(max_length=60, default=" ({number})")
    income_account = models.CharField(
        max_length=40, blank=True, help_text="QuickBooks id of the account of new items; empty: found by its name."
    )
    back_fill = models.CharField(max_length=10, choices=BackFill, default=BackFill.EVERYTHING)
    back_fill_since = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "sync_object"], name="one_settings_row_per_object"),
            models.CheckConstraint(
                condition=~Q(back_fill=BackFill.SINCE) | Q(back_fill_since__isnull=False),
                name="a_dated_back_fill_has_a_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sync_object}: {'on' if self.enabled else 'off'}"
