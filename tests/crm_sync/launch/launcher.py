"""The launcher, started as a program for a test."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

from crm_sync.launch import leftovers

ROOT = Path(__file__).resolve().parents[3]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def processes_of(folder: Path) -> list[str]:
    """Command lines of everything that was started for a state folder or with its address in the environment."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if str(folder).encode() in (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes():
                found.append(leftovers.command_line(int(entry.name)))
    return [line for line in found if line]


class Launcher:
    """``python -m crm_sync.launch`` in a state folder of its own."""

    def __init__(self, folder: Path, port: int, command: str = "run") -> None:
        self.folder = folder
        self.port = port
        # As `make run` in a shell of its own: no addresses of servers, no .env.
        names = (
            "DATABASE_URL",
            "REDIS_URL",
            "REDIS_KEY_PREFIX",
            "SECRET_KEY",
            "ENCRYPTION_KEYS",
            "STATICFILES_BACKEND",
        )
        env = {name: value for name, value in os.environ.items() if name not in names}
        self.env = env | {
            "PORT": str(port),
            "SIMULATOR_PORT": str(free_port()),
            "READ_DOT_ENV": "false",
            "STATIC_ROOT": str(folder.parent / "static"),
            "MARK": str(folder),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "crm_sync.launch", command, "--state", str(folder)],
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.output = ""

    def until_ready(self) -> "Launcher":
        for line in self.process.stdout:
            self.output += line
            if line.startswith("Ready"):
                return self
        raise AssertionError(self.output)

    def health(self) -> dict[str, bool]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=10) as answer:
            return json.load(answer)

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        # Not communicate(): lines that the loop above has read ahead would be lost.
        self.output += self.process.stdout.read()
        return self.process.wait(60)

    def pid(self, name: str) -> int:
        return leftovers.read_pid(self.folder / "run" / f"{name}.pid")


def eventually(check, patience: float = 30.0) -> bool:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if check():
            return True
        time.sleep(0.1)
    return False
