"""The one event table, its links to records, and the heartbeat."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Origin(models.TextChoices):
    """Through which channel a change came."""

    PERSON = "person", _("Person")
    SYNC = "sync", _("QuickBooks sync")
    WORKFLOW = "workflow", _("Workflow")
    IMPORT = "import", _("Import")
    SYSTEM = "system", _("CRM Sync")


class Event(models.Model):
    """Something that happened: line of the timeline, trigger of workflows and outbox of tasks in one row."""

    name = models.CharField(max_length=80)
    occurred_at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    origin = models.CharField(max_length=10, choices=Origin)
    object_type = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    data = models.JSONField(default=dict)
    dispatched_at = models.DateTimeField(null=True, help_text="When its tasks were handed to the broker.")
    cause = models.BigIntegerField(null=True, help_text="The run of a workflow in which it happened.")

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=models.Q(dispatched_at=None), name="core_event_to_dispatch"),
            models.Index(fields=["name", "id"], name="core_event_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.object_type} {self.object_id}"


class EventLink(models.Model):
    """A record on whose timeline an event is shown: its own object and everything it is about."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="links")
    object_type = models.CharField(max_length=40)
    object_id = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["object_type", "object_id", "-event_id"], name="core_timeline")]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "object_type", "object_id"], name="an_event_is_shown_once_per_record"
            )
        ]

    def __str__(self) -> str:
        return f"event {self.event_id} on {self.object_type} {self.object_id}"


class Heartbeat(models.Model):
    """The last time a message went from beat through the broker to a worker."""

    name = models.CharField(max_length=20, primary_key=True)
    beaten_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.beaten_at:%Y-%m-%d %H:%M:%S}"
