"""Companies of the simulator, connected, and cycles over them as the workers run them."""

import datetime
from typing import Any

from django.utils import timezone

from accounts.models import Role, User
from qbo_connector import company, oauth
from qbo_connector import tasks as connector
from qbo_connector.mirror import schedule
from qbo_connector.models import Connection, MirrorObject, PullSchedule
from qbo_connector.services import tokens
from sync import tasks as syncing
from sync.models import ObjectSettings
from sync.services.connections import add_default_mappings

PASSWORD = "a long enough password"  # noqa: S105 -- of a database that ends with the benchmark


def connect(quickbooks: Any, realm: str) -> Connection:
    """A connected company with everything switched on, that has not been read."""
    granted = quickbooks.call("POST", "tokens", {"realmId": realm})
    info = quickbooks.call("GET", f"objects/{realm}/CompanyInfo")[0]
    preferences = quickbooks.call("GET", f"objects/{realm}/Preferences")[0]
    connection = Connection.objects.create(environment="simulator", realm_id=realm, **company.facts(info, preferences))
    now = timezone.now()
    until, last = now + datetime.timedelta(seconds=granted["expires_in"]), now + datetime.timedelta(days=100)
    tokens.store(connection, oauth.Tokens(granted["access_token"], granted["refresh_token"], until, last, None))
    PullSchedule.objects.create(connection=connection)
    add_default_mappings(connection.pk)
    for name in ("contact", "product", "invoice"):
        ObjectSettings.objects.update_or_create(
            connection=connection, sync_object=name, defaults={"enabled": True, "enabled_at": now}
        )
    return connection


def cycle(connection: Connection) -> None:
    """One cycle: the company is due, is read, and what changed is applied."""
    PullSchedule.objects.filter(connection=connection).update(due_at=timezone.now(), leased_until=None)
    for lease in schedule.lease_due(only=[connection.pk]):
        connector.pull_companies([[lease.connection_id, lease.token]])
    while MirrorObject.objects.filter(connection=connection, unread=True).exists():
        syncing.reconcile_connections([connection.pk])


def load(connection: Connection) -> None:
    """Cycles until the first load is complete."""
    while not PullSchedule.objects.filter(connection=connection, cursor__isnull=False).exists():
        cycle(connection)


def loaded(connection: Connection) -> bool:
    """Whether all of QuickBooks is read and applied."""
    return (
        PullSchedule.objects.filter(connection=connection, cursor__isnull=False).exists()
        and not MirrorObject.objects.filter(connection=connection, unread=True).exists()
    )


def admin() -> User:
    """Somebody who may do everything."""
    return User.objects.create_user(
        "bench@example.com", PASSWORD, name="Bench", role=Role.objects.get(name="Admin"), is_active=True
    )
