"""Fixtures of the launcher's tests."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
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


def _kept() -> Path:
    return Path(os.environ["CRM_TEST_SOCKETS"], "installation")


def keep(stopped: Launcher) -> None:
    """Keep the folder of one that was started and stopped, for ``launch_installed``."""
    kept = _kept()
    if not kept.is_dir():
        shutil.copytree(stopped.folder.parent, kept.with_suffix(".new"), dirs_exist_ok=True)
        kept.with_suffix(".new").rename(kept)


@pytest.fixture
def launch_installed(launch: Callable[..., Launcher], tmp_path: Path) -> Callable[[], Launcher]:
    """Launches what has started once before: applying all migrations is the subject of one test only.

    Tests that ask for it run one at a time, so one of them makes what the others copy, if none was kept before.
    """
    if not _kept().is_dir():
        first = launch(tmp_path / "first" / "state").until_ready()
        assert first.end(signal.SIGINT) == 0
        keep(first)
    shutil.copytree(_kept(), tmp_path / "installed")
    return lambda: launch(tmp_path / "installed" / "state")
