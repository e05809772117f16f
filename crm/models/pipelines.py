"""Pipelines, their stages, and why deals were won or lost."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from crm.enums import DealStatus


class Pipeline(models.Model):
    """A sequence of stages that deals go through. It always has an open, a won and a lost stage."""

    name = models.CharField(max_length=120)
    position = models.PositiveSmallIntegerField(default=0)
    won_reason_required = models.BooleanField(default=False)
    lost_reason_required = models.BooleanField(default=False)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Stage(models.Model):
    """A step of a pipeline. Deals in a won or lost stage are closed.

    ``required`` names what a deal must have to enter: columns, ``contacts``, ``lines`` and custom properties
    (``property:12``). Open deals that are here for longer than ``rotting_days`` are marked.
    """

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="stages")
    name = models.CharField(max_length=120)
    position = models.PositiveSmallIntegerField(default=0)
    probability = models.PositiveSmallIntegerField(default=50, help_text="Percent")
    status = models.CharField(max_length=4, choices=DealStatus, default=DealStatus.OPEN)
    required = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    rotting_days = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(probability__lte=100), name="probability_is_a_percentage"),
        ]

    def __str__(self) -> str:
        return self.name


class CloseReason(models.Model):
    """A reason that is offered when a deal of the pipeline is won or lost. Deals keep its words, not its id."""

    pipeline = models.ForeignKey(Pipeline, models.CASCADE, related_name="reasons")
    status = models.CharField(max_length=4, choices=DealStatus)
    name = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(status=DealStatus.OPEN), name="only_closed_deals_have_reasons"),
            models.UniqueConstraint(fields=["pipeline", "status", "name"], name="a_reason_is_offered_once"),
        ]

    def __str__(self) -> str:
        return self.name
