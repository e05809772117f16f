"""R5: 429, 5xx, hangs and nonsense lose nothing and cause no storm; other companies go on."""

import threading
import time

import pytest
from django.db import connections

from core.redis import redis_client
from qbo_connector import errors, gateway, limits
from qbo_connector.enums import Cause
from qbo_connector.models import Connection, PullSchedule
from tests.faults.mirror import Accountant, assert_mirrored, read_once, read_until_quiet
from tests.faults.seeds import seeds
from tests.quickbooks import connect

TROUBLE = {
    "429": {"action": "throttle"},
    "429 with Retry-After": {"action": "throttle", "headers": {"Retry-After": "2"}},
    "500": {"action": "status", "status": 500},
    "503 page": {"action": "html", "status": 503},
    "502": {"action": "status", "status": 502},
    "page with 200": {"action": "html", "status": 200},
    "fault in 200": {"action": "fault_in_200", "code": "10000"},
    "cut JSON": {"action": "malformed"},
    "half": {"action": "cut", "when": "after"},
    "reset": {"action": "drop"},
    "hang": {"action": "latency", "latency": 2},
}


@pytest.fixture(autouse=True)
def short_times(settings, monkeypatch):
    """A minute of rest lasts a second, and nobody waits long for an answer."""
    settings.QBO_READ_TIMEOUT = 0.5
    monkeypatch.setattr(limits, "THROTTLE_SECONDS", 1)
    monkeypatch.setattr(limits, "PROBE_SECONDS", 1)


def fault(quickbooks, kind, **more):
    rule = {name: value for name, value in TROUBLE[kind].items() if name != "headers"}
    quickbooks.fault(**rule, **more)


@pytest.mark.parametrize("seed", seeds())
def test_reading_through_trouble_moves_no_cursor_and_converges(seed, us_company, quickbooks):
    read_until_quiet(us_company)
    someone = Accountant(quickbooks, us_company, seed)
    for _turn in range(8):
        someone.something()
        fault(quickbooks, someone.dice.choice(list(TROUBLE)), path="/v3/", probability=0.5)
        before = PullSchedule.objects.get()
        read_once(us_company)
        plan = PullSchedule.objects.get()
        quickbooks.call("DELETE", "faults")
        if plan.failures > before.failures:
            assert plan.cursor == before.cursor
            assert plan.last_problem
        else:
            assert_mirrored(quickbooks, us_company, "Customer", "Invoice")

    redis_client().flushdb()
    read_until_quiet(us_company)
    assert_mirrored(quickbooks, us_company)


@pytest.mark.parametrize("kind", ["429", "503 page", "hang"])
def test_a_company_in_trouble_costs_the_others_nothing(kind, us_company, quickbooks):
    other = connect(quickbooks, "uk")
    for company in (us_company, other):
        read_until_quiet(company)
    fault(quickbooks, kind, path=f"/company/{us_company.realm_id}/")
    someone = Accountant(quickbooks, other, 3)
    for _turn in range(3):
        someone.add()
        read_once(us_company)
        read_once(other)
        assert_mirrored(quickbooks, other, "Customer")

    assert PullSchedule.objects.get(connection=us_company).failures == 3
    assert PullSchedule.objects.get(connection=other).failures == 0


def test_one_probe_a_minute_while_throttled_however_many_ask(us_company, quickbooks):
    read_until_quiet(us_company)
    quickbooks.call("DELETE", "calls")
    fault(quickbooks, "429", path="/v3/")
    started, minutes = time.monotonic(), 4

    def ask():
        mine = Connection.objects.get(pk=us_company.pk)
        while time.monotonic() - started < minutes:
            try:
                gateway.client_for(mine, Cause.CYCLE).company_info()
            except errors.RetryLater:
                time.sleep(0.02)
        connections.close_all()

    # The first 429 is found out by one.
    with pytest.raises(errors.Throttled):
        gateway.client_for(us_company, Cause.CYCLE).company_info()
    threads = [threading.Thread(target=ask) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    probes = len(quickbooks.call("GET", "calls?path=companyinfo&limit=1000")["calls"])
    assert 2 <= probes <= minutes + 1, probes
    quickbooks.call("DELETE", "faults")
    time.sleep(1.1)
    assert gateway.client_for(us_company, Cause.CYCLE).company_info()
    assert not redis_client().keys("*probation*")
    assert redis_client().keys("*slow*"), "at full pace right after a 429"


def test_failures_are_tried_less_and_less_often(us_company, quickbooks):
    read_until_quiet(us_company)
    fault(quickbooks, "500", path="/v3/")
    waits = []
    for _turn in range(9):
        read_once(us_company)
        plan = PullSchedule.objects.get()
        waits.append(round((plan.due_at - plan.started_at).total_seconds(), -1))

    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (30, 3600)
