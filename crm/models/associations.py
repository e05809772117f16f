"""Associations with labels between any two records, beside the fixed ones such as a deal's company."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone


class AssociationLabel(models.Model):
    """What two records are to one another: ``name`` says what the first is to the second, ``inverse`` the other way.

    Such as “Reports to” and “Manager of” between two contacts; without ``inverse`` both sides say ``name``.
    """

    from_type = models.CharField(max_length=40)
    to_type = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    inverse = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["from_type", "to_type", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                "from_type", "to_type", Lower("name"), name="a_label_is_named_once_between_two_kinds"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="an_association_label_has_a_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} / {self.inverse}" if self.inverse else self.name

    def told(self, *, from_first: bool) -> str:
        """What it says on the page of the first record, or on that of the second."""
        return self.name if from_first else self.inverse or self.name


class Association(models.Model):
    """That two records belong together, and as what. Removed ones keep their row, so that removing can be undone."""

    from_type = models.CharField(max_length=40)
    from_id = models.BigIntegerField()
    to_type = models.CharField(max_length=40)
    to_id = models.BigIntegerField()
    label = models.ForeignKey(AssociationLabel, models.SET_NULL, null=True, blank=True, related_name="associations")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["from_type", "from_id", "id"], condition=Q(removed_at=None), name="crm_assoc_from"),
            models.Index(fields=["to_type", "to_id", "id"], condition=Q(removed_at=None), name="crm_assoc_to"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["from_type", "from_id", "to_type", "to_id", "label"],
                condition=Q(removed_at=None),
                nulls_distinct=False,
                name="two_records_are_associated_once_per_label",
            ),
            models.CheckConstraint(
                condition=~Q(from_type=models.F("to_type"), from_id=models.F("to_id")),
                name="no_record_is_associated_with_itself",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_type} {self.from_id} – {self.to_type} {self.to_id}"
