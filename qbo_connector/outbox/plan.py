"""Plan a write. Nothing is sent here; the row and what asked for it commit together."""

import uuid
from typing import Any

from celery import current_app
from django.db import IntegrityError, transaction
from kombu.exceptions import OperationalError

from qbo_connector.enums import OperationState
from qbo_connector.models import Connection, Operation
from qbo_connector.outbox.freeze import storable

OPEN = (OperationState.PLANNED, OperationState.LEASED, OperationState.UNKNOWN)


@transaction.atomic
def plan(
    connection: Connection,
    *,
    entity: str,
    subject: str,
    intent: dict[str, Any],
    request_id: uuid.UUID | str,
    marker: str = "",
    depends_on: Operation | None = None,
    verb: str = "create",
) -> Operation:
    """The operation for this intent: a new one, or the one that was planned for it before.

    ``intent`` may hold Decimals and ``freeze.referenced`` placeholders. ``request_id`` names the intended change, so
    planning it twice is free. A worker is called when the transaction commits; if that message is lost, the sweep
    finds the row.
    """
    key = str(request_id)
    try:
        with transaction.atomic():
            operation, created = Operation.objects.get_or_create(
                connection=connection,
                request_id=key,
                defaults={
                    "entity": entity,
                    "verb": verb,
                    "subject": subject,
                    "intent": storable(intent),
                    "marker": marker,
                    "depends_on": depends_on,
                },
            )
    except IntegrityError:
        # Another open operation of this record: its outcome has to be known first.
        operation, created = Operation.objects.get(connection=connection, subject=subject, state__in=OPEN), False
    if created:
        transaction.on_commit(lambda: call_worker(connection.pk), robust=True)
    return operation


def call_worker(connection_id: int) -> None:
    """Have a worker look at a company's outbox now. With the broker away, the sweep does it later."""
    try:
        current_app.send_task("qbo_connector.drain_outbox", args=[connection_id], retry=False)
    except (OperationalError, OSError):
        return
