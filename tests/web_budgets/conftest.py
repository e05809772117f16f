"""The product's own web server, as it runs for people: files compressed and named by their content."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from crm_sync.launch.environment import free_port
from crm_sync.launch.processes import procfile_commands, resolved

ROOT = Path(__file__).resolve().parents[2]
BACKEND = "whitenoise.storage.CompressedManifestStaticFilesStorage"


@pytest.fixture
def served(transactional_db: None, tmp_path: Path) -> Iterator[str]:
    """Its address, on the database of this test."""
    from tests import workers  # noqa: PLC0415 -- Django is set up by now

    port = free_port(18_400)
    environment = workers.environment(
        STATICFILES_BACKEND=BACKEND,
        STATIC_ROOT=str(tmp_path / "static"),
        PORT=str(port),
        WEB_PROCESSES="1",
        BASE_URL=f"http://127.0.0.1:{port}",
    )
    collect = [sys.executable, "-W", "ignore", "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(collect, cwd=ROOT, env=environment, check=True)
    log = (tmp_path / "web.log").open("wb")
    command = resolved(procfile_commands()["web"])
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log) as process:
        try:
            workers.wait_until(lambda: _answers(port), seconds=60, what="the web server's start")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)
            log.close()


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/login/", timeout=5).ok
    except requests.RequestException:
        return False
