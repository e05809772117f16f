"""Which CRM field is which QuickBooks field."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from qbo_connector.models import Connection
from sync.enums import Direction, RecordType, Transform, Winner


class FieldMapping(models.Model):
    """One pair of fields of one company. ``crm_field`` and ``qbo_field`` are names of ``sync.mapping.fields``.

    An empty ``winner`` takes the object's. ``default`` is written where the source is empty. A mapping that fails says
    why and since when; it stops neither its record nor the other mappings.
    """

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="field_mappings")
    record_type = models.CharField(max_length=10, choices=RecordType)
    crm_field = models.CharField(max_length=80)
    qbo_field = models.CharField(max_length=120)
    direction = models.CharField(max_length=4, choices=Direction, default=Direction.BOTH)
    winner = models.CharField(max_length=10, choices=Winner, blank=True)
    default = models.CharField(max_length=500, blank=True)
    transform = models.CharField(max_length=10, choices=Transform, blank=True, default=Transform.NONE)
    enabled = models.BooleanField(default=True)
    standard = models.BooleanField(
        default=False, help_text="Came with the connection; can be switched off, not deleted."
    )
    last_synced_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "record_type", "crm_field", "qbo_field"], name="a_pair_of_fields_is_mapped_once"
            ),
            models.UniqueConstraint(
                fields=["connection", "record_type", "crm_field"],
                condition=Q(enabled=True) & ~Q(direction=Direction.OUT),
                name="a_crm_field_is_filled_from_one_quickbooks_field",
            ),
            models.UniqueConstraint(
                fields=["connection", "record_type", "qbo_field"],
                condition=Q(enabled=True) & ~Q(direction=Direction.IN),
                name="a_quickbooks_field_is_filled_from_one_crm_field",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_type}.{self.crm_field} - {self.qbo_field}"


class MappingFailure(models.Model):
    """A record for which a mapping does not work, until it does: its value can't cross over to ``side``.

    ``side`` is "in" for values of QuickBooks that the CRM can't take, "out" for values that QuickBooks can't.
    """

    mapping = models.ForeignKey(FieldMapping, models.CASCADE, related_name="failures")
    side = models.CharField(max_length=4, choices=Direction)
    object_id = models.BigIntegerField()
    reason = models.TextField()
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mapping", "side", "object_id"], name="a_record_fails_a_mapping_once"),
        ]

    def __str__(self) -> str:
        return f"mapping {self.mapping_id} fails for {self.object_id}"
