"""R6: QuickBooks never sees more than its limits, whoever dies and whatever happens to the limiter's server."""

import contextlib
import subprocess
import sys
import threading
import time

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connections

from core.redis import key, redis_client
from qbo_connector import errors, gateway, limits
from qbo_connector.enums import Cause
from qbo_connector.limits import Limiter
from qbo_connector.models import Connection
from tests import workers
from tests.faults.seeds import seeds

LIMITS = {"second": 9, "minute": 475, "at_once": 9, "batches": 38}


@pytest.fixture(autouse=True)
def real_pace(quickbooks, settings):
    """The pace that installations have; other tests don't wait for it."""
    settings.QBO_LIMITS = LIMITS


def seen(quickbooks, connection):
    """What QuickBooks saw of a company: most in a second, in a minute and at once."""
    return quickbooks.call("GET", "calls?limit=0")["rates"].get(connection.realm_id, {})


def most_let_through(connection):
    """The most calls that the limiter let through in any second of the last minute, by its own clock."""
    scores = redis_client().zrange(
        key("limit", connection.environment, connection.realm_id, "minute"), 0, -1, withscores=True
    )
    times = sorted(score for _member, score in scores)
    return max(sum(1 for other in times if start <= other < start + 1000) for start in times)


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds(10, fewest=2))
def test_fifty_callers_in_five_processes_some_killed(seed, us_company, quickbooks, tmp_path):
    quickbooks.call("DELETE", "calls")
    quickbooks.fault(path="companyinfo", latency=0.3 if seed % 2 else 1.5, action="latency")
    command = [sys.executable, "-m", "tests.faults.calling_process", str(us_company.pk), "6"]
    callers = [subprocess.Popen(command, cwd=workers.ROOT, env=workers.environment()) for _number in range(5)]
    try:
        workers.wait_until(lambda: seen(quickbooks, us_company).get("per_minute", 0) > 5, what="they call")
        time.sleep(0.3 * seed % 2)
        for caller in callers[:3]:
            caller.kill()
        killed_at = time.monotonic()
        before = seen(quickbooks, us_company)["per_minute"]
        # The places of the dead come back, and the others go on.
        workers.wait_until(lambda: seen(quickbooks, us_company)["per_minute"] >= before + 9, seconds=15)
        assert time.monotonic() - killed_at < 15
        for caller in callers:
            caller.wait(30)
    finally:
        for caller in callers:
            caller.kill()
            caller.wait(10)

    rates = seen(quickbooks, us_company)
    assert rates["per_minute"] <= 500, rates
    # Exactly nine in any second are let through; two more may meet them when this machine held them up on their way.
    assert most_let_through(us_company) <= 9
    assert rates["per_second"] <= 12, rates
    # A killed caller's request is finished by QuickBooks all the same, so its place is kept for a while.
    assert rates["most_in_flight"] <= 10, rates


def flood(prefix, stop, **options):
    """Bulk callers that take every slot they get, in threads."""

    def work():
        bulk = Limiter(redis_client(), prefix, LIMITS, cold_start=False, patience=5.0, **options)
        while not stop.is_set():
            with contextlib.suppress(errors.Throttled), bulk.slot():
                time.sleep(0.05)

    threads = [threading.Thread(target=work, daemon=True) for _number in range(12)]
    for thread in threads:
        thread.start()
    return threads


def test_a_person_waits_for_no_flood_of_bulk_work_and_no_company_for_another():
    redis_client().flushdb()
    stop = threading.Event()
    threads = flood("one", stop)
    try:
        time.sleep(1.5)
        waits = []
        for prefix, interactive in (("one", True), ("two", False)) * 3:
            mine = Limiter(redis_client(), prefix, LIMITS, cold_start=False, patience=5.0, interactive=interactive)
            started = time.monotonic()
            with mine.slot():
                waits.append((prefix, time.monotonic() - started))
            time.sleep(0.4)
    finally:
        stop.set()
        for thread in threads:
            thread.join(10)

    # At most a second passes until the window of people has room; the other company has no queue at all.
    assert all(wait < 1.2 for prefix, wait in waits if prefix == "one"), waits
    assert all(wait < 0.3 for prefix, wait in waits if prefix == "two"), waits


def test_a_restarted_limiter_goes_on_and_an_emptied_one_starts_full(own_valkey):
    def limiter():
        client = redis_client().from_url(own_valkey.url, socket_timeout=2)
        return Limiter(client, "company", LIMITS, patience=0.05)

    def calls(number):
        for _call in range(number):
            with limiter().slot():
                pass

    with pytest.raises(errors.Throttled):
        calls(20)
    own_valkey.kill()
    with pytest.raises(errors.RetryLater), limiter().slot():
        pass
    own_valkey.start()
    # What it knew of the last minute is on disk: at most a second of it is lost.
    count = redis_client().from_url(own_valkey.url).zcard("company:minute")
    assert count >= 470
    redis_client().from_url(own_valkey.url).flushall()
    with pytest.raises(errors.Throttled):
        calls(5)


def test_without_the_limiter_nothing_is_called(us_company, quickbooks, own_valkey, settings):
    quickbooks.call("DELETE", "calls")
    settings.REDIS_URL = own_valkey.url
    own_valkey.kill()
    redis_client.cache_clear()
    try:
        with pytest.raises(errors.RetryLater, match="limiter"):
            gateway.client_for(us_company, Cause.CYCLE).company_info()
    finally:
        redis_client.cache_clear()

    assert quickbooks.call("GET", "calls?limit=10")["calls"] == []


def test_batches_have_a_window_of_their_own():
    redis_client().flushdb()
    mine = Limiter(
        redis_client(), "batches", {**LIMITS, "second": 1000}, interactive=True, cold_start=False, patience=0
    )
    taken = 0
    with contextlib.suppress(errors.Throttled):
        while taken < 100:
            with mine.slot(batch=True):
                taken += 1
    assert taken == LIMITS["batches"]
    with mine.slot():
        pass


def test_a_place_is_never_given_back_while_its_call_may_still_run(settings):
    call_command("check")
    settings.QBO_READ_TIMEOUT = limits.HOLD_SECONDS
    with pytest.raises(SystemCheckError, match=r"qbo_connector\.E003"):
        call_command("check")


def test_threads_of_a_burst_share_what_is_allowed(us_company, quickbooks):
    quickbooks.call("DELETE", "calls")

    def call():
        mine = Connection.objects.get(pk=us_company.pk)
        for _number in range(3):
            with contextlib.suppress(errors.Throttled):
                gateway.client_for(mine, Cause.CYCLE).company_info()
        connections.close_all()

    threads = [threading.Thread(target=call) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen(quickbooks, us_company)["per_second"] <= 10
