"""One worker at a time sends a company's outbox: others leave it alone, and nothing waits for the next sweep."""

import threading
import uuid

import pytest
import redis
from django.db import connections
from redis.backoff import NoBackoff
from redis.retry import Retry

from qbo_connector import tasks
from qbo_connector.models import Connection, Operation
from qbo_connector.outbox import turns
from qbo_connector.outbox.plan import plan
from tests import workers


def planned(company: Connection, name: str, *, urgent: bool = False) -> Operation:
    """A customer to be made."""
    return plan(
        company,
        entity="Customer",
        subject=f"customer:{name}",
        intent={"DisplayName": name},
        request_id=uuid.uuid4().hex,
        urgent=urgent,
    )


@pytest.mark.django_db(transaction=True)
def test_a_second_worker_sends_what_a_person_waits_for_and_leaves_the_rest_to_the_first(us_company, quickbooks):
    quickbooks.fault(action="latency", latency=2, times=1)
    sent = []
    planned(us_company, "First")

    def first() -> None:
        sent.append(tasks.drain_outbox(us_company.pk))
        connections.close_all()

    thread = threading.Thread(target=first)
    thread.start()
    workers.wait_until(Operation.objects.filter(state="leased").exists, what="the first is on its way")
    planned(us_company, "Second")
    assert tasks.drain_outbox(us_company.pk) == 0
    planned(us_company, "Waited for", urgent=True)
    assert tasks.drain_outbox(us_company.pk) == 1
    assert [each.intent for each in Operation.objects.filter(state="done")] == [{"DisplayName": "Waited for"}]
    thread.join()

    assert sent == [2]
    assert not Operation.objects.exclude(state="done").exists()


def test_who_has_the_turn_hears_at_its_end_that_somebody_asked():
    first, second = turns.Turn(1), turns.Turn(1)

    assert first.begin()
    assert not second.begin()
    assert turns.Turn(2).begin(), "another company"
    assert first.keep()
    assert first.end()
    assert second.begin()
    assert not second.end()


def test_a_worker_that_died_holds_up_nobody_for_long(settings):
    settings.LEASE_SECONDS = 2
    died, other = turns.Turn(3), turns.Turn(3)

    assert died.begin()
    workers.wait_until(other.begin, seconds=5, what="the turn of a dead worker ends")
    assert not died.keep()
    died.end()
    assert other.keep(), "who comes back late takes nothing from who has it now"


def test_without_redis_everybody_sends(monkeypatch):
    gone = redis.Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(turns, "redis_client", lambda: gone)
    turn = turns.Turn(4)

    assert turn.begin()
    assert turn.keep()
    assert not turn.end()
