"""What QuickBooks told us by webhook: only a hint to read the company."""

from django.db import models
from django.utils import timezone

from qbo_connector.models.connections import Connection


class WebhookEvent(models.Model):
    """One notification, kept once whatever QuickBooks repeats. Its content is never used as data."""

    event_id = models.CharField(max_length=200, unique=True)
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="webhook_events")
    kind = models.CharField(max_length=120)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["received_at"], name="qbo_webhook_by_time")]

    def __str__(self) -> str:
        return f"{self.kind} ({self.event_id})"
