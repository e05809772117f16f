"""R20: the broker may restart, be emptied or full, beat may run twice or not at all: what is due is in PostgreSQL."""

import contextlib
import datetime
import time

import pytest
from django.utils import timezone

from core.models import Heartbeat
from core.redis import redis_client
from qbo_connector.models import Connection, Operation, PullSchedule
from tests import workers
from tests.checker import assert_at_rest, assert_never_doubled, marked
from tests.faults.mirror import Accountant
from tests.faults.seeds import seeds
from tests.makers import deal_of, requested_invoice, user
from tests.quickbooks import drain_until_settled, sync_company

pytestmark = [pytest.mark.one_at_a_time("workers")]

FAULTS = ["restart", "flush", "full"]


def trouble(fault, server):
    """Do it to the broker of the workers, and for ``full`` end it again."""
    client = redis_client().from_url(server.url)
    if fault == "restart":
        server.kill()
        time.sleep(1)
        server.start()
    elif fault == "flush":
        client.flushall()
    else:
        client.config_set("maxmemory", "1")
        time.sleep(2)
        client.config_set("maxmemory", "0")


def start(stack, server, folder):
    """A worker on the broker that is going to be hurt."""
    return stack.enter_context(workers.worker(folder, REDIS_URL=server.url, PULL_INTERVAL_SECONDS="2"))


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "seed"), [(fault, seed) for fault in FAULTS for seed in seeds(10, fewest=2)])
def test_no_intent_is_lost_with_the_broker(fault, seed, us_company, quickbooks, own_valkey, tmp_path):
    sync_company(us_company)
    rep = user("Admin")
    someone = Accountant(quickbooks, us_company, seed)
    PullSchedule.objects.update(due_at=timezone.now())
    with contextlib.ExitStack() as stack:
        started = [start(stack, own_valkey, tmp_path)]

        def made():
            """Whether the invoice is there. A worker that ended is started anew, as by whatever runs it for real."""
            if started[-1].poll() is not None:
                assert fault == "full", "only a broker that refuses everything ends a worker that is starting"
                started.append(start(stack, own_valkey, tmp_path))
            return marked(quickbooks, us_company)

        if seed % 2:
            workers.wait_until(Heartbeat.objects.exists, what="the worker works")
        invoice = requested_invoice(deal_of("Cool Cars", rep), rep)
        someone.something()
        trouble(fault, own_valkey)
        workers.wait_until(made, seconds=70, what="the invoice is made by what sweeps find")
        before = timezone.now()
        workers.wait_until(
            lambda: PullSchedule.objects.filter(finished_at__gt=before).exists(), seconds=70, what="reading goes on"
        )
    assert_never_doubled(quickbooks, us_company)
    Operation.objects.filter(state="leased").update(leased_until="2000-01-01T00:00:00Z")
    PullSchedule.objects.update(leased_until=None)
    drain_until_settled(us_company)
    sync_company(us_company)

    assert marked(quickbooks, us_company).keys() == {str(invoice.request_id)}
    assert_at_rest(quickbooks, us_company)


@pytest.mark.slow
def test_two_beats_and_two_workers_read_once_a_period(us_company, quickbooks, tmp_path):
    sync_company(us_company)
    PullSchedule.objects.update(due_at=timezone.now())
    with (
        workers.worker(tmp_path, PULL_INTERVAL_SECONDS="2"),
        workers.worker(tmp_path, PULL_INTERVAL_SECONDS="2"),
    ):
        workers.wait_until(Heartbeat.objects.exists, what="they work")
        quickbooks.call("DELETE", "calls")
        time.sleep(6.5)
        reads = len(quickbooks.call("GET", "calls?kind=cdc&limit=1000")["calls"])

    assert 2 <= reads <= 4, reads


@pytest.mark.parametrize("minutes", [11, 14, 30])
def test_without_beat_for_a_while_every_admin_is_told(minutes, db, client):
    Connection.objects.create(environment="simulator", realm_id="1", company_name="Acme")
    Heartbeat.objects.create(name="worker", beaten_at=timezone.now() - datetime.timedelta(minutes=minutes))
    client.force_login(user("Admin", "admin@example.com"))

    assert "Nothing has been read from or written to QuickBooks since" in client.get("/").content.decode()
    assert client.get("/healthz").status_code == 503
    Heartbeat.objects.update(beaten_at=timezone.now())
    assert "Nothing has been read" not in client.get("/").content.decode()
