"""Choices of reports."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Rhythm(models.TextChoices):
    """How often a report is sent."""

    DAILY = "daily", _("Every working day")
    WEEKLY = "weekly", _("Every week")
    MONTHLY = "monthly", _("Every month")


class FileFormat(models.TextChoices):
    """As what a report is attached."""

    XLSX = "xlsx", _("Excel")
    CSV = "csv", _("CSV")
