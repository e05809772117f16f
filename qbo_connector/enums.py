"""Fixed vocabularies of the connector."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ConnectionStatus(models.TextChoices):
    """Whether a company can be read and written."""

    ACTIVE = "active", _("Connected")
    NEEDS_RECONNECT = "reconnect", _("Needs to be reconnected")
    PAUSED = "paused", _("Paused")
    DISCONNECTED = "disconnected", _("Disconnected")


class OperationState(models.TextChoices):
    """Life of a planned write."""

    PLANNED = "planned", _("Waiting")
    LEASED = "leased", _("Sending")
    UNKNOWN = "unknown", _("No answer yet")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")
    HELD = "held", _("Held for a person")
    CANCELLED = "cancelled", _("Cancelled before it was sent")


class Verb(models.TextChoices):
    """What an operation does to its object."""

    CREATE = "create", _("Create")
    UPDATE = "update", _("Update")
    DEACTIVATE = "deactivate", _("Make inactive")
    REACTIVATE = "reactivate", _("Make active")
    VOID = "void", _("Void")
    DELETE = "delete", _("Delete")
    SEND_EMAIL = "send-email", _("Send by e-mail")
    UPLOAD = "upload", _("Upload a file")


class Cause(models.TextChoices):
    """Why QuickBooks was called; reads cost money, so they are counted by cause."""

    CONNECT = "connect", _("Connecting")
    FIRST_LOAD = "first_load", _("First load")
    CYCLE = "cycle", _("Regular sync")
    WEBHOOK = "webhook", _("Webhook")
    SYNC_NOW = "sync_now", _("Sync now")
    DAILY = "daily", _("Daily reference data")
    REFUSAL = "refusal", _("After a refusal")
    WRITE = "write", _("Write")
    VERIFY = "verify", _("Check after an unknown outcome")
    PDF = "pdf", _("PDF preview")
    PAYMENT_LINK = "payment_link", _("Payment link")
    COUNT_CHECK = "count_check", _("Count check")
    RATES = "rates", _("Exchange rates")
    ATTACHMENTS = "attachments", _("Attachments")


class LoadState(models.TextChoices):
    """How far the first load of one entity is."""

    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
