"""What the launcher does while everything runs, and what it says when it may not write."""

import errno
from pathlib import Path

import pytest

from crm_sync.launch import __main__ as program
from crm_sync.launch.installation import BAD_ANSWERS, Installation

HEALTHY = {"database": True, "broker": True, "heartbeat": True, "ok": True}
NO_HEARTBEAT = HEALTHY | {"heartbeat": False, "ok": False}
NO_BROKER = NO_HEARTBEAT | {"broker": False}


class Recorded:
    def __init__(self, name: str, calls: list[str]) -> None:
        self.name, self.calls = name, calls

    def stop(self) -> None:
        self.calls.append(f"stop {self.name}")

    def start(self) -> None:
        self.calls.append(f"start {self.name}")


@pytest.fixture
def calls() -> list[str]:
    return []


@pytest.fixture
def installation(tmp_path: Path, calls: list[str]) -> Installation:
    watched = Installation(tmp_path, "CRM Sync", stream=False)
    watched.processes = [Recorded(name, calls) for name in ("web", "worker", "beat")]
    return watched


def test_a_worker_that_no_longer_takes_messages_is_replaced_together_with_beat(installation, calls):
    for _ in range(BAD_ANSWERS - 1):
        installation.replace_stuck(NO_HEARTBEAT)
    assert calls == []

    installation.replace_stuck(NO_HEARTBEAT)

    assert calls == ["stop worker", "start worker", "stop beat", "start beat"]


@pytest.mark.parametrize("between", [HEALTHY, NO_BROKER, {}])
def test_it_is_not_the_workers_fault_when_the_rest_is_down_or_it_recovered(installation, calls, between):
    for _ in range(BAD_ANSWERS - 1):
        installation.replace_stuck(NO_HEARTBEAT)
    installation.replace_stuck(between)
    for _ in range(BAD_ANSWERS - 1):
        installation.replace_stuck(NO_HEARTBEAT)

    assert calls == []


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "var/demo/run"), "var/demo/run cannot be written"),
        (OSError(errno.ENOSPC, "No space left on device", "var/demo/logs/web.log"), "The disk is full"),
    ],
)
def test_what_cannot_be_written_is_a_sentence(monkeypatch, capsys, error, sentence):
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(program, "start_product", refuse)
    monkeypatch.setattr("sys.argv", ["launch", "run"])

    assert program.main() == 1

    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said
