"""What is synced for a connection."""

from django.db import models

from qbo_connector.models import Connection
from sync.enums import SyncObject


class ObjectSettings(models.Model):
    """One object of one connection: its switch, and when it was last applied from the mirror."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="object_settings")
    sync_object = models.CharField(max_length=10, choices=SyncObject)
    enabled = models.BooleanField(default=False)
    enabled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "sync_object"], name="one_settings_row_per_object"),
        ]

    def __str__(self) -> str:
        return f"{self.sync_object}: {'on' if self.enabled else 'off'}"
