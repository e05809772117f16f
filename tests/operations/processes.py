"""The product's own processes, as Procfile starts them, for tests that talk to them or end them."""

import contextlib
import json
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crm_sync.launch.processes import procfile_commands, resolved
from tests import workers
from tests.crm_sync.launch.launcher import free_port


class Running:
    """One process and its log."""

    def __init__(self, name: str, folder: Path, **more: str) -> None:
        self.port = free_port()
        self.log = folder / f"{name}-{self.port}.log"
        env = workers.environment(PORT=str(self.port), HOST="127.0.0.1", LOG_LEVEL="INFO", **more)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                resolved(procfile_commands()[name]),
                cwd=workers.ROOT,
                env=env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def ask(self, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
        """Status, headers and body of a request."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, dict(answer.headers), answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, dict(error.headers), error.read().decode()

    def answers(self) -> bool:
        """Whether the web process takes requests."""
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        try:
            return self.ask("/readyz")[0] in (200, 503)
        except OSError:
            return False

    def lines(self) -> list[dict[str, Any]]:
        """The log's lines that are JSON."""
        found = []
        for line in self.log.read_text(errors="replace").splitlines():
            with contextlib.suppress(ValueError):
                found.append(json.loads(line))
        return [line for line in found if isinstance(line, dict)]

    def said(self, event: str, **values: Any) -> list[dict[str, Any]]:
        """The lines of an event with these values."""
        return [
            line
            for line in self.lines()
            if line.get("event") == event and all(line.get(name) == value for name, value in values.items())
        ]

    def end(self, patience: float) -> int:
        """SIGTERM to the process alone; its exit code. Fails when it needs longer."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(patience)


@contextlib.contextmanager
def running(name: str, folder: Path, **more: str) -> Iterator[Running]:
    """A process of the Procfile; whatever is left of it is killed at the end."""
    process = Running(name, folder, **more)
    try:
        if name == "web":
            workers.wait_until(process.answers, seconds=60, what="the web process answers")
        yield process
    finally:
        workers.stop(process.process)
