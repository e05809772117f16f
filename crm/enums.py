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
    PUBLISHED = "published", _("Published")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
