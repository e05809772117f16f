"""Child processes of the launcher: their commands, logs, and how they end."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from crm_sync.launch import leftovers, privileges
from crm_sync.launch.refusals import CannotStart

ROOT = Path(__file__).resolve().parents[2]
# How long a process may take to end by itself: web finishes what it is answering (graceful_timeout of gunicorn), a
# worker the call or the batch in its hands. What is cut off after that is taken over when its lease ends.
STOP_PATIENCE = 25.0


def procfile_commands() -> dict[str, list[str]]:
    """Process name -> command: what runs here, in containers and under systemd is written down once, in Procfile."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {name: shlex.split(command) for name, command in (line.split(":", 1) for line in lines if line.strip())}


def resolved(command: list[str]) -> list[str]:
    """``command`` with its program from the running virtual environment, with its full path."""
    if command[0] == "python":
        return [sys.executable, *command[1:]]
    folder = str(Path(sys.executable).parent)
    program = shutil.which(command[0], path=folder) or shutil.which(command[0])
    if program is None:
        raise CannotStart(f"{command[0]} is not installed in {folder}: run `make setup`.")
    return [program, *command[1:]]


class Process:
    """One child in a session of its own, with its output in a log file."""

    def __init__(self, name: str, command: list[str], *, env: dict[str, str], folder: Path) -> None:
        self.name = name
        self.command = resolved(command)
        self.env = env
        self.log = folder / "logs" / f"{name}.log"
        self.pid_file = folder / "run" / f"{name}.pid"
        self.popen: subprocess.Popen[bytes] | None = None

    def stop_leftover(self) -> bool:
        """End the process of the same name that a killed launcher left; True if there was one."""
        # A script's command line begins with the environment's Python, so its folder marks all of ours.
        marker = str(Path(sys.executable).parent)
        return leftovers.stop_leftover(self.pid_file, marker, signal.SIGTERM, patience=STOP_PATIENCE)

    def start(self) -> None:
        """Start it. Its output is appended to the log; the log of the run before is kept as ``.1``."""
        for path in (self.log, self.pid_file):
            path.parent.mkdir(parents=True, exist_ok=True)
        if self.popen is None and self.log.exists():
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=subprocess.STDOUT,
                **privileges.spawn_options(death_signal=signal.SIGTERM),
            )
        self.pid_file.write_text(str(self.popen.pid))

    @property
    def exit_code(self) -> int | None:
        """The exit code, None while it runs."""
        return self.popen.poll() if self.popen else None

    @property
    def running(self) -> bool:
        """Whether it was started and lives."""
        return self.popen is not None and self.popen.poll() is None

    def wait(self) -> int:
        """Wait until it ends by itself; an interruption ends it."""
        assert self.popen is not None
        try:
            return self.popen.wait()
        finally:
            self.stop()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process alone (SIGKILL: to its whole group)."""
        if self.popen is not None:
            with suppress(ProcessLookupError, PermissionError):
                send = os.killpg if number == signal.SIGKILL else os.kill
                send(self.popen.pid, number)

    def stop(self) -> None:
        """Stop it: SIGTERM, and SIGKILL to its group when that was not enough. Does nothing twice."""
        self.signal_stop()
        self.wait_stopped()

    def signal_stop(self) -> None:
        """The first half of ``stop``: ask, and do not wait."""
        if self.running:
            self.signal(signal.SIGTERM)

    def wait_stopped(self, patience: float = STOP_PATIENCE) -> None:
        """The second half of ``stop``."""
        if self.popen is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.popen.wait(patience)
        # Also after a clean end: a pool's child that did not hear of it would otherwise stay.
        self.signal(signal.SIGKILL)
        self.popen.wait()
        self.pid_file.unlink(missing_ok=True)

    def log_end(self, lines: int = 15) -> str:
        """The last lines of the log, indented."""
        with suppress(OSError):
            return "\n".join(f"    {line}" for line in self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""


class LogFollower:
    """Prints what processes add to their logs, each line with the name of its process."""

    def __init__(self, processes: list[Process]) -> None:
        self.width = max((len(process.name) for process in processes), default=0)
        self.positions = dict.fromkeys(processes, 0)

    def print_new(self) -> None:
        """Print the lines that came since the last call."""
        for process, position in self.positions.items():
            with suppress(OSError), process.log.open("rb") as log:
                log.seek(0, os.SEEK_END)
                if log.tell() < position:
                    position = 0
                log.seek(position)
                complete = re.match(rb"(?s).*\n", log.read())
                if complete:
                    self.positions[process] = position + complete.end()
                    for line in complete.group().decode(errors="replace").splitlines():
                        print(f"{process.name:{self.width}} | {line}", flush=True)


class TooManyRestarts(Exception):
    """A process ends again and again."""


class Restarts:
    """Allows a process five restarts in a minute."""

    LIMIT, PERIOD = 5, 60.0

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = {}

    def note(self, name: str) -> None:
        """Count one. Raises TooManyRestarts."""
        now = time.monotonic()
        recent = [at for at in self.times.get(name, []) if now - at < self.PERIOD]
        self.times[name] = [*recent, now]
        if len(recent) >= self.LIMIT:
            raise TooManyRestarts(name)
