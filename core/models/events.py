"""The one event table, its links to records, and the heartbeat."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.search import json_index


class Origin(models.TextChoices):
    """Through which channel a change came."""

    PERSON = "person", _("Person")
    API = "api", _("API")
    SYNC = "sync", _("QuickBooks sync")
    WORKFLOW = "workflow", _("Workflow")
    IMPORT = "import", _("Import")
    SYSTEM = "system", _("CRM Sync")


# What people did themselves, on a page or through a program of theirs.
BY_PEOPLE = (Origin.PERSON, Origin.API)


class Event(models.Model):
    """Something that happened: line of the timeline, trigger of workflows and outbox of tasks in one row."""

    name = models.CharField(max_length=80)
    occurred_at = models.DateTimeField(default=timezone.now)
    # Who did something is never deleted, only deactivated. Its index is the one by actor and time below.
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    origin = models.CharField(max_length=10, choices=Origin)
    object_type = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    data = models.JSONField(default=dict)
    dispatched_at = models.DateTimeField(null=True, help_text="When its tasks were handed to the broker.")
    cause = models.BigIntegerField(null=True, help_text="The run of a workflow in which it happened.")
    address = models.GenericIPAddressField(null=True, help_text="Of the client, for what happened in a request.")
    request = models.CharField(max_length=64, default="", db_default="", help_text="Its id, as in the log.")
    key = models.BigIntegerField(null=True, help_text="The API key with which it was done.")
    key_name = models.CharField(max_length=100, default="", db_default="")

    class Meta:
        indexes = [
            models.Index(fields=["occurred_at", "id"], name="core_event_by_time"),
            models.Index(fields=["object_type", "occurred_at", "id"], name="core_event_by_object"),
            models.Index(fields=["origin", "occurred_at", "id"], name="core_event_by_channel"),
            models.Index(
                fields=["actor", "occurred_at", "id"],
                condition=models.Q(actor__isnull=False),
                name="core_event_by_actor",
            ),
            models.Index(
                fields=["address", "occurred_at", "id"],
                condition=models.Q(address__isnull=False),
                name="core_event_by_address",
            ),
            json_index("data", name="core_event_words"),
            models.Index(fields=["id"], condition=models.Q(dispatched_at=None), name="core_event_to_dispatch"),
            models.Index(fields=["name", "id"], name="core_event_by_name"),
        ]

    def __str__(self) -> str:
        words = self.name.replace(".", " ").replace("_", " ").capitalize()
        return f"{words}: {self.data.get('title') or self.object_id}"


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
