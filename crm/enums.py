"""Fixed vocabularies of the CRM."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DealStatus(models.TextChoices):
    """Whether a deal is still open; follows from its stage."""

    OPEN = "open", _("Open")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")


class QuoteStatus(models.TextChoices):
    """Life of a quote."""

    DRAFT = "draft", _("Draft")
    APPROVAL = "approval", _("Waiting for approval")
    PUBLISHED = "published", _("Published")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    REPLACED = "replaced", _("Replaced")
    CLOSED = "closed", _("Closed")


class BillingPeriod(models.TextChoices):
    """How often something is billed; nothing for once."""

    ONCE = "", _("One-time")
    MONTH = "month", _("Monthly")
    QUARTER = "quarter", _("Quarterly")
    YEAR = "year", _("Yearly")


class QuoteOrigin(models.TextChoices):
    """Where a quote was first made."""

    CRM = "crm", _("CRM")
    ACCOUNTING = "accounting", _("QuickBooks")


class BillingStatus(models.TextChoices):
    """What ``DealBilling.invoice_status`` can say: the words for the status of an invoice, known here to filter by."""

    DRAFT = "draft", _("Draft")
    WAITING = "waiting", _("Waiting to be sent")
    SENT = "sent", _("Sent to customer")
    PARTIAL = "partial", _("Partial payment")
    PAID = "paid", _("Paid in full")
    OVERDUE = "overdue", _("Overdue")
    VOIDED = "voided", _("Voided")
