"""Keys of people for other programs, and the answers that are kept for those who ask twice."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone


class ApiKey(models.Model):
    """A key with which a program works in somebody's name. Its digest is kept; ``prefix`` is what is shown of it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False, help_text="To the minute.")
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="an_api_key_has_a_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def expired(self) -> bool:
        """Whether its last moment has passed."""
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def works(self) -> bool:
        """Whether it opens anything now."""
        return self.revoked_at is None and not self.expired


class WebhookSubscription(models.Model):
    """An address that is told of events, in somebody's name and with no more than ``scopes`` let through.

    ``sealed_url`` is encrypted, because such an address may be a secret; ``host`` is what is shown of it.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="webhook_subscriptions")
    scopes = models.JSONField(default=list)
    host = models.CharField(max_length=255)
    sealed_url = models.TextField()
    events = ArrayField(models.CharField(max_length=80))
    description = models.CharField(max_length=200, blank=True)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=~Q(events=[]), name="a_webhook_is_told_of_some_event")]

    def __str__(self) -> str:
        return self.description or self.host


class KeptAnswer(models.Model):
    """A write that a program named with an Idempotency-Key: what it asked, and what it was answered.

    ``status`` is empty until the write is committed together with its answer.
    """

    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="kept_answers")
    name = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    etag = models.CharField(max_length=100, blank=True)
    location = models.CharField(max_length=300, blank=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="api_kept_answer_by_age")]
        constraints = [models.UniqueConstraint(fields=["key", "name"], name="a_write_is_named_once_per_key")]

    def __str__(self) -> str:
        return f"{self.name} of key {self.key_id}"
