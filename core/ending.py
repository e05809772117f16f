"""Whether this process is about to end: long work then stops at its next safe place, and another worker goes on.

A worker gets SIGTERM in its main process, which only waits for its children. What they share with it tells them.
"""

import mmap
import time
from typing import Any

from celery import signals

# Anonymous and shared: children that are forked later see what the parent writes.
_flag = mmap.mmap(-1, 1)


def begin() -> None:
    """From now on this process and its children come to an end."""
    _flag[0] = 1


def begun() -> bool:
    """Whether nothing new should be started."""
    return _flag[0] == 1


def over(until: float) -> bool:
    """Whether work that may take until then (``time.monotonic``) has to stop: its time is over, or the process ends."""
    return begun() or time.monotonic() > until


def connect() -> None:
    """Hear of a worker that was asked to stop."""
    signals.worker_shutting_down.connect(_shutting_down)


def _shutting_down(*_sender: Any, **_more: Any) -> None:
    begin()
