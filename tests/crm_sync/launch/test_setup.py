"""``make setup`` says what is missing, and a failed one is not taken for done."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The files that setup needs, in a folder of their own."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup.sh", tmp_path / "scripts")
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    return tmp_path


def program(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def set_up(project: Path) -> subprocess.CompletedProcess[str]:
    """Run setup with a PATH that holds only the few programs it needs, and what the test put there."""
    tools = project / "tools"
    tools.mkdir(exist_ok=True)
    for name in ("cat", "dirname", "rm", "touch"):
        (tools / name).symlink_to(shutil.which(name))
    return subprocess.run(
        ["/bin/sh", "scripts/setup.sh"],
        cwd=project,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_python_that_is_too_old_is_named_with_the_ways_to_a_newer_one(project):
    program(project / "tools" / "python3", 'case "$1" in --version) echo "Python 3.9.2";; *) exit 1;; esac')

    answer = set_up(project)

    assert answer.returncode == 1
    assert (
        "needs Python 3.11, 3.12 or 3.13 with its venv module, and found none (python3 is: Python 3.9.2)"
        in answer.stderr
    )
    assert "make setup PYTHON=" in answer.stderr
    assert not (project / ".venv").exists()


def test_a_failed_installation_says_why_it_may_be_and_is_tried_again_next_time(project):
    program(
        project / ".venv" / "bin" / "python",
        'case "$*" in *"pip install"*) echo "No matching wheel" >&2; exit 1;; esac',
    )

    answer = set_up(project)

    assert answer.returncode == 1
    assert "No matching wheel" in answer.stderr
    assert "no compiler is needed" in answer.stderr
    assert not (project / ".venv" / ".installed").exists()


def test_a_finished_installation_is_marked(project):
    program(project / ".venv" / "bin" / "python", "exit 0")

    assert set_up(project).returncode == 0
    assert (project / ".venv" / ".installed").exists()
