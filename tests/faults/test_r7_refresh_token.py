"""R7: the refresh token survives races, rotation, lost answers and kills."""

import threading

import pytest
from django.db import connections
from django.utils import timezone

from core.models import Event
from qbo_connector import errors
from qbo_connector.enums import Cause, ConnectionStatus
from qbo_connector.gateway import client_for
from qbo_connector.models import Connection, ConnectionToken
from qbo_connector.services.tokens import ConnectionTokens
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
