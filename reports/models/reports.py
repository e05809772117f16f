"""Reports that people keep, and when they are sent."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models import Visibility
from reports.enums import FileFormat, Rhythm


class Report(models.Model):
    """A report: its ``definition`` (``reports.definition``), or ``ready``, the key of a ready one with its parameters.

    ``team`` is the id of the team that sees it, as with saved views.
    """

    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("description"), blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    sharing = models.CharField(max_length=8, choices=Visibility, default=Visibility.PRIVATE)
    team = models.BigIntegerField(null=True, blank=True)
    definition = models.JSONField(default=dict)
    ready = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["name", "id"], name="report_by_name")]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="a_report_has_a_name"),
            models.CheckConstraint(
                condition=~Q(sharing="team") | Q(team__isnull=False), name="a_report_of_a_team_names_the_team"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ReportSchedule(models.Model):
    """When a report is sent to whom. Each recipient gets it as they may see it themselves.

    ``weekday`` (0 is Monday) counts for weekly ones, ``day`` for monthly ones; ``hour`` is one of the company's day.
    """

    report = models.ForeignKey(Report, models.CASCADE, related_name="schedules")
    rhythm = models.CharField(max_length=7, choices=Rhythm, default=Rhythm.WEEKLY)
    weekday = models.PositiveSmallIntegerField(default=0)
    day = models.PositiveSmallIntegerField(default=1)
    hour = models.PositiveSmallIntegerField(default=8)
    recipients: "models.ManyToManyField[models.Model, models.Model]" = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="+"
    )
    format = models.CharField(max_length=4, choices=FileFormat, default=FileFormat.XLSX)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="report_schedule_due")]
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="a_report_is_sent_on_a_day_of_the_week"),
            models.CheckConstraint(
                condition=Q(day__gte=1, day__lte=28), name="a_report_is_sent_on_a_day_of_each_month"
            ),
            models.CheckConstraint(condition=Q(hour__lte=23), name="a_report_is_sent_at_an_hour_of_the_day"),
        ]

    def __str__(self) -> str:
        return f"{self.report} {self.rhythm}"
