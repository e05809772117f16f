"""What dry runs found, kept until somebody asks again."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from qbo_connector.models import Connection
from sync.enums import DryRunState, SyncObject


class SyncDryRun(models.Model):
    """A dry run of one object with certain settings: under way, or done with its report.

    ``values`` are the settings that it tries, ``digest`` names them together with ``generation``, so that the same
    question is asked once. ``report`` is that of ``sync.dry_run_report``. ``total`` is about how many rows there are to
    look at, ``looked_at`` how many have been. ``touched_at`` is a worker's last sign of life, ``attempt`` fences off
    one that was taken for dead.
    """

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="dry_runs")
    sync_object = models.CharField(max_length=10, choices=SyncObject)
    digest = models.CharField(max_length=64)
    values = models.JSONField(default=dict)
    generation = models.CharField(max_length=6, blank=True)
    state = models.CharField(max_length=7, choices=DryRunState, default=DryRunState.WAITING)
    requested_at = models.DateTimeField(default=timezone.now)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    touched_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    attempt = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    looked_at = models.PositiveIntegerField(default=0)
    problem = models.TextField(blank=True)
    report = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "sync_object", "digest"], name="a_dry_run_is_kept_once"),
        ]
        indexes = [
            models.Index(
                fields=["touched_at"],
                condition=models.Q(state__in=[DryRunState.WAITING, DryRunState.RUNNING]),
                name="sync_dry_run_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return f"dry run of {self.sync_object}, {self.state}"

    @property
    def busy(self) -> bool:
        """Whether its report is still to come; an earlier one may be there meanwhile."""
        return self.state in (DryRunState.WAITING, DryRunState.RUNNING)

    @property
    def percent(self) -> int:
        """For the bar; never quite done before it is."""
        return min(99, 100 * self.looked_at // self.total) if self.total else 0
