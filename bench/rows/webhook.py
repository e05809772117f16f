"""Webhooks of 200 events at the real web server: one at a time, and as many a second as are offered."""

import base64
import concurrent.futures
import hashlib
import hmac
import json
import os
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from bench import books
from bench.figures import Figures, Line, Of, Play, Row, Variant, middle, spread
from bench.stage import product, wait_for_web
from crm_sync.launch.environment import free_port

EVENTS = 200
ALONE = 50
OFFERED = 100  # a second
SECONDS = 10
VERIFIER = b"bench-verifier"


def _body(realm: str, number: int) -> bytes:
    return json.dumps(
        [
            {
                "specversion": "1.0",
                "id": f"{number}-{event}",
                "type": "qbo.customer.updated.v1",
                "time": "2026-01-09T23:00:00.123456789Z",
                "intuitentityid": str(event),
                "intuitaccountid": realm,
                "data": {},
            }
            for event in range(EVENTS)
        ]
    ).encode()


class _Sender:
    """Posts notices over connections that stay open, one for each thread."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.own = threading.local()

    def send(self, body: bytes) -> float:
        """Seconds until the answer. Raises requests.HTTPError for a refusal."""
        session = getattr(self.own, "session", None) or requests.Session()
        self.own.session = session
        signature = base64.b64encode(hmac.new(VERIFIER, body, hashlib.sha256).digest()).decode()
        headers = {"intuit-signature": signature, "Content-Type": "application/json"}
        began = time.perf_counter()
        session.post(self.address, data=body, headers=headers, timeout=30).raise_for_status()
        return time.perf_counter() - began


def _play(play: Play) -> dict[str, Any]:
    realm = play.quickbooks.realm()
    books.connect(play.quickbooks, realm)
    port = free_port(18_000)
    address = f"http://127.0.0.1:{port}"
    with product({**os.environ, "PORT": str(port)}, play.folder, "web"):
        wait_for_web(address)
        sender = _Sender(f"{address}/webhooks/quickbooks")
        for number in range(5):
            sender.send(_body(realm, -number - 1))
        alone = sorted(sender.send(_body(realm, number)) for number in range(ALONE))
        bodies = [_body(realm, number) for number in range(1000, 1000 + OFFERED * SECONDS)]
        with concurrent.futures.ThreadPoolExecutor(max_workers=32) as pool:
            began = time.perf_counter()
            waiting = []
            for number, body in enumerate(bodies):
                time.sleep(max(0.0, began + number / OFFERED - time.perf_counter()))
                waiting.append(pool.submit(sender.send, body))
            took = sorted(each.result() for each in waiting)
            seconds = time.perf_counter() - began
    return {
        "middle ms": alone[len(alone) // 2] * 1000,
        "p99 ms": took[int(len(took) * 0.99) - 1] * 1000,
        "a second": len(took) / seconds,
    }


def _lines(results: Mapping[str, Sequence[Figures]], _of: Of) -> list[Line]:
    runs = results["posted"]
    alone, late = middle(runs, "middle ms"), middle(runs, "p99 ms")
    under = f"a webhook of {EVENTS} events, p99 under {OFFERED} a second ({middle(runs, 'a second'):.0f} answered)"
    return [
        Line(f"a webhook of {EVENTS} events", spread(runs, "middle ms", "ms", 0), "", "50 ms", alone <= 50),
        Line(under, spread(runs, "p99 ms", "ms", 0), "", "250 ms", late <= 250),
    ]


ROW = Row("webhook", [Variant("posted", _play)], _lines)
