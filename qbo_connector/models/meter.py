"""What QuickBooks was asked, and why."""

from django.db import models

from qbo_connector.enums import Cause
from qbo_connector.models.connections import Connection


class ApiUsage(models.Model):
    """Calls of one company on one day (UTC) for one cause. Successful reads are what Intuit meters."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="usage")
    day = models.DateField()
    cause = models.CharField(max_length=12, choices=Cause)
    reads = models.PositiveIntegerField(default=0)
    writes = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "day", "cause"], name="one_usage_row_per_day_and_cause"),
        ]

    def __str__(self) -> str:
        return f"{self.reads} reads on {self.day} ({self.cause})"
