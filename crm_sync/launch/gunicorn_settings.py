"""How the web process runs, wherever it runs: read by gunicorn through the command in Procfile."""

import os
import shutil
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from crm_sync import logs

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_PROCESSES", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 60
# What is being answered at SIGTERM may take so long; docker-compose.yml and the launcher wait somewhat longer.
graceful_timeout = 20
# Keep longer than a load balancer's idle timeout, so that it is never the server that closes first.
keepalive = 75
# A file that workers touch; on a slow disk a heartbeat there can block them.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 -- gunicorn makes an unnamed file
control_socket_disable = True
# Its own lines look like those of the product, which is set up in its processes only.
logconfig_dict = logs.of_server(os.environ.get("LOG_LEVEL") or "INFO", os.environ.get("LOG_FORMAT") or "json")

# Where the processes of this server count requests together. It has to be known before the client is imported.
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_PREFIX = f"crm-figures-{os.getuid()}-"


def on_starting(server: Any) -> None:
    """Make the folder, and remove those of servers that were killed."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        pid = left.name.removeprefix(_PREFIX)
        if pid.isdigit() and (int(pid) == os.getpid() or not _lives(int(pid))):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.gettempdir(), f"{_PREFIX}{os.getpid()}")
    folder.mkdir(mode=0o700)
    os.environ[_FOLDER] = str(folder)


def child_exit(server: Any, worker: Any) -> None:
    """Forget what a process that ended was doing; what it counted stays."""
    if os.environ.get(_FOLDER):
        import_module("prometheus_client.multiprocess").mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:
    """Remove the folder."""
    if os.environ.get(_FOLDER):
        shutil.rmtree(os.environ[_FOLDER], ignore_errors=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
