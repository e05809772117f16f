"""The launcher as a person uses it: started as a program, stopped with Ctrl-C, killed, started again."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from contextlib import suppress

import pytest

from crm_sync.launch import leftovers
from crm_sync.launch.processes import Process
from tests.crm_sync.launch.conftest import keep
from tests.crm_sync.launch.launcher import ROOT, Launcher, eventually, processes_of

pytestmark = [pytest.mark.slow, pytest.mark.one_at_a_time("launcher")]


def test_it_starts_healthy_stops_on_ctrl_c_and_leaves_nothing_behind(launch):
    launcher = launch().until_ready()
    assert launcher.health() == {"database": True, "broker": True, "heartbeat": True, "ok": True}
    names = json.loads((launcher.folder.parent / "static" / "staticfiles.json").read_text())["paths"]
    style = f"http://127.0.0.1:{launcher.port}/static/{names['vendor/tabler/tabler.min.css']}"
    with urllib.request.urlopen(style, timeout=10) as answer:
        assert "immutable" in answer.headers["Cache-Control"]

    assert launcher.end(signal.SIGINT) == 0

    assert processes_of(launcher.folder) == []
    assert sorted(path.name for path in (launcher.folder / "run").iterdir()) == ["launcher.lock"]
    assert "Traceback" not in launcher.output
    keep(launcher)


def test_a_second_launcher_in_the_same_folder_says_so_and_the_first_goes_on(launch_installed, launch):
    first = launch_installed().until_ready()
    second = launch(first.folder)

    output, _ = second.process.communicate(timeout=30)

    assert second.process.returncode == 1
    assert f"CRM Sync already runs from this folder (process {first.process.pid})" in output
    assert "Traceback" not in output
    assert first.health()["ok"]


def test_a_killed_launcher_takes_all_with_it_and_the_next_start_has_the_same_data(launch):
    first = launch().until_ready()
    secrets = (first.folder / "secrets.env").read_text()
    first.end(signal.SIGKILL)
    # A worker looks for its broker for a while before it believes that it is gone.
    assert eventually(lambda: processes_of(first.folder) == [], patience=60), processes_of(first.folder)

    second = launch(first.folder, first.port).until_ready()

    assert second.health()["ok"]
    assert (second.folder / "secrets.env").read_text() == secrets
    assert "No migrations to apply." in (second.folder / "logs" / "preparing-database-and-static-files.log").read_text()


def test_a_process_and_a_server_that_die_are_started_again(launch_installed):
    launcher = launch_installed().until_ready()
    worker = launcher.pid("worker")
    os.killpg(worker, signal.SIGKILL)
    assert eventually(lambda: launcher.pid("worker") not in (0, worker))

    postmaster = leftovers.read_pid(launcher.folder / "postgres" / "data" / "postmaster.pid")
    os.kill(postmaster, signal.SIGKILL)

    assert eventually(
        lambda: leftovers.read_pid(launcher.folder / "postgres" / "data" / "postmaster.pid") not in (0, postmaster)
    )
    assert eventually(lambda: _healthy(launcher))


def _healthy(launcher: Launcher) -> bool:
    with suppress(OSError):
        return launcher.health()["ok"]
    return False


def test_what_a_failing_step_said_is_shown_and_nothing_stays(launch, tmp_path):
    folder = tmp_path / "state"
    (folder / "postgres" / "data").mkdir(parents=True)
    (folder / "postgres" / "data" / "PG_VERSION").write_text("13")

    launcher = launch(folder)
    output, _ = launcher.process.communicate(timeout=60)

    assert launcher.process.returncode == 1
    assert "written by PostgreSQL 13" in output
    assert "Traceback" not in output
    assert processes_of(folder) == []


def test_a_process_left_by_a_killed_run_is_ended(tmp_path):
    """Where the kernel does not end children with their parent (macOS), the pid files tell the next run."""
    left = Process("web", ["python", "-c", "import time; time.sleep(60)"], env=dict(os.environ), folder=tmp_path)
    left.start()

    assert Process("web", ["python"], env={}, folder=tmp_path).stop_leftover() is True

    assert left.popen.wait(5) == -signal.SIGTERM
    assert not left.pid_file.exists()


def test_reset_refuses_while_running_and_removes_only_its_folder(launch_installed, tmp_path):
    launcher = launch_installed().until_ready()
    reset = [sys.executable, "-m", "crm_sync.launch", "reset", "--state", str(launcher.folder)]
    refused = subprocess.run(reset, cwd=ROOT, env=launcher.env, capture_output=True, text=True, check=False)
    assert (refused.returncode, "already runs" in refused.stderr) == (1, True)
    launcher.end(signal.SIGTERM)
    beside = tmp_path / "beside"
    beside.touch()

    done = subprocess.run(reset, cwd=ROOT, env=launcher.env, capture_output=True, text=True, check=False)

    assert done.returncode == 0
    assert not launcher.folder.exists()
    assert beside.exists()
