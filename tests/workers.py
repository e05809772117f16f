"""Real worker processes on the real broker, for tests that need them or kill them."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection as database

ROOT = Path(__file__).resolve().parent.parent


def environment(**more: str) -> dict[str, str]:
    """The environment of a product process that works on this test's database and simulator."""
    server = urlsplit(os.environ["CRM_TEST_DATABASE_URL"])
    url = urlunsplit(server._replace(path=f"/{database.settings_dict['NAME']}"))
    return {
        **os.environ,
        "DATABASE_URL": url,
        "REDIS_URL": settings.REDIS_URL,
        "REDIS_KEY_PREFIX": settings.REDIS_KEY_PREFIX,
        "QBO_SIMULATOR_URL": settings.QBO_SIMULATOR_URL,
        "LEASE_SECONDS": "3",
        "TICK_SECONDS": "0.5",
        "HEARTBEAT_SECONDS": "1",
        "STATUS_POLL_SECONDS": "2",
        "PYTHONPATH": str(ROOT),
        **more,
    }


@contextlib.contextmanager
def worker(
    folder: Path, *, kill: tuple[str, str] = ("nowhere", "before"), beat: bool = True, **more: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A worker with an embedded beat in a process group of its own; ended when the block ends."""
    celery = ["worker", "--pool", "solo", "--loglevel", "warning", "--without-gossip", "--without-mingle"]
    if beat:
        celery += ["--beat", "--schedule", str(folder / f"beat-{time.monotonic_ns()}")]
    flag = folder / "killed"
    log = (folder / "worker.log").open("ab")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.killing_worker", *kill, str(flag), "--", *celery],
        cwd=ROOT,
        env=environment(**more),
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        stop(process)
        log.close()


def stop(process: subprocess.Popen[bytes]) -> None:
    """Kill the whole group, beat included."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def wait_until(true: Callable[[], Any], *, seconds: float = 30.0, what: str = "") -> Any:
    """Wait for something to become true; returns it. Fails with ``what``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := true():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds:g} s: {what or true}")
