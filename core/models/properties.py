"""Custom properties: what an admin adds to the records of an object. The values are in the records' ``properties``."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from core.enums import PropertyKind
from core.fields import CurrencyField


class PropertyGroup(models.Model):
    """A heading under which properties of an object stand."""

    object_type = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint("object_type", Lower("name"), name="a_property_group_is_named_once_per_object"),
        ]

    def __str__(self) -> str:
        return self.name


class PropertyDefinition(models.Model):
    """A custom property of an object. Its id is the key of its values, so it can be renamed at any time.

    Deleted ones keep their values for a while, so that they can be restored; see ``core.services.properties``.
    """

    object_type = models.CharField(max_length=40)
    key = models.SlugField(max_length=60, help_text="Internal name: for API and import. Never changes.")
    label = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=PropertyKind)
    group = models.ForeignKey(PropertyGroup, models.SET_NULL, null=True, blank=True, related_name="definitions")
    description = models.CharField(max_length=500, blank=True)
    required = models.BooleanField(default=False)
    unique = models.BooleanField(default=False)
    default = models.JSONField(null=True, blank=True, help_text="A canonical value.")
    currency = CurrencyField(blank=True, help_text="Of an amount; empty: the record's own.")
    lowest = models.DecimalField(max_digits=25, decimal_places=10, null=True, blank=True)
    highest = models.DecimalField(max_digits=25, decimal_places=10, null=True, blank=True)
    position = models.PositiveIntegerField(default=0)
    indexed = models.BooleanField(default=False, help_text="Whether an index for sorting and ranges is wanted.")
    index_ready = models.BooleanField(default=False, help_text="Whether that index has been built.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            # Deleted ones too: one that is restored gets its key back.
            models.UniqueConstraint("object_type", Lower("key"), name="a_property_key_is_used_once_per_object"),
            models.UniqueConstraint(
                "object_type",
                Lower("label"),
                condition=Q(deleted_at=None),
                name="a_property_label_is_used_once_per_object",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class PropertyChoice(models.Model):
    """A value that can be chosen. Records hold its id, so renaming it rewrites nothing."""

    definition = models.ForeignKey(PropertyDefinition, models.CASCADE, related_name="choices")
    label = models.CharField(max_length=120)
    position = models.PositiveIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                "definition", Lower("label"), condition=Q(archived_at=None), name="a_choice_is_offered_once"
            ),
        ]

    def __str__(self) -> str:
        return self.label
