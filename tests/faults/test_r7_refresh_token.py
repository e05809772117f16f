"""R7: the refresh token survives races, rotation, lost answers and kills."""

import contextlib
import datetime
import random
import threading
import time

import pytest
from django.db import connections, transaction
from django.utils import timezone

from core.models import Event
from qbo_connector import errors, oauth
from qbo_connector.enums import Cause, ConnectionStatus
from qbo_connector.gateway import client_for
from qbo_connector.models import Connection, ConnectionToken, PullSchedule
from qbo_connector.services import tokens as token_service
from qbo_connector.services.tokens import ConnectionTokens
from tests import workers
from tests.faults.seeds import seeds
from tests.makers import user
from tests.quickbooks import sync_company

POLICIES = {
    "old token refused at once": {"rotation": "every", "previous": "strict", "replay_revokes": True},
    "old token good for a day": {"rotation": "every", "previous": "grace"},
}


def expire(connection):
    """The stored access token has run out."""
    ConnectionToken.objects.filter(connection=connection).update(access_expires_at=timezone.now())


def refreshes(quickbooks):
    """Refresh calls that QuickBooks saw."""
    return len(quickbooks.call("GET", "calls?kind=refresh&limit=1000")["calls"])


@pytest.mark.parametrize("policy", POLICIES)
def test_eight_workers_at_expiry_refresh_once(policy, us_company, quickbooks):
    quickbooks.call("POST", "token-policy", POLICIES[policy])
    expire(us_company)
    barrier, names, failures = threading.Barrier(8), [], []

    def work():
        try:
            mine = Connection.objects.get(pk=us_company.pk)
            client = client_for(mine, Cause.CYCLE)
            barrier.wait(10)
            names.append(client.company_info()["CompanyName"])
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert failures == []
    assert len(names) == 8
    assert refreshes(quickbooks) == 1
    us_company.refresh_from_db()
    assert us_company.status == ConnectionStatus.ACTIVE


def test_a_token_that_quickbooks_ended_early_is_renewed_once(us_company, quickbooks):
    quickbooks.call("POST", "tokens/expire", {"realmId": us_company.realm_id})

    assert client_for(us_company, Cause.CYCLE).company_info()["CompanyName"]

    assert refreshes(quickbooks) == 1


def test_a_lost_refresh_answer_recovers_while_the_old_token_is_good(us_company, quickbooks):
    quickbooks.call("POST", "token-policy", POLICIES["old token good for a day"])
    expire(us_company)
    quickbooks.fault(kind="refresh", when="after", times=1, action="drop")

    with pytest.raises(errors.RetryLater):
        ConnectionTokens(us_company).current()
    assert ConnectionTokens(us_company).current()

    us_company.refresh_from_db()
    assert us_company.status == ConnectionStatus.ACTIVE


def test_a_lost_refresh_answer_with_a_strict_provider_ends_in_one_clear_state(us_company, quickbooks):
    quickbooks.call("POST", "token-policy", POLICIES["old token refused at once"])
    expire(us_company)
    quickbooks.fault(kind="refresh", when="after", times=1, action="drop")

    with pytest.raises(errors.RetryLater):
        ConnectionTokens(us_company).current()
    with pytest.raises(errors.NeedsReconnect):
        ConnectionTokens(us_company).current()
    for _try in range(3):
        with pytest.raises(errors.NeedsReconnect):
            ConnectionTokens(Connection.objects.get(pk=us_company.pk)).current()

    us_company.refresh_from_db()
    assert us_company.status == ConnectionStatus.NEEDS_RECONNECT
    assert Event.objects.filter(name="connection.needs_reconnect").count() == 1
    assert refreshes(quickbooks) == 2, "a dead connection was asked again"


def test_a_revoked_company_stops_and_says_so(us_company, quickbooks):
    sync_company(us_company)
    quickbooks.call("POST", "tokens/expire", {"realmId": us_company.realm_id, "revoke": True})

    sync_company(us_company)

    us_company.refresh_from_db()
    assert us_company.status == ConnectionStatus.NEEDS_RECONNECT
    assert "reconnect" in us_company.status_reason


def test_wrong_app_keys_are_the_operators_problem_not_a_reason_to_reconnect(us_company, quickbooks, settings):
    settings.QBO_CLIENT_SECRET = "wrong"
    expire(us_company)

    with pytest.raises(errors.OperatorProblem):
        ConnectionTokens(us_company).current()

    us_company.refresh_from_db()
    assert us_company.status == ConnectionStatus.ACTIVE
    assert "QBO_CLIENT_SECRET" in us_company.status_reason


def test_tokens_are_encrypted_and_bound_to_their_company(us_company, quickbooks):
    stored = ConnectionToken.objects.get(connection=us_company)
    access = ConnectionTokens(us_company).current()

    assert access not in stored.access_token
    ConnectionToken.objects.update(refresh_token=stored.access_token, access_token=stored.refresh_token)
    Connection.objects.update(realm_id="1234")
    with pytest.raises(errors.OperatorProblem):
        ConnectionTokens(Connection.objects.get()).current()


def test_a_hundred_idle_days_end_in_one_clear_state(us_company, quickbooks):
    sync_company(us_company)
    quickbooks.call("POST", "clock", {"offset": 101 * 86400})
    try:
        expire(us_company)
        sync_company(us_company)
    finally:
        quickbooks.call("POST", "clock", {"offset": 0})

    us_company.refresh_from_db()
    assert us_company.status == ConnectionStatus.NEEDS_RECONNECT
    assert Event.objects.filter(name="connection.needs_reconnect").count() == 1


