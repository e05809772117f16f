"""Doors of workflows: what happened, what is due, what a crash or the calendar left to do."""

from collections.abc import Sequence

from celery import shared_task

from workflows import engine, triggers
from workflows.services import existing, pruning
from workflows.waking import TASK, wake_workers


@shared_task(name="workflows.start_runs")
def start_runs(event_ids: Sequence[int]) -> None:
    """Enrol records that events give cause to."""
    triggers.react(event_ids)


@shared_task(name=TASK)
def advance() -> None:
    """Carry on what is due; where there is more, another message follows behind those that wait now."""
    if engine.work():
        wake_workers()


@shared_task(name=existing.TASK)
def enrol_existing() -> None:
    """Enrol a slice of what fits already; where there is more, another message follows behind those that wait now."""
    if existing.enrol_slice():
        existing.wake()


@shared_task(name="workflows.sweep")
def sweep() -> None:
    """Find events whose message was lost, and carry on what is due by the clock or what a crash left."""
    triggers.sweep_events()
    if existing.waiting():
        existing.wake()
    if engine.due().exists() and engine.work():
        wake_workers()


@shared_task(name="workflows.sweep_triggers")
def sweep_triggers() -> None:
    """Find dates that came, and conditions that time made true."""
    triggers.sweep_dates()
    triggers.sweep_conditions()


@shared_task(name="workflows.prune")
def prune() -> int:
    """Let go of runs that are older than is kept."""
    return pruning.prune()
