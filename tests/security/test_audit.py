"""The look-up of known vulnerabilities: every pinned package is asked for, and no answer is not a good answer."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def service() -> Iterator[Any]:
    """A service of vulnerabilities that knows what it is told."""
    known: dict[str, list[str]] = {}
    asked: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            queries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
            asked.extend(queries)
            results = [{"vulns": [{"id": each} for each in known.get(q["package"]["name"], [])]} for q in queries]
            body = json.dumps({"results": results}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", known, asked
    server.shutdown()
    server.server_close()


def run(address: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "scripts/audit.py"],
        cwd=ROOT, env=os.environ | {"AUDIT_SERVICE": address}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_every_pinned_package_is_asked_for(service):
    address, _known, asked = service

    done = run(address)

    assert done.returncode == 0, done.stderr
    lock = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    libraries = json.loads((ROOT / "package.json").read_text())
    names = {each["package"]["name"] for each in asked}
    assert set(lock) <= names
    assert set(libraries.get("dependencies", {})) <= names
    assert {"django", "cryptography", "htmx.org"} <= {name.lower() for name in names}


def test_what_is_known_is_told_and_fails(service):
    address, known, _asked = service
    known["cryptography"] = ["GHSA-test"]

    done = run(address)

    assert done.returncode == 1
    assert re.search(r"PyPI cryptography \S+: GHSA-test", done.stdout)


def test_without_an_answer_it_says_that_nothing_is_known():
    done = run("http://127.0.0.1:9/")

    assert done.returncode == 2
    assert "This needs the network" in done.stderr
    assert done.stdout == ""
