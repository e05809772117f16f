"""Real worker processes on the real broker, for tests that need them or kill them."""

import atexit
import contextlib
import json
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


class Forked:
    """A worker that the nursery forked: as much of ``subprocess.Popen`` as tests ask for."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        """None as long as it runs; how it ended is not known."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return -signal.SIGKILL
        return None

    def wait(self, timeout: float) -> int:
        """Wait for its end."""
        wait_until(lambda: self.poll() is not None, seconds=timeout, what=f"process {self.pid} ends")
        return -signal.SIGKILL


class Nursery:
    """The process that forks workers (``tests.faults.nursery``), for one database, broker and simulator."""

    def __init__(self, given: dict[str, str]) -> None:
        self.environment = given
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            cwd=ROOT,
            env=given,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == "ready"

    def fork(self, argv: list[str], *, kill: tuple[str, str], flag: Path, log: Path) -> Forked:
        """A new worker."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        order = {"argv": argv, "kill": kill, "flag": str(flag), "log": str(log)}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return Forked(int(self.process.stdout.readline()))

    def end(self) -> None:
        """End it; its workers have been ended by their tests."""
        with self.process:  # closes its pipes as well
            self.process.kill()


_nurseries: list[Nursery] = []


def _nursery() -> Nursery:
    """The nursery of this test run, started with the first worker that is asked for."""
    given = environment()
    given.pop("PYTEST_CURRENT_TEST", None)
    if _nurseries and (_nurseries[-1].environment != given or _nurseries[-1].process.poll() is not None):
        _nurseries.pop().end()
    if not _nurseries:
        _nurseries.append(Nursery(given))
    return _nurseries[-1]


@atexit.register
def _end_nurseries() -> None:
    while _nurseries:
        _nurseries.pop().end()


@contextlib.contextmanager
def worker(
    folder: Path, *, kill: tuple[str, str] = ("nowhere", "before"), beat: bool = True, **more: str
) -> Iterator[subprocess.Popen[bytes] | Forked]:
    """A worker with an embedded beat in a process group of its own; ended when the block ends."""
    celery = ["worker", "--pool", "solo", "--loglevel", "warning", "--without-gossip", "--without-mingle"]
    if beat:
        celery += ["--beat", "--schedule", str(folder / f"beat-{time.monotonic_ns()}")]
    flag = folder / "killed"
    if not more:
        forked = _nursery().fork(celery, kill=kill, flag=flag, log=folder / "worker.log")
        try:
            yield forked
        finally:
            stop(forked)
        return
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


def stop(process: subprocess.Popen[bytes] | Forked) -> None:
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
