"""Choices of workflows."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class EnrolmentState(models.TextChoices):
    """Where a record stands in a workflow."""

    RUNNING = "running", _("Running")
    WAITING = "waiting", _("Waiting")
    FINISHED = "finished", _("Finished")
    STOPPED = "stopped", _("Stopped")
    FAILED = "failed", _("Failed")


# Those that go on by themselves.
OPEN = (EnrolmentState.RUNNING, EnrolmentState.WAITING)


class StepState(models.TextChoices):
    """What became of a step."""

    RUNNING = "running", _("Running")
    WAITING = "waiting", _("Waiting")
    DONE = "done", _("Done")
    SKIPPED = "skipped", _("Skipped")
    FAILED = "failed", _("Failed")


class TriggerKind(models.TextChoices):
    """What enrols a record."""

    EVENT = "event", _("Something happens")
    BECOMES_TRUE = "becomes_true", _("Conditions become true")
    DATE = "date", _("A date comes")
    MANUAL = "manual", _("By hand")


class Again(models.TextChoices):
    """Whether a record may be enrolled once more; ``after_days`` goes with a number."""

    NEVER = "never", _("Only once")
    EACH_TIME = "each_time", _("Each time")
    AFTER_DAYS = "after_days", _("After a number of days")
