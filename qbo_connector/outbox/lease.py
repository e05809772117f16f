"""Who sends an operation: leases with fencing tokens, so that no two workers commit the same answer."""

from collections.abc import Sequence

from django.conf import settings
from django.db import connection as database
from django.db import transaction

from qbo_connector.enums import ConnectionStatus, OperationState
from qbo_connector.models import Operation


class LeaseLost(Exception):
    """Another worker has taken this operation over; nothing of ours may be committed."""


_DUE = """
      (due.state IN ('planned', 'unknown') OR (due.state = 'leased' AND due.leased_until < now()))
"""
# A leased operation whose lease ran out was cut off in the middle: it is sent again, with the same bytes and id.
# The parts of a batch that are still open are leased together: it is sent as a whole or not at all.
_LEASE = f"""
WITH chosen AS (
    SELECT due.id, due.batch_id FROM qbo_connector_operation AS due
    JOIN qbo_connector_connection AS company ON company.id = due.connection_id
    LEFT JOIN qbo_connector_operation AS needed ON needed.id = due.depends_on_id
    WHERE due.connection_id = %(connection)s AND company.status = %(active)s AND company.environment = %(environment)s
      AND NOT company.holds_writes AND due.due_at <= now() AND {_DUE}
      AND (needed.id IS NULL OR needed.state IN ('done', 'refused', 'held', 'cancelled'))
      AND (due.urgent OR NOT %(urgent)s)
    ORDER BY due.urgent DESC, due.id LIMIT %(limit)s FOR UPDATE OF due SKIP LOCKED
),
wanted AS (
    SELECT id FROM chosen
    UNION
    SELECT due.id FROM qbo_connector_operation AS due
    WHERE due.batch_id IN (SELECT batch_id FROM chosen WHERE batch_id IS NOT NULL) AND {_DUE}
)
UPDATE qbo_connector_operation AS due
SET state = 'leased', leased_until = now() + %(seconds)s * interval '1 second', lease_token = due.lease_token + 1
FROM wanted
WHERE due.id = wanted.id AND {_DUE}
RETURNING due.id
"""  # noqa: S608 -- no value of anybody's is in it


def lease_operations(connection_id: int, *, limit: int = 20, urgent: bool = False) -> list[Operation]:
    """Lease what is due of one company: what a person waits for first, else in the order in which it was planned.

    ``urgent``: only what a person waits for. Of a batch all open parts are leased, even above ``limit``.
    """
    with transaction.atomic(), database.cursor() as cursor:
        # One lease of a company at a time, so that nobody gets half of a batch.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('outbox.lease'), %s)", [connection_id])
        cursor.execute(
            _LEASE,
            {
                "connection": connection_id,
                "active": ConnectionStatus.ACTIVE,
                "environment": settings.QBO_ENVIRONMENT,
                "urgent": urgent,
                "limit": limit,
                "seconds": settings.LEASE_SECONDS,
            },
        )
        ids = [row[0] for row in cursor.fetchall()]
    leased = Operation.objects.filter(pk__in=ids).select_related("connection", "batch")
    return list(leased.order_by("-urgent", "pk"))


def confirm(operation: Operation) -> Operation:
    """The row, locked for this transaction. Raises LeaseLost unless our lease is the newest."""
    found = confirm_all([operation])
    if not found:
        raise LeaseLost
    return found[0]


def confirm_all(operations: Sequence[Operation]) -> list[Operation]:
    """The rows of which our lease is the newest, locked for this transaction, in the order of their ids."""
    tokens = {operation.pk: operation.lease_token for operation in operations}
    rows = (
        Operation.objects.select_for_update(of=("self",))
        .select_related("connection")
        .filter(pk__in=tokens, state=OperationState.LEASED)
        .order_by("pk")
    )
    return [row for row in rows if row.lease_token == tokens[row.pk]]


def companies_with_work(*, limit: int = 200) -> Sequence[int]:
    """Active companies whose outbox has something due, for the sweep."""
    with database.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT operation.connection_id FROM qbo_connector_operation AS operation
            JOIN qbo_connector_connection AS company ON company.id = operation.connection_id
            WHERE company.status = %s AND company.environment = %s AND NOT company.holds_writes
              AND operation.due_at <= now()
              AND (operation.state IN ('planned', 'unknown')
                   OR (operation.state = 'leased' AND operation.leased_until < now()))
            LIMIT %s
            """,
            [ConnectionStatus.ACTIVE, settings.QBO_ENVIRONMENT, limit],
        )
        return [row[0] for row in cursor.fetchall()]
