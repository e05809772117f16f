"""What a person has to decide: conflicting values, and matches that are only likely."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from qbo_connector.models import Connection
from sync.models.links import Link


class Conflict(models.Model):
    """One field of one record that both sides changed. Neither value is overwritten while this is open.

    ``base``, ``crm`` and ``quickbooks`` are values as ``sync.merge.plain`` makes them. ``resolution`` is "crm",
    "quickbooks" or, where both came to agree by themselves, "agreed".
    """

    link = models.ForeignKey(Link, models.CASCADE, related_name="conflicts")
    crm_field = models.CharField(max_length=80)
    qbo_field = models.CharField(max_length=120)
    base = models.JSONField(null=True)
    crm = models.JSONField(null=True)
    quickbooks = models.JSONField(null=True)
    crm_changed_at = models.DateTimeField(null=True)
    crm_changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    quickbooks_changed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    resolution = models.CharField(max_length=10, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["link", "crm_field"], condition=Q(resolved_at=None), name="one_open_conflict_per_field"
            ),
        ]
        indexes = [models.Index(fields=["-id"], condition=Q(resolved_at=None), name="sync_conflict_open")]

    def __str__(self) -> str:
        return f"{self.link}: {self.crm_field}"


class MatchSuggestion(models.Model):
    """A QuickBooks object and a record that are likely the same (they share a name), until a person says so."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="match_suggestions")
    entity = models.CharField(max_length=30)
    qbo_id = models.CharField(max_length=40)
    object_type = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    rule = models.CharField(max_length=80, help_text="The field that both share.")
    created_at = models.DateTimeField(default=timezone.now)
    accepted = models.BooleanField(null=True, help_text="Empty until somebody decides.")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "entity", "qbo_id", "object_type", "object_id"],
                name="a_likely_match_is_suggested_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.qbo_id} may be {self.object_type} {self.object_id}"
