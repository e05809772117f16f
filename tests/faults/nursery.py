"""A process that has the product loaded and forks real workers on request: starting one costs no seconds.

Reads one JSON object a line (``argv``, ``kill``, ``flag``, ``log``) and answers with the process id of the worker, a
process group of its own, that may be killed like any other. It ends when its input ends.
"""

import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

import django

from crm_sync.celery import app
from tests.faults.killing_worker import kill_at


def serve() -> None:
    """Fork a worker for each line until the input ends."""
    # Nobody asks how they ended: the kernel takes them away.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _work(order)
        print(pid, flush=True)


def _work(order: dict[str, Any]) -> None:
    """Be a worker from here on; never returns."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        here, moment = order["kill"]
        flag = Path(order["flag"])
        if here != "nowhere" and not flag.exists():
            kill_at(here, moment, flag)
        sys.argv = ["celery", *order["argv"]]
        app.worker_main(order["argv"])
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


if __name__ == "__main__":
    django.setup()
    app.loader.import_default_modules()
    app.finalize()
    serve()
