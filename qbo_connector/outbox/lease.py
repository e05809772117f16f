"""Who sends an operation: leases with fencing tokens, so that no two workers commit the same answer."""

from collections.abc import Sequence

from django.conf import settings
from django.db import connection as database

from qbo_connector.enums import ConnectionStatus, OperationState
from qbo_connector.models import Operation


class LeaseLost(Exception):
    """Another worker has taken this operation over; nothing of ours may be committed."""


# A leased operation whose lease ran out was cut off in the middle: it is sent again, with the same bytes and id.
_LEASE = """
UPDATE qbo_connector_operation AS operation
SET state = 'leased', leased_until = now() + %s * interval '1 second', lease_token = operation.lease_token + 1
FROM (
    SELECT due.id FROM qbo_connector_operation AS due
    JOIN qbo_connector_connection AS company ON company.id = due.connection_id
    LEFT JOIN qbo_connector_operation AS needed ON needed.id = due.depends_on_id
    WHERE due.connection_id = %s AND company.status = %s AND company.environment = %s
      AND due.due_at <= now()
      AND (due.state IN ('planned', 'unknown') OR (due.state = 'leased' AND due.leased_until < now()))
      AND (needed.id IS NULL OR needed.state IN ('done', 'refused', 'held'))
    ORDER BY due.id LIMIT %s FOR UPDATE OF due SKIP LOCKED
) AS chosen
WHERE operation.id = chosen.id
RETURNING operation.id
"""


def lease_operations(connection_id: int, *, limit: int = 20) -> list[Operation]:
    """Lease what is due of one company, in the order in which it was planned."""
    with database.cursor() as cursor:
        cursor.execute(
            _LEASE, [settings.LEASE_SECONDS, connection_id, ConnectionStatus.ACTIVE, settings.QBO_ENVIRONMENT, limit]
        )
        ids = [row[0] for row in cursor.fetchall()]
    return list(Operation.objects.filter(pk__in=ids).select_related("connection").order_by("pk"))


def confirm(operation: Operation) -> Operation:
    """The row, locked for this transaction. Raises LeaseLost unless our lease is the newest."""
    try:
        return Operation.objects.select_for_update().get(
            pk=operation.pk, lease_token=operation.lease_token, state=OperationState.LEASED
        )
    except Operation.DoesNotExist:
        raise LeaseLost from None


def companies_with_work(*, limit: int = 200) -> Sequence[int]:
    """Active companies whose outbox has something due, for the sweep."""
    with database.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT operation.connection_id FROM qbo_connector_operation AS operation
            JOIN qbo_connector_connection AS company ON company.id = operation.connection_id
            WHERE company.status = %s AND company.environment = %s AND operation.due_at <= now()
              AND (operation.state IN ('planned', 'unknown')
                   OR (operation.state = 'leased' AND operation.leased_until < now()))
            LIMIT %s
            """,
            [ConnectionStatus.ACTIVE, settings.QBO_ENVIRONMENT, limit],
        )
        return [row[0] for row in cursor.fetchall()]
