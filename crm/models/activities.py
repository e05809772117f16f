"""What people did with records: notes, calls, e-mails and meetings, each on the timelines of one or several records."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.search import search_column


class ActivityKind(models.TextChoices):
    """What somebody did."""

    NOTE = "note", _("Note")
    CALL = "call", _("Call")
    EMAIL = "email", _("E-mail")
    MEETING = "meeting", _("Meeting")


class Direction(models.TextChoices):
    """Who began it."""

    OUT = "out", _("Outgoing")
    IN = "in", _("Incoming")


class Outcome(models.TextChoices):
    """What came of a call or meeting."""

    CONNECTED = "connected", _("Connected")
    MESSAGE = "message", _("Left a message")
    NO_ANSWER = "no_answer", _("No answer")
    BUSY = "busy", _("Busy")
    WRONG_NUMBER = "wrong_number", _("Wrong number")
    HELD = "held", _("Took place")
    MOVED = "moved", _("Moved to another day")
    CANCELLED = "cancelled", _("Cancelled")


class Activity(models.Model):
    """Something that somebody did, or (a meeting) is going to do, at ``occurred_at``. ``body`` is plain text.

    ``sender`` and ``recipients`` are addresses of an e-mail; ``mail`` is the e-mail that left from here. A deleted one
    keeps its row, without its words, because it was on timelines.
    """

    kind = models.CharField(max_length=8, choices=ActivityKind)
    subject = models.CharField(max_length=300, blank=True)
    body = models.TextField(blank=True)
    occurred_at = models.DateTimeField(default=timezone.now)
    duration_seconds = models.PositiveIntegerField(null=True, blank=True)
    direction = models.CharField(max_length=3, choices=Direction, blank=True)
    outcome = models.CharField(max_length=14, choices=Outcome, blank=True)
    place = models.CharField(max_length=300, blank=True)
    sender = models.CharField(max_length=300, blank=True)
    recipients = models.CharField(max_length=2000, blank=True)
    mail = models.OneToOneField(
        "core.OutgoingMail", models.SET_NULL, null=True, blank=True, related_name="+", help_text="That left from here."
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    search = search_column("subject", "body", "place", "sender", "recipients")

    class Meta:
        verbose_name_plural = "activities"
        indexes = [
            models.Index(fields=["by", "-occurred_at"], name="crm_activity_of_person"),
            models.Index(fields=["-occurred_at", "-id"], name="crm_activity_newest", condition=Q(deleted_at=None)),
            models.Index(
                fields=["kind", "-occurred_at", "-id"], name="crm_activity_of_kind", condition=Q(deleted_at=None)
            ),
            GinIndex(fields=["search"], name="crm_activity_search"),
        ]

    def __str__(self) -> str:
        return self.subject or str(self.get_kind_display())


class ActivityLink(models.Model):
    """A record on whose timeline an activity stands, since when it is pinned there, and when it happened.

    ``occurred_at`` repeats the activity's, so that a timeline is one range of one index.
    """

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="links")
    object_type = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    occurred_at = models.DateTimeField()
    pinned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["object_type", "object_id", "-occurred_at", "-activity"], name="crm_activity_timeline"
            ),
            models.Index(
                fields=["object_type", "object_id", "-pinned_at"],
                condition=Q(pinned_at__isnull=False),
                name="crm_activity_pinned",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["activity", "object_type", "object_id"], name="an_activity_is_on_a_record_once"
            ),
        ]

    def __str__(self) -> str:
        return f"activity {self.activity_id} on {self.object_type} {self.object_id}"
