"""Segments: named sets of records, by conditions or by hand."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SegmentKind(models.TextChoices):
    """How records come into a segment."""

    LIVE = "live", _("By conditions")
    STATIC = "static", _("By hand and by workflows")


class Segment(models.Model):
    """A named set of records of one kind.

    A live one holds what fits ``conditions`` at the moment one looks; a static one the records that were put into it.
    An archived one is not offered any more, and goes on to mean what it meant where it is used.
    """

    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    object_type = models.CharField(max_length=40)
    kind = models.CharField(max_length=6, choices=SegmentKind, default=SegmentKind.LIVE)
    conditions = models.JSONField(default=dict, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "object_type",
                Lower("name"),
                condition=Q(archived_at=None),
                name="a_segment_has_a_name_of_its_own",
            ),
            models.CheckConstraint(
                condition=Q(kind=SegmentKind.LIVE) | Q(conditions={}), name="a_static_segment_has_no_conditions"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def static(self) -> bool:
        """Whether records are put into it."""
        return self.kind == SegmentKind.STATIC


class SegmentMember(models.Model):
    """A record in a static segment."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="members")
    object_type = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["segment", "object_id"], name="a_record_is_in_a_segment_once"),
        ]
        indexes = [models.Index(fields=["object_type", "object_id"], name="core_segments_of_record")]

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id} in {self.segment_id}"
