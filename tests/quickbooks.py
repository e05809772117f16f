"""A QuickBooks for tests: the simulator over real HTTP, and a company connected to it."""

import datetime
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.cache import cache
from django.utils import timezone

from core.redis import redis_client
from qbo_connector import company, oauth
from qbo_connector.mirror import pull, schedule
from qbo_connector.models import Connection, PullSchedule
from qbo_connector.outbox import drain
from qbo_connector.services import tokens
from qbo_simulator.server import Simulator
from sync import settle
from sync.models import ObjectSettings
from sync.publish import invoices as publishing
from sync.publish import records
from sync.reconcile import run
from sync.services.connections import add_default_mappings

COUNTRIES = {"us": "US", "uk": "GB", "ca": "CA"}


class QuickBooks:
    """What an accountant and a fault injector can do, over the simulator's control interface."""

    def __init__(self, url: str) -> None:
        self.url = url

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the control interface; its JSON."""
        answer = requests.request(method, f"{self.url}/_simulator/{path}", json=body, timeout=30)
        assert answer.status_code < 300, (method, path, answer.status_code, answer.text[:500])
        return answer.json() if answer.content else None

    def realm(self, name: str = "us") -> str:
        """The realm id of one of the standard companies."""
        country = COUNTRIES[name]
        return next(row["realmId"] for row in self.call("GET", "companies") if row["country"] == country)

    def objects(self, realm: str, entity: str) -> list[dict[str, Any]]:
        """All living objects of an entity."""
        found = self.call("GET", f"objects/{realm}/{entity}")
        return found["objects"] if isinstance(found, dict) else found

    def fault(self, **rule: Any) -> None:
        """Make something go wrong; see the simulator's README."""
        self.call("POST", "faults", rule)


@pytest.fixture(scope="session")
def simulator_server() -> Iterator[Simulator]:
    """One simulator for the session."""
    with (
        tempfile.TemporaryDirectory(prefix="crm-simulator-") as folder,
        Simulator(Path(folder), companies=["us", "uk", "ca"]) as server,
    ):
        yield server


@pytest.fixture
def quickbooks(simulator_server: Simulator, settings: Any) -> QuickBooks:
    """The simulator in its first state, without limits, and the product's settings pointing at it."""
    url = simulator_server.url
    settings.QBO_SIMULATOR_URL = settings.QBO_API_URL = url
    settings.QBO_DISCOVERY_URL = f"{url}/.well-known/openid_sandbox_configuration/"
    settings.QBO_INVOICE_PAGE = f"{url}/companies/{{realm}}/invoices/{{id}}"
    # Nobody waits for the pace of real calls, but where the pace is the subject: tests/faults/test_r6_limits.py.
    settings.QBO_LIMITS = {**settings.QBO_LIMITS, "second": 10_000, "minute": 1_000_000}
    cache.clear()
    redis_client().flushdb()
    quickbooks = QuickBooks(url)
    quickbooks.call("POST", "reset", {})
    quickbooks.call("POST", "limits", {"on": False})
    return quickbooks


def connect(quickbooks: QuickBooks, name: str = "us") -> Connection:
    """One of the standard companies, connected and not read yet."""
    return connect_realm(quickbooks, quickbooks.realm(name))


def connect_realm(quickbooks: QuickBooks, realm: str) -> Connection:
    """A connected company that has not been read yet."""
    answer = quickbooks.call("POST", "tokens", {"realmId": realm})
    info = quickbooks.objects(realm, "CompanyInfo")[0]
    preferences = quickbooks.objects(realm, "Preferences")[0]
    connection = Connection.objects.create(environment="simulator", realm_id=realm, **company.facts(info, preferences))
    now = timezone.now()
    tokens.store(
        connection,
        oauth.Tokens(
            answer["access_token"],
            answer["refresh_token"],
            now + datetime.timedelta(seconds=answer["expires_in"]),
            now + datetime.timedelta(days=100),
            None,
        ),
    )
    PullSchedule.objects.create(connection=connection)
    add_default_mappings(connection.pk)
    return connection


def enable(connection: Connection, *objects: str) -> None:
    """Switch objects on before the first load."""
    for name in objects or ("contact", "product", "invoice"):
        ObjectSettings.objects.update_or_create(
            connection=connection, sync_object=name, defaults={"enabled": True, "enabled_at": timezone.now()}
        )


def read_company(connection: Connection) -> None:
    """Read a company as a worker does when it is due now, until its first load is complete."""
    for _slice in range(50):
        PullSchedule.objects.filter(connection=connection).update(due_at=timezone.now())
        for lease in schedule.lease_due(only=[connection.pk]):
            pull.pull(lease)
        if PullSchedule.objects.get(connection=connection).cursor is not None:
            return
    raise AssertionError("The first load does not end.")


def sync_company(connection: Connection) -> None:
    """One cycle: read, then apply."""
    read_company(connection)
    while not run.reconcile(connection):
        pass


def drain_until_settled(connection: Connection, rounds: int = 20) -> None:
    """Plan, send and settle until nothing is due any more, as the workers and sweeps do."""
    for _round in range(rounds):
        for invoice_id in publishing.unplanned():
            publishing.publish(invoice_id)
        operations = drain.lease_units(connection.pk)
        for send in operations:
            send()
        unsettled = settle.unsettled()
        settled = settle.settle_all(unsettled)
        while settled and not run.reconcile(connection):
            pass
        records.look_again(settled)
        if not operations and not unsettled:
            break
    while not run.reconcile(connection):
        pass


@pytest.fixture
def us_company(quickbooks: QuickBooks, transactional_db: None) -> Connection:
    """The US sample company, connected, everything switched on, not read yet."""
    connection = connect(quickbooks)
    enable(connection)
    return connection
