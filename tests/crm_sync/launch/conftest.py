"""Fixtures of the launcher's tests."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crm_sync.launch.launcher import Launcher, free_port


@pytest.fixture
def launch(tmp_path: Path) -> Iterator:
    launchers: list[Launcher] = []

    def start(folder: Path = tmp_path / "state", port: int | None = None, command: str = "run") -> Launcher:
        launchers.append(Launcher(folder, port or free_port(), command))
        return launchers[-1]

    yield start
    for launcher in launchers:
        if launcher.process.poll() is None:
            launcher.end(signal.SIGTERM)
        launcher.process.stdout.close()
