"""Errors are told to Sentry only where its address is set, and without what people typed or who they are."""

import gzip
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from crm_sync import sentry
from tests import workers

# A request that fails inside a view, an error line of a task, and QuickBooks' own words; each with data in it.
SCRIPT = """
import django; django.setup()
import structlog
from django.test import Client
from core.views import health
from qbo_connector import errors

class Broken:
    name = "broken"
    def ask(self): raise ValueError("Could not read 'Amy Pond' <amy@pond.example>, DE89370400440532013000, 1234567.89")
    def answered(self, seconds): return False

health.READY = (Broken(),)
Client(raise_request_exception=False).get(
    "/readyz?q=amy@pond.example", headers={"Authorization": "Bearer canary-bearer", "Cookie": "sessionid=canary-cookie"}
)
log = structlog.get_logger("product")
secret = "canary-local-variable"
with structlog.contextvars.bound_contextvars(request_id="the-request", connection=7):
    try:
        raise errors.Stale(errors.Fault("5010", message="Object of canary-customer is stale"))
    except errors.QboError:
        log.exception("task.item_failed", item="canary-item")
    log.error("quickbooks.needs_reconnect", company="canary-company")
log.warning("not.an.error", item="canary-warning")
import sentry_sdk; sentry_sdk.flush(10)
"""


class Sentry:
    """What a Sentry would have got."""

    def __init__(self) -> None:
        self.raw: list[str] = []

    @property
    def events(self) -> list[dict]:
        found = []
        for envelope in self.raw:
            lines = envelope.split("\n")
            found += [json.loads(lines[at + 1]) for at, line in enumerate(lines) if '"type":"event"' in line]
        return found


@pytest.fixture
def received() -> Iterator[tuple[Sentry, str]]:
    sentry_there = Sentry()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            sentry_there.raw.append(body.decode())
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield sentry_there, f"http://public@127.0.0.1:{server.server_port}/1"
    server.shutdown()
    server.server_close()


def run(script: str, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        env=workers.environment(**env), cwd=workers.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.django_db
def test_errors_are_told_without_data(received):
    there, dsn = received
    run(SCRIPT, SENTRY_DSN=dsn, SENTRY_ENVIRONMENT="staging")

    by_kind = {
        (
            event.get("exception")
            or {"values": [{"type": event.get("logentry", {}).get("message") or event.get("message")}]}
        )["values"][-1]["type"]: event
        for event in there.events
    }
    assert set(by_kind) == {"ValueError", "Stale", "quickbooks.needs_reconnect"}
    request, stale = by_kind["ValueError"], by_kind["Stale"]
    assert request["transaction"] == "core.views.health.readyz"
    assert len(request["tags"]["request_id"]) == 36
    assert request["environment"] == "staging"
    assert request["exception"]["values"][-1]["value"].startswith("Could not read")
    frames = request["exception"]["values"][-1]["stacktrace"]["frames"]
    assert frames[-1]["function"] == "ask"
    assert not any("vars" in frame for frame in frames)
    assert stale["tags"] == {"request_id": "the-request", "connection": "7", "event": "task.item_failed"}
    assert stale["exception"]["values"][-1]["value"] == ""
    everything = json.dumps(
        [{k: v for k, v in event.items() if k != "exception"} for event in there.events]
        + [
            {k: v for k, v in value.items() if k != "stacktrace"}
            for event in there.events
            for value in (event.get("exception") or {}).get("values", [])
        ]
    )
    for private in ("canary", "Amy", "pond.example", "DE8937", "1234567"):
        assert private not in everything, private
    for event in there.events:
        assert not {"request", "user", "extra", "breadcrumbs", "modules"} & set(event)


def test_without_an_address_the_client_is_not_even_imported():
    out = run("import django; django.setup(); import sys; print('sentry_sdk' in sys.modules)", SENTRY_DSN="")

    assert out.strip() == "False"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('duplicate key "x"\nDETAIL:  Key (email)=(amy@pond.example) already exists.', "duplicate key '…'"),
        ("sent to amy@pond.example", "sent to [e-mail]"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [removed]"),
        ("GET https://example.com/a?code=1 failed", "GET [address] failed"),
        ("total 12,345.67", "total [number]"),
        ("key eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4", "key [removed]"),
        ("'Deal' object has no attribute 'x'", "'…' object has no attribute '…'"),
        ("list index out of range", "list index out of range"),
    ],
)
def test_texts_of_errors_lose_their_data(text, left):
    assert sentry.without_data(text) == left
