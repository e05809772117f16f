"""When each company is read next, from where, and how far its first load is."""

from django.db import models
from django.utils import timezone

from qbo_connector.enums import Cause, LoadState
from qbo_connector.models.connections import Connection


class PullSchedule(models.Model):
    """The narrow queue of record: when a company is due, who leases it, and its change-data cursor.

    ``cursor`` is QuickBooks' clock (the ``time`` of an answer), never ours. ``lease_token`` grows with every lease;
    a worker that wakes up late finds it changed and commits nothing.
    """

    connection = models.OneToOneField(Connection, models.CASCADE, primary_key=True, related_name="pull")
    due_at = models.DateTimeField(default=timezone.now)
    cause = models.CharField(max_length=12, choices=Cause, default=Cause.CYCLE)
    leased_until = models.DateTimeField(null=True)
    lease_token = models.BigIntegerField(default=0)
    cursor = models.DateTimeField(null=True)
    loaded_at = models.DateTimeField(null=True, help_text="When the last page of the first load was committed.")
    requested_at = models.DateTimeField(null=True, help_text="When somebody asked for a pull now.")
    read_reference = models.BooleanField(default=False, help_text="The next pull also reads what change data lacks.")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True, help_text="Last success.")
    to_count = models.JSONField(
        default=list, help_text="Entities whose number the next quiet read compares with the mirror's."
    )
    counted_at = models.DateTimeField(null=True, help_text="When the last count check was asked for.")
    failures = models.PositiveIntegerField(default=0)
    last_problem = models.TextField(blank=True)
    idle_reads = models.PositiveIntegerField(default=0, help_text="Reads without change since the last that had one.")
    idle_since = models.DateTimeField(null=True, help_text="When the first of them was.")

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="qbo_pull_due")]

    def __str__(self) -> str:
        return f"pull of connection {self.connection_id}"


class FailedRead(models.Model):
    """Reads of a company that failed one after the other for the same reason: how many, and from when to when."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="failed_reads")
    cause = models.CharField(max_length=12, choices=Cause)
    problem = models.TextField()
    times = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["connection", "-last_at"], name="qbo_failed_read_newest")]

    def __str__(self) -> str:
        return f"{self.times} failed reads: {self.problem}"


class LoadProgress(models.Model):
    """The first (or a repeated full) load of one entity: its own cursor, so that it goes on where it was killed.

    ``since`` is the last LastUpdatedTime seen; ``offset`` is used only inside one timestamp, of which ``seen`` holds
    the Ids met so far. ``gone`` are Ids that a repeated listing lacks: deleted only when the listing is complete.
    ``refused`` means that QuickBooks does not offer this entity to the company.
    """

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="loads")
    entity = models.CharField(max_length=30)
    state = models.CharField(max_length=8, choices=LoadState, default=LoadState.WAITING)
    since = models.DateTimeField(null=True)
    offset = models.PositiveIntegerField(default=0)
    seen = models.JSONField(default=list)
    gone = models.JSONField(default=list)
    refused = models.BooleanField(default=False)
    expected = models.PositiveIntegerField(null=True)
    loaded = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True, help_text="QuickBooks' clock at the start.")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "entity"], name="one_load_per_connection_and_entity"),
        ]

    def __str__(self) -> str:
        return f"load of {self.entity}: {self.loaded} of {self.expected}"
