"""A real Celery worker that kills itself with SIGKILL at one point of its work, once.

Run as ``python -m tests.faults.killing_worker MODULE:FUNCTION before|after FLAG -- celery arguments``. Where FLAG
exists already, nothing is killed: the same command line started again is the worker after the crash.
"""

import functools
import importlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

from crm_sync.celery import app


def kill_at(target: str, moment: str, flag: Path) -> None:
    """Replace a function by itself, with a SIGKILL of this process before or after its first call."""
    module_name, _colon, function_name = target.partition(":")
    module = importlib.import_module(module_name)
    original: Callable[..., Any] = getattr(module, function_name)

    @functools.wraps(original)
    def deadly(*arguments: Any, **options: Any) -> Any:
        if moment == "before":
            _die(flag)
        result = original(*arguments, **options)
        _die(flag)
        return result

    setattr(module, function_name, deadly)


def _die(flag: Path) -> None:
    flag.touch()
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    django.setup()
    app.loader.import_default_modules()
    here, moment, flag = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    if here != "nowhere" and not flag.exists():
        kill_at(here, moment, flag)
    app.worker_main(sys.argv[sys.argv.index("--") + 1 :])
