"""The limiter, on a real Valkey: never more than QuickBooks allows, nothing lost with a dead holder."""

import contextlib
import threading
import time

import pytest
from redis import Redis

from core.redis import redis_client
from qbo_connector import errors
from qbo_connector.limits import Limiter

LIMITS = {"second": 9, "minute": 475, "at_once": 9, "batches": 38}


@pytest.fixture
def redis():
    client = redis_client()
    client.flushdb()
    return client


def limiter(redis, prefix="limits", **options):
    options = {"cold_start": False, "interactive": True, "patience": 30.0, **options}
    limits = {**LIMITS, **options.pop("limits", {})}
    return Limiter(redis, prefix, limits, **options)


def calls_of(redis, seconds, workers=12, **options):
    """When calls were let through, with many workers asking all the time."""
    times, lock, end = [], threading.Lock(), time.monotonic() + seconds

    def work():
        mine = limiter(redis, patience=2.0, **options)
        with contextlib.suppress(errors.Throttled):
            while time.monotonic() < end:
                with mine.slot(), lock:
                    times.append(time.monotonic())

    threads = [threading.Thread(target=work) for _number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(times)


def taken_at_once(mine, wanted):
    """How many calls are let through before the limiter's patience ends."""
    taken = 0
    with contextlib.suppress(errors.Throttled):
        for _call in range(wanted):
            with mine.slot():
                taken += 1
    return taken


def most_within(times, window):
    return max(sum(1 for other in times if start <= other < start + window) for start in times)


def test_twelve_workers_never_pass_nine_in_a_second(redis):
    times = calls_of(redis, 3.2)
    # The clock that counts is the server's; a thread may be held up after its slot by some milliseconds.
    assert most_within(times, 0.95) <= 9
    assert len(times) >= 8 * 3


def test_the_minute_is_counted_too(redis):
    times = calls_of(redis, 1.5, limits={"second": 1000, "minute": 20})
    assert len(times) == 20


def test_bulk_work_leaves_slots_for_people(redis):
    bulk = limiter(redis, interactive=False, limits={"second": 1000, "minute": 20}, patience=0.05)
    assert taken_at_once(bulk, 30) == 18
    with limiter(redis, limits={"second": 1000, "minute": 20}, patience=0.05).slot():
        pass


def test_a_seconds_calls_come_two_by_two(redis):
    assert taken_at_once(limiter(redis, patience=0.05), 9) == 2


def test_a_call_that_is_held_up_for_a_fifth_of_a_second_meets_no_more_than_quickbooks_allows(redis):
    calls_of(redis, 2.5)
    let_through = sorted(score / 1000 for _call, score in redis.zrange("limits:minute", 0, -1, withscores=True))
    assert most_within(let_through, 1.2) <= 10


def test_at_most_nine_at_once_and_a_dead_holder_gives_its_slot_back(redis, monkeypatch):
    monkeypatch.setattr("qbo_connector.limits.HOLD_SECONDS", 1)
    held = [limiter(redis, limits={"second": 1000}).slot() for _number in range(9)]
    for slot in held:
        slot.__enter__()
    with pytest.raises(errors.Throttled), limiter(redis, limits={"second": 1000}, patience=0.2).slot():
        pass
    # Nobody leaves; after the hold time the slots are free again.
    with limiter(redis, limits={"second": 1000}, patience=3).slot():
        pass


def test_after_a_429_nobody_calls_for_a_minute(redis):
    limiter(redis).throttled()
    with pytest.raises(errors.Throttled), limiter(redis).slot():
        pass
    assert 0 < redis.ttl("limits:throttled") <= 60


def test_companies_do_not_share_their_limits(redis):
    limiter(redis, "one").throttled()
    with limiter(redis, "two").slot():
        pass


def test_an_emptied_limiter_starts_as_if_the_minute_had_been_full(redis):
    cold = limiter(redis, cold_start=True, limits={"second": 1000}, patience=0.05)
    assert taken_at_once(cold, 3) < 3
    assert redis.zcard("limits:minute") >= 474


def test_without_its_server_nothing_is_called(own_valkey):
    client = Redis.from_url(own_valkey.url, socket_timeout=1)
    own_valkey.kill()
    with pytest.raises(errors.RetryLater), limiter(client).slot():
        pass
