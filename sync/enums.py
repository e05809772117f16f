"""Fixed vocabularies of the sync."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SyncObject(models.TextChoices):
    """What can be switched on for a connection."""

    CONTACT = "contact", _("Contacts and companies")
    PRODUCT = "product", _("Products")
    INVOICE = "invoice", _("Invoices and payments")


class Outcome(models.TextChoices):
    """How a record stands after the last time the sync looked at it."""

    IN_SYNC = "in_sync", _("In sync")
    PENDING = "pending", _("Waiting")
    EXCLUDED = "excluded", _("Excluded")
    CONFLICT = "conflict", _("Conflict")
    FAILING = "failing", _("Failing")
    BROKEN = "broken", _("Gone in QuickBooks")
