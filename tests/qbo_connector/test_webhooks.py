"""Webhooks: verified on the raw bytes, stored once, one read for a burst; nobody without the verifier is heard."""

import base64
import datetime
import hashlib
import hmac
import json

import pytest
from django.urls import reverse
from django.utils import timezone

from qbo_connector.models import Connection, PullSchedule, WebhookEvent

VERIFIER = "test-verifier"
REALM = "9130350000000001"


@pytest.fixture
def company(db):
    connection = Connection.objects.create(environment="simulator", realm_id=REALM, company_name="Sample")
    PullSchedule.objects.create(connection=connection, due_at=timezone.now() + datetime.timedelta(minutes=9))
    return connection


def event(number, realm=REALM):
    return {
        "specversion": "1.0",
        "id": f"event-{number}",
        "source": "intuit.x",
        "type": "qbo.invoice.updated.v1",
        "time": "2026-01-09T23:00:00.123456789Z",
        "intuitentityid": str(number),
        "intuitaccountid": realm,
        "data": {},
    }


LEGACY = {
    "eventNotifications": [
        {
            "realmId": REALM,
            "dataChangeEvent": {
                "entities": [
                    {"name": "Invoice", "id": "1", "operation": "Update", "lastUpdated": "2026-01-01T00:00:00.000Z"}
                ]
            },
        }
    ]
}


def deliver(client, body, verifier=VERIFIER, signature=None):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    made = base64.b64encode(hmac.new(verifier.encode(), raw, hashlib.sha256).digest()).decode()
    return client.post(
        reverse("qbo_connector:webhook"),
        raw,
        content_type="application/json",
        headers={"intuit-signature": made if signature is None else signature},
    )


def test_a_burst_and_its_repetitions_ask_for_one_read(client, company):
    burst = [event(number) for number in range(200)]
    assert deliver(client, burst).status_code == 200
    due = PullSchedule.objects.get().due_at
    assert due <= timezone.now() + datetime.timedelta(seconds=5)

    assert deliver(client, burst[::-1]).status_code == 200

    assert WebhookEvent.objects.count() == 200
    assert PullSchedule.objects.get().due_at == due


def test_the_older_format_is_read_too(client, company):
    assert deliver(client, LEGACY).status_code == 200
    assert WebhookEvent.objects.get().connection == company


@pytest.mark.parametrize("signature", ["", "no base64!", base64.b64encode(b"wrong").decode(), "é"])
def test_a_wrong_signature_is_refused_and_leaves_nothing(client, company, signature):
    assert deliver(client, [event(1)], signature=signature).status_code == 401
    assert not WebhookEvent.objects.exists()


def test_without_a_verifier_everybody_is_refused(client, company, settings):
    settings.QBO_WEBHOOK_VERIFIER = ""
    assert deliver(client, [event(1)], verifier="").status_code == 401


def test_companies_that_are_not_ours_are_ignored(client, company):
    Connection.objects.create(environment="production", realm_id="77")
    assert deliver(client, [event(1, realm="77"), event(2, realm="55")]).status_code == 200
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'{"eventNotifications": [{}]}', b"<html>", b'[{"id": "x"}]'])
def test_what_cannot_be_read_is_refused(client, company, body):
    assert deliver(client, body).status_code == 400
    assert not WebhookEvent.objects.exists()


def test_costs_do_not_grow_with_the_events(client, company, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        deliver(client, [event(number) for number in range(200)])
