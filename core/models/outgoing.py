"""Requests that the product sends to addresses of others, as rows before anything leaves."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RequestKind(models.TextChoices):
    """What is sent."""

    WEBHOOK = "webhook", _("Webhook")
    SLACK = "slack", _("Slack message")


class RequestState(models.TextChoices):
    """Life of a request."""

    PLANNED = "planned", _("Waiting")
    SENT = "sent", _("Received")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class OutgoingRequest(models.Model):
    """One request. ``key`` is what it is for, so that asking twice is one request; receivers get it as well.

    ``sealed_url`` is encrypted, because an address such as Slack's is a secret by itself; ``host`` is what people see
    of it. A receiver may get it twice after a crash, with the same key, and never loses it.
    """

    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=8, choices=RequestKind)
    host = models.CharField(max_length=255)
    sealed_url = models.TextField()
    body = models.TextField(help_text="JSON, as it is sent.")
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=10, choices=RequestState, default=RequestState.PLANNED)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True, help_text="HTTP status of the last answer.")
    answer = models.TextField(blank=True, help_text="Beginning of the last answer.")
    problem = models.TextField(blank=True, help_text="In plain words.")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state=RequestState.PLANNED), name="core_request_due"),
            models.Index(fields=["object_type", "object_id", "-id"], name="core_request_of_record"),
            models.Index(fields=["-finished_at"], condition=Q(state="failed"), name="core_request_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.host}"


class AllowedHost(models.Model):
    """A host inside the network that requests may go to, because an administrator said so."""

    host = models.CharField(max_length=255, unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.host


class WebhookSigning(models.Model):
    """The one row with id 1: the encrypted secret that webhooks are signed with, and the one before it."""

    sealed_secret = models.TextField()
    sealed_previous = models.TextField(blank=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="there_is_one_webhook_secret")]

    def __str__(self) -> str:
        return f"Webhook secret of {self.changed_at:%Y-%m-%d}"
