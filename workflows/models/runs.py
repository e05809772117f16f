"""Records in workflows: where they stand, what each step did, and what the steps made."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.models import Event
from workflows.enums import OPEN, EnrolmentState, StepState
from workflows.models.definitions import Workflow, WorkflowVersion


class Enrolment(models.Model):
    """A record on its way through a version of a workflow.

    ``cause_key`` says what enrolled it, so that a cause that is told twice enrols once. ``position`` is the id of the
    step that comes next, empty at the end. A worker holds it until ``lease_until`` under ``lease_token``; one that
    comes too late finds another token and commits nothing. ``depth`` counts the workflows that led here.
    """

    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="enrolments")
    version = models.ForeignKey(WorkflowVersion, models.PROTECT, related_name="enrolments")
    object_type = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    title = models.CharField(max_length=300, blank=True, help_text="The record's title when it was enrolled.")
    cause_key = models.CharField(max_length=160)
    event = models.ForeignKey(Event, models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=8, choices=EnrolmentState, default=EnrolmentState.RUNNING)
    position = models.CharField(max_length=40, blank=True)
    due_at = models.DateTimeField(null=True, default=timezone.now)
    wakes = models.BooleanField(default=False, help_text="Goes on as soon as something happens to its record.")
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    crashes = models.PositiveSmallIntegerField(default=0, help_text="Workers that died at its present step.")
    bulk = models.BooleanField(default=False, help_text="One of very many: those that came singly go first.")
    depth = models.PositiveSmallIntegerField(default=0)
    context = models.JSONField(default=dict)
    enrolled_at = models.DateTimeField(default=timezone.now)
    enrolled_by_id = models.BigIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True, help_text="Why it was stopped or failed.")

    class Meta:
        indexes = [
            models.Index(fields=["bulk", "due_at", "id"], name="enrolment_due", condition=Q(state__in=OPEN)),
            models.Index(fields=["workflow", "-id"], name="enrolment_of_workflow"),
            models.Index(fields=["workflow", "state", "-id"], name="enrolment_by_state"),
            models.Index(fields=["object_type", "record_id", "-id"], name="enrolment_of_record"),
            models.Index(fields=["-ended_at"], name="enrolment_failed", condition=Q(state=EnrolmentState.FAILED)),
            models.Index(fields=["ended_at"], name="enrolment_ended", condition=Q(ended_at__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["workflow", "cause_key"], name="a_cause_enrols_once_in_a_workflow"),
            models.CheckConstraint(
                condition=Q(state__in=OPEN, ended_at=None) | (~Q(state__in=OPEN) & Q(ended_at__isnull=False)),
                name="an_enrolment_has_ended_unless_it_goes_on",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.object_type} {self.record_id} in {self.workflow_id}"


class StepRun(models.Model):
    """What a step did for an enrolment. ``key`` is its idempotency key: trying again keeps it."""

    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="steps")
    step_id = models.CharField(max_length=40)
    step_type = models.CharField(max_length=40)
    key = models.CharField(max_length=80, unique=True)
    state = models.CharField(max_length=8, choices=StepState, default=StepState.RUNNING)
    input = models.JSONField(default=dict)
    outcome = models.JSONField(default=dict)
    reason = models.TextField(blank=True, help_text="What it did, or why it was skipped, waits or failed.")
    attempts = models.PositiveIntegerField(default=1)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "step_id"], name="a_step_runs_once_for_an_enrolment")
        ]

    def __str__(self) -> str:
        return f"{self.step_type} {self.key}: {self.state}"


class MadeRecord(models.Model):
    """A record that a step made, so that what happens to it by itself counts as a consequence of the workflow.

    What happens to it wakes the enrolment if that waits. With ``made`` false the step only waits for it.
    """

    object_type = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="made")
    made = models.BooleanField(default=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["object_type", "object_id", "enrolment"], name="a_record_is_noted_once_for_an_enrolment"
            )
        ]

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id} by {self.enrolment_id}"


class Matching(models.Model):
    """A record that the conditions of a workflow hold for at present: it is enrolled when it comes in, not while."""

    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="matching")
    object_type = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workflow", "object_type", "object_id"], name="a_match_is_known_once")
        ]

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id} matches {self.workflow_id}"


class HandledEvent(models.Model):
    """An event that workflows have been told of, so that a lost message is found and a decision is made once."""

    event_id = models.BigIntegerField(primary_key=True)
    handled_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["handled_at"], name="workflow_event_handled")]

    def __str__(self) -> str:
        return f"event {self.event_id}"


class EventFloor(models.Model):
    """The one row with id 1: events up to ``event_id`` are too old to be looked for."""

    event_id = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"events after {self.event_id}"
