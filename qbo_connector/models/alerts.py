"""What admins were told, so that they are told once."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from qbo_connector.models.connections import Connection


class Alert(models.Model):
    """Something that needs a person, from when it was noticed until it cleared. Mailed once in between.

    ``connection`` is empty for what concerns the whole installation. ``key`` tells alerts of one kind apart, such as
    month and threshold of a budget.
    """

    connection = models.ForeignKey(Connection, models.CASCADE, null=True, related_name="alerts")
    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=60, blank=True)
    data = models.JSONField(default=dict)
    raised_at = models.DateTimeField(default=timezone.now)
    mailed_at = models.DateTimeField(null=True)
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind", "key"],
                condition=Q(cleared_at=None),
                nulls_distinct=False,
                name="an_alert_is_raised_once_until_it_clears",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}".strip()
