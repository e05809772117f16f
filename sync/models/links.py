"""Which CRM record is which QuickBooks object, and how the two stand."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from qbo_connector.models import Connection
from sync.enums import Exclusion, Outcome

# How a link came about whose object was created from here.
CREATED_HERE = "created here"


class Link(models.Model):
    """A CRM record and its QuickBooks object. ``qbo_id`` is empty until QuickBooks has answered a create.

    A Customer may be linked to one company and to one contact; never to two of a kind, and no record to two objects.
    ``snapshot`` is what both sides agreed on last, by CRM field: the base of the three-way merge. ``exclusion`` is set
    exactly when the outcome is EXCLUDED; an object or record can be excluded without having its other side
    (``qbo_id`` empty: a record that is not sent; no row at all: an object that is not brought in). ``remedy`` says of
    a failing record what can be done about it, for pages: its ``kind`` and what that needs
    (see ``sync.publish.refusals``).
    """

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="links")
    entity = models.CharField(max_length=30)
    qbo_id = models.CharField(max_length=40, blank=True)
    object_type = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.PENDING)
    reason = models.TextField(blank=True)
    detail = models.TextField(blank=True)
    remedy = models.JSONField(default=dict)
    exclusion = models.CharField(max_length=10, choices=Exclusion, blank=True, default=Exclusion.NONE)
    snapshot = models.JSONField(default=dict)
    sync_token = models.BigIntegerField(default=-1)
    matched_by = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    synced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "entity", "qbo_id", "object_type"],
                condition=~Q(qbo_id=""),
                name="a_quickbooks_object_has_one_record_of_a_kind",
            ),
            models.UniqueConstraint(
                fields=["connection", "entity", "object_type", "object_id"],
                name="a_record_has_one_quickbooks_object_per_company",
            ),
        ]
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="sync_link_by_record"),
            models.Index(fields=["connection", "entity", "outcome"], name="sync_link_by_outcome"),
            # The lists and counts of sync health: each is one range of it, in the order of its page.
            models.Index(
                fields=["connection", "object_type", "outcome", "exclusion", "-id"], name="sync_link_by_state"
            ),
            models.Index(
                fields=["-id"],
                condition=Q(outcome__in=[Outcome.FAILING, Outcome.BROKEN]),
                name="sync_link_needs_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id} is {self.entity} {self.qbo_id or '(new)'}"
