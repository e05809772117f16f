"""Merged records, and records that are likely the same."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class Merge(models.Model):
    """Some records that were merged into one. ``undo`` is what undoing needs; it is emptied when that is over.

    ``values`` are the winner's changed properties as ``{name: [before, after]}``.
    """

    object_type = models.CharField(max_length=20)
    winner_id = models.BigIntegerField()
    title = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    merged_at = models.DateTimeField(default=timezone.now)
    values = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    undo = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["object_type", "winner_id"], name="crm_merge_of_winner")]

    def __str__(self) -> str:
        return f"merge into {self.object_type} {self.winner_id}"


class MergedRecord(models.Model):
    """A record that became part of another one; its old address leads there as long as it is not undone."""

    merge = models.ForeignKey(Merge, models.CASCADE, related_name="losers")
    object_type = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    title = models.CharField(max_length=500)
    undone = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["object_type", "object_id"], condition=Q(undone=False), name="a_record_is_merged_into_one_other"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class DuplicateKey(models.Model):
    """By what a living record can be recognised: an address, a number or a name in a form without trifles."""

    object_type = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    rule = models.CharField(max_length=20)
    key = models.CharField(max_length=300)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["object_type", "object_id", "rule", "key"], name="a_record_has_each_key_once"
            ),
        ]
        indexes = [models.Index(fields=["object_type", "rule", "key", "object_id"], name="crm_duplicate_key")]

    def __str__(self) -> str:
        return f"{self.rule} of {self.object_type} {self.object_id}"


class DuplicatePair(models.Model):
    """Two records that share a key, until somebody merges them or says that they are different."""

    object_type = models.CharField(max_length=20)
    first_id = models.BigIntegerField()
    second_id = models.BigIntegerField()
    rules = models.JSONField(default=list)
    confidence = models.PositiveSmallIntegerField(help_text="Percent")
    found_at = models.DateTimeField(default=timezone.now)
    dismissed_at = models.DateTimeField(null=True)
    dismissed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["object_type", "first_id", "second_id"], name="two_records_are_suggested_once"
            ),
            models.CheckConstraint(condition=Q(first_id__lt=F("second_id")), name="a_pair_is_in_order"),
        ]
        indexes = [
            models.Index(
                fields=["object_type", "-confidence", "-id"], condition=Q(dismissed_at=None), name="crm_pair_open"
            ),
            models.Index(fields=["object_type", "second_id"], name="crm_pair_of_second"),
        ]

    def __str__(self) -> str:
        return f"{self.object_type} {self.first_id} and {self.second_id}"


class DuplicateScan(models.Model):
    """How far the search for duplicates has come: everything that changed before was looked at."""

    object_type = models.CharField(max_length=20, primary_key=True)
    seen_at = models.DateTimeField(null=True)
    seen_id = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"duplicates of {self.object_type}"