def test_a_connection_in_use_lives_past_a_hundred_days(us_company, quickbooks):
    try:
        for days in (60, 120, 180):
            quickbooks.call("POST", "clock", {"offset": days * 86400})
            expire(us_company)
            assert ConnectionTokens(Connection.objects.get()).current()
    finally:
        quickbooks.call("POST", "clock", {"offset": 0})

    assert Connection.objects.get().status == ConnectionStatus.ACTIVE


def test_the_hard_end_is_announced_and_then_stops_the_company(us_company, quickbooks, client):
    person = user("Admin", "admin@example.com")
    quickbooks.call("POST", "token-policy", {"hard_seconds": 20 * 86400})
    expire(us_company)
    # The end counts from the consent; the token of this one is older than the policy.
    ConnectionTokens(us_company).current()
    ConnectionToken.objects.update(hard_expires_at=timezone.now() + datetime.timedelta(days=20))
    client.force_login(person)

    told = client.get("/").content.decode()

    assert "QuickBooks asks for consent again" in told
    client.force_login(user())
    assert "QuickBooks asks for consent again" not in client.get("/").content.decode()


@pytest.mark.parametrize("seed", seeds(10))
def test_processes_that_race_die_and_lose_answers_never_ask_for_ever(seed, us_company, quickbooks):
    """Rounds of racing refreshes under a policy by dice; some answers are lost. One call a round, no loop."""
    dice = random.Random(seed)
    policy = dice.choice(list(POLICIES))
    quickbooks.call("POST", "token-policy", POLICIES[policy])
    lost = 0
    for _round in range(4):
        expire(us_company)
        before = refreshes(quickbooks)
        if dice.random() < 0.4:
            lost += 1
            quickbooks.fault(kind="refresh", when=dice.choice(["after", "before"]), times=1, action="drop")
        race(us_company, dice.randint(2, 6))
        quickbooks.call("DELETE", "faults")
        assert refreshes(quickbooks) - before <= 2, "a refresh for each that asked"

    us_company.refresh_from_db()
    if us_company.status == ConnectionStatus.ACTIVE:
        assert ConnectionTokens(us_company).current()
    else:
        assert lost
        assert policy == "old token refused at once"
        assert Event.objects.filter(name="connection.needs_reconnect").count() == 1


def race(connection, count):
    """So many threads want a token at the same time."""
    barrier = threading.Barrier(count)

    def work():
        mine = Connection.objects.get(pk=connection.pk)
        barrier.wait(10)
        with contextlib.suppress(errors.QboError):
            ConnectionTokens(mine).current()
        connections.close_all()

    threads = [threading.Thread(target=work) for _number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


@pytest.mark.slow
@pytest.mark.one_at_a_time("workers")
@pytest.mark.parametrize("policy", POLICIES)
def test_a_worker_killed_between_answer_and_commit_leaves_one_clear_state(policy, us_company, quickbooks, tmp_path):
    quickbooks.call("POST", "token-policy", POLICIES[policy])
    expire(us_company)
    PullSchedule.objects.update(due_at=timezone.now())
    with workers.worker(tmp_path, kill=("qbo_connector.oauth:refresh", "after")) as first:
        workers.wait_until(lambda: first.poll() is not None, what="the worker dies with the new token in its hand")

    with workers.worker(tmp_path):
        workers.wait_until(lambda: ended(us_company), what="read again, or one clear state")

    survived = policy == "old token good for a day"
    assert Connection.objects.get().status == (
        ConnectionStatus.ACTIVE if survived else ConnectionStatus.NEEDS_RECONNECT
    )
    assert refreshes(quickbooks) == 2


def ended(connection):
    """Whether the company was read, or waits for a person."""
    stopped = Connection.objects.filter(pk=connection.pk).exclude(status=ConnectionStatus.ACTIVE).exists()
    return stopped or PullSchedule.objects.filter(connection=connection, finished_at__isnull=False).exists()


@pytest.mark.parametrize("seed", seeds(10))
def test_a_reconnect_during_a_refresh_keeps_the_new_tokens(seed, us_company, quickbooks):
    """A refresh with the tokens of before must neither overwrite the new ones nor stop the company."""
    delay = random.Random(seed).choice([0.0, 0.1, 0.3])
    quickbooks.call("POST", "token-policy", POLICIES["old token refused at once"])
    expire(us_company)
    quickbooks.fault(kind="refresh", times=1, action="latency", latency=0.4)
    old = Connection.objects.get(pk=us_company.pk)
    racing = threading.Thread(target=race, args=[old, 1])
    racing.start()
    time.sleep(delay)
    answer = quickbooks.call("POST", "tokens", {"realmId": us_company.realm_id})
    now = timezone.now()
    with transaction.atomic():
        Connection.objects.filter(pk=us_company.pk).update(connected_at=now, status=ConnectionStatus.ACTIVE)
        token_service.store(
            us_company,
            oauth.Tokens(
                answer["access_token"],
                answer["refresh_token"],
                now + datetime.timedelta(hours=1),
                now + datetime.timedelta(days=100),
                None,
            ),
        )
    racing.join(30)

    mine = Connection.objects.get(pk=us_company.pk)
    assert mine.status == ConnectionStatus.ACTIVE
    assert client_for(mine, Cause.CYCLE).company_info()["CompanyName"]
    expire(us_company)
    assert client_for(mine, Cause.CYCLE).company_info()["CompanyName"]
