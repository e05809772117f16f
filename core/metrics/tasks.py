"""Counts tasks and names them in the lines that they log; connected by ``crm_sync.celery``."""

import time
from typing import Any

import structlog
from celery import signals
from django_structlog.celery.signals import bind_extra_task_metadata

from core.metrics import counters


def connect() -> None:
    """Listen to every task of this process."""
    bind_extra_task_metadata.connect(_name)
    signals.task_prerun.connect(_begin)
    signals.task_postrun.connect(_end)


def _name(sender: Any, task: Any, **_more: Any) -> None:
    structlog.contextvars.bind_contextvars(task=task.name)


def _begin(sender: Any, task: Any, **_more: Any) -> None:
    task.request.crm_began = time.monotonic()


def _end(sender: Any, task: Any, state: str | None = None, **_more: Any) -> None:
    outcome = {"SUCCESS": "done", "RETRY": "again"}.get(state or "", "failed")
    began = getattr(task.request, "crm_began", None)
    seconds = time.monotonic() - began if began is not None else 0.0
    counters.add(
        (counters.TASKS, {"task": task.name, "outcome": outcome}, 1),
        (counters.TASK_SECONDS, {"task": task.name}, round(seconds, 4)),
    )
