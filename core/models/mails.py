"""E-mails that the product sends to people outside it, as rows before anything leaves."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class MailState(models.TextChoices):
    """Life of an e-mail."""

    PLANNED = "planned", _("Waiting")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class OutgoingMail(models.Model):
    """One e-mail. ``key`` is what it is for, so that asking twice is one e-mail; it is also its Message-ID.

    ``object_type`` and ``object_id`` name the record it is about. ``attachments`` are ``[{"kind": ..., ...}]``, made
    when it is sent by whoever registered the kind (``core.services.mails.attachment_makers``). A mail server may get
    it twice after a crash, with the same Message-ID, and never loses it.
    """

    key = models.CharField(max_length=120, unique=True)
    message_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    object_type = models.CharField(max_length=30, blank=True)
    object_id = models.BigIntegerField(null=True)
    to = models.JSONField(default=list, help_text="Addresses.")
    cc = models.JSONField(default=list)
    reply_to = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=300)
    body = models.TextField()
    attachments = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=MailState, default=MailState.PLANNED)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.TextField(blank=True, help_text="In plain words.")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["-finished_at"], condition=Q(state=MailState.FAILED), name="core_mail_failed"),
            models.Index(fields=["due_at"], condition=Q(state=MailState.PLANNED), name="core_mail_due"),
            models.Index(fields=["object_type", "object_id", "-id"], name="core_mail_of_record"),
        ]

    def __str__(self) -> str:
        return self.subject
