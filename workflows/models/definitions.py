"""A workflow, its draft, and the versions that were published of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from workflows.models.sealed_steps import DefinitionField


class Workflow(models.Model):
    """A workflow. ``draft`` is what the builder shows; ``published`` is what new enrolments run through."""

    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    enabled = models.BooleanField(default=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    published = models.ForeignKey("WorkflowVersion", models.PROTECT, null=True, related_name="+")
    draft = DefinitionField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True)
    # Dates up to here have been looked at, and what its conditions hold for is known since: only what comes after
    # enrols. Empty while it is off.
    watched_from = models.DateTimeField(null=True)
    swept_at = models.DateTimeField(null=True)
    # Records that fitted when somebody asked for them are enrolled in the order of their ids: after the first, up to
    # the second. Empty while nobody asked.
    existing_from = models.BigIntegerField(null=True)
    existing_to = models.BigIntegerField(null=True)
    existing_key = models.CharField(max_length=32, blank=True)
    existing_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["name", "id"], name="workflow_by_name"),
            models.Index(fields=["id"], name="workflow_with_existing", condition=Q(existing_to__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(enabled=False) | Q(published__isnull=False, archived_at=None),
                name="a_workflow_that_is_on_is_published_and_not_archived",
            )
        ]

    def __str__(self) -> str:
        return self.name


class WorkflowVersion(models.Model):
    """A definition as it was published; never changed, because enrolments finish on theirs."""

    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    definition = DefinitionField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    published_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workflow", "number"], name="workflow_versions_are_numbered_once")
        ]

    def __str__(self) -> str:
        return f"{self.workflow} v{self.number}"
