"""Dashboards: reports side by side."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models import Visibility
from reports.models.reports import Report


class Dashboard(models.Model):
    """A page of reports. ``team`` is the id of the team that sees it, as with saved views."""

    name = models.CharField(_("name"), max_length=120)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    sharing = models.CharField(max_length=8, choices=Visibility, default=Visibility.PRIVATE)
    team = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="a_dashboard_has_a_name"),
            models.CheckConstraint(
                condition=~Q(sharing="team") | Q(team__isnull=False), name="a_dashboard_of_a_team_names_the_team"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DashboardTile(models.Model):
    """A report on a dashboard: a kept one, or ``ready``, the key of a ready one.

    ``wide`` ones have a row for themselves.
    """

    dashboard = models.ForeignKey(Dashboard, models.CASCADE, related_name="tiles")
    position = models.PositiveSmallIntegerField(default=0)
    wide = models.BooleanField(default=False)
    report = models.ForeignKey(Report, models.CASCADE, null=True, related_name="tiles")
    ready = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(report__isnull=False, ready="") | (Q(report=None) & ~Q(ready="")),
                name="a_tile_shows_one_report",
            ),
        ]

    def __str__(self) -> str:
        return self.ready or f"report {self.report_id}"
