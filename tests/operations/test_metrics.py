"""/metrics: who may read it, what it says, what it costs."""

import datetime
import urllib.request

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from core.metrics import counters
from core.models import Event, Heartbeat, OutgoingMail
from core.redis import redis_client
from qbo_connector.models import Alert, Connection, Operation, PullSchedule
from sync.enums import Outcome
from sync.models import Link
from tests import workers
from tests.makers import deal_of, requested_invoice, user
from tests.operations.processes import running
from tests.quickbooks import drain_until_settled, sync_company

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "a-token-that-only-the-monitoring-knows"


@pytest.fixture
def switched_on(settings):
    settings.METRICS_TOKEN = TOKEN
    redis_client().flushdb()


def figures(text: str) -> dict[tuple, float]:
    """(name, labels) -> value; the text has to be what Prometheus takes."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def read(client) -> dict[tuple, float]:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return figures(answer.content.decode())


def company(number: int = 1, **more) -> Connection:
    made = Connection.objects.create(environment="simulator", realm_id=f"realm-{number}", **more)
    PullSchedule.objects.create(connection=made, finished_at=timezone.now() - datetime.timedelta(minutes=number))
    return made


def test_off_without_token_and_addresses(client):
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x"])
def test_refused_without_the_token(client, switched_on, given):
    answer = client.get("/metrics", headers={"Authorization": given})

    assert answer.status_code == 403
    assert b"crm_" not in answer.content


def test_addresses_may_read_without_token(client, settings):
    settings.METRICS_ALLOWED = ["nonsense", "10.1.0.0/16", "2001:db8::/32"]

    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", REMOTE_ADDR="10.2.0.1").status_code == 403
    assert client.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="2001:db8::5").status_code == 200
    # Not behind a proxy this is what anybody writes.
    assert client.get("/metrics", REMOTE_ADDR="9.9.9.9", headers={"X-Forwarded-For": "10.1.2.3"}).status_code == 403
    settings.BEHIND_PROXY = True
    assert client.get("/metrics", REMOTE_ADDR="10.1.0.9", headers={"X-Forwarded-For": "9.9.9.9"}).status_code == 403


def test_what_waits_what_fails_and_how_late_it_is(client, switched_on):
    now = timezone.now()
    acme, _late = company(1), company(90)
    company(3, status="reconnect")
    Heartbeat.objects.create(name="worker", beaten_at=now - datetime.timedelta(seconds=40))
    for number, state in enumerate(["planned", "planned", "unknown", "done", "refused"]):
        Operation.objects.create(
            connection=acme, entity="Invoice", subject=f"invoice:{number}", intent={}, state=state,
            created_at=now - datetime.timedelta(minutes=10 * number),
        )  # fmt: skip
    for number, (outcome, remedy) in enumerate(
        [("failing", {"kind": "name"}), ("failing", {"kind": "name"}), ("broken", {}), ("in_sync", {})]
    ):
        Link.objects.create(
            connection=acme, entity="Customer", qbo_id=str(number), object_type="contact", object_id=number,
            outcome=outcome, remedy=remedy,
        )  # fmt: skip
    Event.objects.create(name="quote.published", origin="person", object_type="quote", object_id=1)
    OutgoingMail.objects.create(key="1", subject="Hello", body="", due_at=now - datetime.timedelta(seconds=30))
    Alert.objects.create(connection=acme, kind="failing")

    found = read(client)

    def one(name, **labels):
        return found[name, tuple(sorted(labels.items()))]

    assert one("crm_companies", status="active") == 2
    assert one("crm_companies", status="reconnect") == 1
    assert one("crm_companies_late") == 1
    assert 55 < one("crm_sync_lag_seconds", company=str(acme.pk), realm="realm-1") < 90
    assert 5400 <= one("crm_sync_lag_seconds_max") < 5460
    assert one("crm_outbox_operations", state="planned") == 2
    assert one("crm_outbox_operations", state="leased") == 0
    assert one("crm_outbox_operations", state="unknown") == 1
    assert 1200 <= one("crm_outbox_oldest_seconds") < 1260
    assert one("crm_records_failing", outcome="failing", cause="name") == 2
    assert one("crm_records_failing", outcome="broken", cause="other") == 1
    assert one("crm_waiting", kind="events") == 1
    assert one("crm_waiting", kind="mails") == 1
    assert 30 <= one("crm_waiting_seconds", kind="mails") < 90
    assert 40 <= one("crm_heartbeat_age_seconds") < 100
    assert one("crm_alerts", kind="failing") == 1
    assert one("crm_queue_messages", queue="default") == 0
    assert {name for name, _labels in found if name == "crm_source_up"}
    assert all(value == 1 for (name, _labels), value in found.items() if name == "crm_source_up")


def test_statements_do_not_grow_with_rows(client, switched_on):
    company(1)
    read(client)
    with CaptureQueriesContext(
        connection,
    ) as few:
        read(client)
    for number in range(2, 42):
        made = company(number)
        Operation.objects.create(connection=made, entity="Invoice", subject="invoice:1", intent={})
        Link.objects.create(
            connection=made, entity="Customer", object_type="contact", object_id=number, outcome=Outcome.FAILING
        )
    with CaptureQueriesContext(connection) as many:
        read(client)

    assert len(many) == len(few) <= 16


def test_above_so_many_companies_only_sums_are_told(client, switched_on, monkeypatch):
    monkeypatch.setattr("qbo_connector.figures.COMPANIES_ONE_BY_ONE", 2)
    for number in (1, 2, 3):
        company(number)

    found = read(client)

    assert not [name for name, _labels in found if name == "crm_sync_lag_seconds"]
    assert 180 <= found["crm_sync_lag_seconds_max", ()] < 240


def test_calls_are_counted_by_cause_and_how_they_ended(client, switched_on, us_company, quickbooks):
    sync_company(us_company)
    before = read(client)
    quickbooks.fault(method="GET", path="/cdc", status=503, times=1)
    PullSchedule.objects.update(due_at=timezone.now(), cause="cycle")
    sync_company(us_company)

    after = read(client)

    def grown(name, **labels):
        key = name, tuple(sorted(labels.items()))
        return after.get(key, 0) - before.get(key, 0)

    assert grown("crm_quickbooks_calls_total", cause="cycle", kind="read", ended="server_error") == 1
    assert [labels for (name, labels), _value in after.items() if name == "crm_pull_failures_total"] == [
        (("error", "ServerError"),)
    ]
    assert sum(
        value for (name, labels), value in before.items()
        if name == "crm_quickbooks_calls_total" and ("ended", "answered") in labels
    ) >= 5  # fmt: skip


def test_writes_are_counted_by_what_became_of_them(client, switched_on, us_company, quickbooks):
    sync_company(us_company)
    person = user()
    requested_invoice(deal_of("Cool Cars", person), person)
    drain_until_settled(us_company)
    quickbooks.fault(method="POST", path="/invoice", code="6000", times=1)
    requested_invoice(deal_of("Cool Cars", person), person)
    drain_until_settled(us_company)

    found = read(client)

    ended = {labels: value for (name, labels), value in found.items() if name == "crm_outbox_outcomes_total"}
    assert ended == {
        (("code", ""), ("outcome", "done")): 1,
        (("code", "6000"), ("outcome", "refused")): 1,
    }


def test_nothing_is_counted_where_nobody_may_read(db):
    redis_client().flushdb()
    counters.add((counters.RETRIES, {"error": "Throttled"}, 1))

    assert redis_client().keys("*") == []


def test_figures_without_the_broker(client, switched_on, settings, tmp_path):
    company(1)
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock?db=0"
    redis_client.cache_clear()
    try:
        counters.add((counters.RETRIES, {"error": "Throttled"}, 1))
        found = read(client)
    finally:
        redis_client.cache_clear()

    assert found["crm_source_up", (("source", "queues"),)] == 0
    assert found["crm_source_up", (("source", "companies"),)] == 1
    assert found["crm_companies", (("status", "active"),)] == 1


@pytest.mark.slow
@pytest.mark.one_at_a_time("workers")
def test_requests_of_all_web_processes_and_tasks_of_workers_are_counted(tmp_path, switched_on):
    user("Admin", "admin@example.com")
    with (
        running("web", tmp_path, METRICS_TOKEN=TOKEN, WEB_PROCESSES="2", WEB_THREADS="1") as web,
        running("worker", tmp_path, METRICS_TOKEN=TOKEN),
        running("beat", tmp_path, METRICS_TOKEN=TOKEN),
    ):
        before = figures(web.ask("/metrics", Authorization=f"Bearer {TOKEN}")[2])
        asked = 40
        for _time in range(asked):
            with urllib.request.urlopen(f"http://127.0.0.1:{web.port}/login/", timeout=30) as answer:
                answer.read()
        after = figures(web.ask("/metrics", Authorization=f"Bearer {TOKEN}")[2])

        login = (("method", "GET"), ("status", "200"), ("view", "accounts:login"))
        assert after["crm_requests_total", login] - before.get(("crm_requests_total", login), 0) == asked
        counted = ("crm_request_seconds_count", (("method", "GET"), ("view", "accounts:login")))
        assert after[counted] == asked

        def tasks_done() -> bool:
            found = figures(web.ask("/metrics", Authorization=f"Bearer {TOKEN}")[2])
            return found.get(("crm_tasks_total", (("outcome", "done"), ("task", "core.heartbeat"))), 0) >= 2

        workers.wait_until(tasks_done, seconds=60, what="tasks are counted")
