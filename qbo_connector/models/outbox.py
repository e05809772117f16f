"""The outbox: every write to QuickBooks is a row here before anything is sent."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from qbo_connector.enums import OperationState, Verb
from qbo_connector.models.connections import Connection


class OperationBatch(models.Model):
    """Operations that are sent in one request. Its bytes and ``request_id`` stay the same for every try."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="operation_batches")
    request_id = models.CharField(max_length=36, unique=True)
    body = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"batch {self.request_id}"


class Operation(models.Model):
    """One intended change. ``subject`` names what it is about in the layer above (``invoice:42``).

    ``intent`` is the mapped payload; a value ``{"$operation": id}`` stands for the QuickBooks id that another
    operation will get. At the first lease it is resolved and frozen into ``body``; every try sends the same bytes
    with the same ``request_id``. ``urgent`` ones, for which a person waits, go before the others and singly.
    """

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="operations")
    entity = models.CharField(max_length=30)
    verb = models.CharField(max_length=10, choices=Verb, default=Verb.CREATE)
    subject = models.CharField(max_length=60)
    request_id = models.CharField(max_length=50, default=uuid.uuid4)
    intent = models.JSONField()
    context = models.JSONField(default=dict, help_text="Notes of the layer above about this operation; opaque here.")
    body = models.BinaryField(null=True)
    marker = models.CharField(
        max_length=80, blank=True, help_text="Text in PrivateNote by which the document is found."
    )
    state = models.CharField(max_length=10, choices=OperationState, default=OperationState.PLANNED)
    depends_on = models.ForeignKey("self", models.SET_NULL, null=True, related_name="dependents")
    urgent = models.BooleanField(default=True)
    batch = models.ForeignKey(OperationBatch, models.SET_NULL, null=True, related_name="operations")
    batch_item = models.CharField(max_length=10, blank=True, help_text="The operation's bId in its batch.")
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True)
    lease_token = models.BigIntegerField(default=0, help_text="Fencing: only the newest lease may commit.")
    first_sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    fault_code = models.CharField(max_length=20, blank=True)
    fault_element = models.CharField(max_length=120, blank=True)
    problem = models.TextField(blank=True, help_text="In plain words.")
    problem_detail = models.TextField(blank=True, help_text="QuickBooks' own words.")
    intuit_tid = models.CharField(max_length=80, blank=True)
    qbo_id = models.CharField(max_length=40, blank=True)
    sync_token = models.BigIntegerField(null=True)
    settled_at = models.DateTimeField(null=True, help_text="When the layer above took note of the outcome.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "request_id"], name="one_operation_per_request_id"),
            models.UniqueConstraint(
                fields=["connection", "subject"],
                condition=Q(state__in=["planned", "leased", "unknown"]),
                name="one_open_operation_per_subject",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="qbo_operation_due",
                condition=Q(state__in=["planned", "leased", "unknown"]),
            ),
            models.Index(
                fields=["id"], name="qbo_operation_unsettled", condition=Q(settled_at=None, finished_at__isnull=False)
            ),
            models.Index(fields=["connection", "subject", "-id"], name="qbo_operation_by_subject"),
            models.Index(fields=["connection", "state"], name="qbo_operation_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.entity} for {self.subject} ({self.state})"
