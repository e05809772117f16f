"""By what mirrored objects can be matched, beyond what the mirror itself is indexed by."""

from django.db import models

from qbo_connector.models import Connection
from sync.enums import RecordType


class MatchKey(models.Model):
    """What an object says in a field that the settings match by: ``key`` in capitals, as the CRM's field would have it.

    Payloads are compressed, so the fields that an admin chose are written here when an object is looked at.
    """

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="match_keys")
    record_type = models.CharField(max_length=10, choices=RecordType)
    qbo_id = models.CharField(max_length=40)
    field = models.CharField(max_length=80, help_text="The CRM's field.")
    key = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "record_type", "qbo_id", "field"], name="an_object_has_one_key_per_field"
            ),
        ]
        indexes = [models.Index(fields=["connection", "record_type", "field", "key"], name="sync_match_key")]

    def __str__(self) -> str:
        return f"{self.record_type} {self.qbo_id}: {self.field}"
