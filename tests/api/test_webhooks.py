"""Webhooks: addresses are told of events, signed and once each, and no more than the key may see."""

import hashlib
import hmac
import http.server
import json
import threading

import pytest

from api.models import WebhookSubscription
from api.services import webhooks
from core.models import Event, OutgoingRequest, RequestState
from core.services import requests
from crm.services import companies
from crm_sync.wiring import EVENT_HANDLERS
from tests.api.programs import Program, program_of


@pytest.fixture
def receiver():
    """A server that keeps what it gets and answers with the statuses in ``answers``, else with 200."""

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.got.append((dict(self.headers), body))
            self.send_response(server.answers.pop(0) if server.answers else 200)
            self.end_headers()

        def log_message(self, *args):
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.got, server.answers = [], []
    server.url = f"http://127.0.0.1:{server.server_port}/hook/secret"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def happened(name):
    """What a worker does with the events of this name."""
    ids = list(Event.objects.filter(name=name).values_list("pk", flat=True))
    assert "api.tell_subscribers" in EVENT_HANDLERS[name]
    return webhooks.tell(ids)


def subscribed(program, receiver, *events):
    made = program.post("webhooks", {"url": receiver.url, "events": list(events or ("company.created",))})
    assert made.status_code == 201, made.content
    return made


def test_an_address_is_told_of_an_event_once_and_signed(program, receiver):
    made = subscribed(program, receiver)
    assert "secret" not in made.text
    company = companies.create(by=program.user, name="Acme")

    assert (happened("company.created"), happened("company.created")) == (1, 1)
    assert requests.send_due() == 1

    [(headers, body)] = receiver.got
    told = json.loads(body)
    assert (told["event"], told["object"], told["by"]) == (
        "company.created", {"type": "company", "id": company.pk}, program.user.pk,
    )  # fmt: skip
    signed = f"{headers['X-CRM-Timestamp']}.".encode() + body
    expected = hmac.new(requests.webhook_secret().encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-CRM-Signature"] == f"v1={expected}"
    [sent] = program.get(f"webhook-deliveries?webhook={made.json()['id']}").json()["data"]
    assert (sent["state"], sent["status"], headers["Idempotency-Key"]) == ("sent", 200, sent["key"])


def test_what_is_not_received_is_tried_again_and_can_be_replayed(program, receiver):
    subscribed(program, receiver)
    companies.create(by=program.user, name="Acme")
    happened("company.created")
    receiver.answers = [503]

    assert requests.send_due() == 0
    row = OutgoingRequest.objects.get()
    assert (row.state, row.attempts) == (RequestState.PLANNED, 1)
    assert requests.send_due(now=row.due_at) == 1

    again = program.post(f"webhook-deliveries/{row.pk}/replay")
    assert (again.status_code, again.json()["state"]) == (202, "planned")
    assert requests.send_due() == 1
    assert [body for _headers, body in receiver.got] == [row.body.encode()] * 3
    assert json.loads(program.get(f"webhook-deliveries/{row.pk}").json()["body"])["event"] == "company.created"


def test_nothing_is_told_that_the_key_may_not_see(program, receiver):
    narrow = Program(program.user, scopes=["crm:read", "webhooks:manage"])

    refused = narrow.post("webhooks", {"url": receiver.url, "events": ["deal.won", "invoice.paid"]})
    assert refused.json()["errors"][0]["pointer"] == "/events/1"

    subscribed(narrow, receiver)
    role = program.user.role
    role.sees = "own"
    role.save()
    companies.create(by=program_of("Ops").user, name="Acme")
    assert happened("company.created") == 0
    role.sees = "all"
    role.save()
    assert happened("company.created") == 1


@pytest.mark.parametrize("how", ["off", "inactive person", "deleted", "other event"])
def test_who_is_not_subscribed_is_not_told(how, program, receiver):
    made = subscribed(program, receiver, *(["company.changed"] if how == "other event" else []))
    if how == "off":
        assert program.patch(f"webhooks/{made.json()['id']}", {"active": False}, If_Match=made["ETag"]).json()
    if how == "deleted":
        assert program.call("DELETE", f"webhooks/{made.json()['id']}", If_Match=made["ETag"]).status_code == 204
        assert not WebhookSubscription.objects.exists()
    companies.create(by=program.user, name="Acme")
    if how == "inactive person":
        type(program.user).objects.filter(pk=program.user.pk).update(is_active=False)

    assert happened("company.created") == 0
    assert not OutgoingRequest.objects.exists()


def test_a_webhook_is_tested_changed_and_told_of_its_mistakes(program, receiver, settings):
    made = subscribed(program, receiver)
    path = f"webhooks/{made.json()['id']}"

    tried = program.post(f"{path}/test")
    assert (tried.status_code, requests.send_due()) == (202, 1)
    assert json.loads(receiver.got[0][1])["event"] == "webhook.test"
    changed = program.patch(path, {"events": ["deal.won", "company.created"]}, If_Match=made["ETag"])
    assert changed.json()["events"] == ["company.created", "deal.won"]
    assert program.patch(path, {"active": False}, If_Match=made["ETag"]).status_code == 412

    settings.OUTGOING_ALLOWED_HOSTS = []
    inner = program.post("webhooks", {"url": receiver.url, "events": ["deal.won"]})
    assert inner.json()["errors"][0]["pointer"] == "/url"
    assert program.get("webhook-events").json()["data"][0]["scope"] == "crm:read"


def test_webhooks_are_for_who_may_configure(receiver, db):
    rep = program_of("Sales rep")

    assert rep.post("webhooks", {"url": receiver.url, "events": ["deal.won"]}).status_code == 403
    assert rep.get("webhooks").status_code == 403
    assert rep.get("webhook-deliveries").status_code == 403
