"""Webhooks: both formats, signed, late, twice, out of order, tried again."""

import base64
import hashlib
import hmac
import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator

import pytest


class Listener:
    """An address that takes webhooks; ``statuses`` are its first answers."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.received.append((dict(self.headers), body))
                self.send_response(listener.statuses.pop(0) if listener.statuses else 200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def wait(self, count: int) -> list[bytes]:
        """The first bodies, once that many came."""
        deadline = time.monotonic() + 5
        while len(self.received) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(self.received) >= count
        return [body for _, body in self.received]


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def configure(us, listener) -> Callable[..., None]:
    def change(**settings) -> None:
        us.control("POST", "webhooks", {"address": listener.address, "verifier": "v", "delay": 0.05, **settings})

    return change


def test_legacy_format_with_signature(us, listener, configure, line):
    configure(format="legacy")
    line_of_payment = {"Amount": 10, "LinkedTxn": [{"TxnId": "130", "TxnType": "Invoice"}]}

    payment = us.post("Payment", {"CustomerRef": {"value": "24"}, "TotalAmt": 10, "Line": [line_of_payment]})

    (body,) = listener.wait(1)
    expected = base64.b64encode(hmac.new(b"v", body, hashlib.sha256).digest()).decode()
    headers = {name.lower(): value for name, value in listener.received[0][0].items()}
    assert headers["intuit-signature"] == expected
    (notification,) = json.loads(body)["eventNotifications"]
    assert notification["realmId"] == us.realm
    entities = notification["dataChangeEvent"]["entities"]
    assert {(row["name"], row["id"], row["operation"]) for row in entities} == {
        ("Payment", payment["Id"], "Create"),
        ("Invoice", "130", "Update"),
    }
    assert entities[0].keys() == {"name", "id", "operation", "lastUpdated"}


def test_cloud_events(us, listener, configure, recording):
    configure()

    us.post("Invoice", {"Id": "129", "SyncToken": "0"}, operation="void")

    (event,) = json.loads(listener.wait(1)[0])
    assert event.keys() == recording("webhook-cloudevents")[1].keys()
    assert (event["type"], event["intuitentityid"], event["intuitaccountid"]) == (
        "qbo.invoice.voided.v1",
        "129",
        us.realm,
    )
    assert len(event["time"]) == len("2026-01-09T23:00:00.123456789Z")


def test_duplicates_keep_their_ids_and_single_events_can_be_shuffled(us, listener, configure):
    configure(duplicates=2, shuffle=True, delay=0.2)
    for number in range(3):
        us.post("Customer", {"DisplayName": f"Hook {number}"})

    events = [json.loads(body) for body in listener.wait(9)]

    assert all(len(event) == 1 for event in events)
    ids = [event[0]["id"] for event in events]
    assert sorted(ids.count(identifier) for identifier in set(ids)) == [3, 3, 3]


def test_a_refused_webhook_is_sent_again(us, listener, configure):
    listener.statuses = [500, 503]
    configure(retries=[0.05, 0.05, 0.05])

    us.post("Customer", {"DisplayName": "Again"})

    bodies = listener.wait(3)
    assert len(set(bodies)) == 1
    time.sleep(0.2)
    assert len(listener.received) == 3
    sent = us.control("GET", "webhooks")["sent"]
    assert [(row["status"], row["try"]) for row in sent] == [(500, 1), (503, 2), (200, 3)]


def test_only_chosen_entities_and_nothing_for_refusals(us, listener, configure):
    configure(entities=["Invoice"])
    us.post("Customer", {"DisplayName": "Quiet"})
    us.refuse("Invoice", {})

    us.raw("POST", "invoice/103/send")

    assert [event["type"] for event in json.loads(listener.wait(1)[0])] == ["qbo.invoice.emailed.v1"]


def test_a_merge_tells_who_is_gone(us, listener, configure):
    for form in ("cloudevents", "legacy"):
        configure(format=form, entities=["Customer"])
        gone = us.post("Customer", {"DisplayName": f"Gone {form}"})["Id"]
        count = len(listener.received) + 1
        listener.wait(count)
        us.control("POST", f"objects/{us.realm}/Customer/{gone}", {"operation": "merge", "into": "3"})
        body = json.loads(listener.wait(count + 1)[-1])
        if form == "cloudevents":
            (event,) = body
            assert (event["type"], event["intuitentityid"]) == ("qbo.customer.merged.v1", "3")
            assert event["data"] == {"deletedid": gone}
        else:
            (event,) = body["eventNotifications"][0]["dataChangeEvent"]["entities"]
            assert (event["operation"], event["id"], event["deletedId"]) == ("Merge", "3", gone)


def test_companies_have_requests_of_their_own_where_that_is_asked_for(us, uk, listener, configure):
    events = [{"realmId": api.realm, "entity": "Customer", "id": "1"} for api in (us, uk)]
    for together, expected in ((True, 1), (False, 2)):
        configure(companies_together=together)
        before = len(listener.received)
        us.control("POST", "webhooks/events", {"events": events})
        bodies = [json.loads(body) for body in listener.wait(before + expected)[before:]]
        assert [[event["intuitaccountid"] for event in body] for body in bodies] == (
            [[us.realm, uk.realm]] if together else [[us.realm], [uk.realm]]
        )


def test_events_of_ones_own_making(us, listener, configure):
    configure(delay=0)
    events = [
        {"realmId": us.realm, "entity": "Invoice", "id": "130", "operation": "Void"},
        {"realmId": "1", "entity": "Customer", "id": "9", "operation": "Merge", "deletedId": "8"},
    ]

    assert us.control("POST", "webhooks/events", {"events": events}) == {"queued": 2}

    listener.wait(1)
    deadline = time.monotonic() + 5
    while len(received := [e for _, body in listener.received for e in json.loads(body)]) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert [(e["type"], e["intuitaccountid"]) for e in received] == [
        ("qbo.invoice.voided.v1", us.realm),
        ("qbo.customer.merged.v1", "1"),
    ]
    refused = us.http.post(f"{us.url}/_simulator/webhooks/events", json={"entity": "Wombat"}, timeout=5)
    assert refused.status_code == 400


def test_impossible_settings_are_refused(us):
    for settings in ({"format": "carrier pigeon"}, {"delay": -1}, {"address": "nowhere"}, {"retries": 3}):
        assert us.http.post(f"{us.url}/_simulator/webhooks", json=settings, timeout=5).status_code == 400
    assert us.http.post(f"{us.url}/_simulator/webhooks", json={"nonsense": 1}, timeout=5).status_code == 404
    assert us.control("GET", "webhooks")["retries"] == [10, 20, 30, 300, 1200, 7200, 14400, 21600]


def test_what_was_sent_is_shown_and_forgotten(us, listener, configure):
    configure(delay=0)
    us.post("Customer", {"DisplayName": "Shown"})
    listener.wait(1)
    sent = us.control("GET", "webhooks")["sent"]
    deadline = time.monotonic() + 5
    while not sent and time.monotonic() < deadline:
        sent = us.control("GET", "webhooks")["sent"]

    assert sent[0].keys() == {
        *("number", "at", "address", "status", "problem", "try", "milliseconds", "signature", "body"),
    }
    assert us.control("DELETE", "webhooks") == {"waiting": 0, "sent": []}
    assert us.control("GET", "webhooks")["sent"] == []
