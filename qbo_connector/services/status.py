"""Changes of a connection's status, each with its event."""

import structlog
from django.db import transaction

from core.events import emit
from qbo_connector import errors
from qbo_connector.enums import ConnectionStatus
from qbo_connector.models import Connection

log = structlog.get_logger(__name__)


@transaction.atomic
def needs_reconnect(connection: Connection, error: errors.QboError) -> None:
    """Stop all work of a connection until a person consents again. Does nothing unless it was active.

    Nor when it was reconnected since ``connection`` was read: what failed were the tokens of before.
    """
    changed = Connection.objects.filter(
        pk=connection.pk, status=ConnectionStatus.ACTIVE, connected_at=connection.connected_at
    ).update(status=ConnectionStatus.NEEDS_RECONNECT, status_reason=error.plain)
    if changed:
        connection.refresh_from_db(fields=["status", "status_reason"])
        log.error("quickbooks.needs_reconnect", connection=connection.pk, intuit_tid=error.tid)
        emit("connection.needs_reconnect", connection, reason=error.plain)


@transaction.atomic
def pause(connection: Connection, error: errors.QboError) -> None:
    """QuickBooks accepts nothing for this company (subscription lapsed)."""
    changed = Connection.objects.filter(pk=connection.pk, status=ConnectionStatus.ACTIVE).update(
        status=ConnectionStatus.PAUSED, status_reason=error.plain
    )
    if changed:
        emit("connection.paused", connection, reason=error.plain)


def operator_problem(connection: Connection, error: errors.QboError) -> None:
    """The app keys are wrong: an alarm for the operator, not a reason to ask the company for consent."""
    log.critical("quickbooks.app_keys_rejected", connection=connection.pk, intuit_tid=error.tid)
    Connection.objects.filter(pk=connection.pk).update(status_reason=error.plain)
