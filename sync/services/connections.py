"""A connection's settings when it is new; and reading it now."""

import contextlib

from django.db import transaction

from core import broker
from qbo_connector.mirror import schedule
from sync.enums import SyncObject
from sync.mapping.defaults import default_rows
from sync.models import FieldMapping, ObjectSettings


def prepare(connection_id: int) -> None:
    """Give a new connection its settings, everything off, and have it read now."""
    for sync_object in SyncObject:
        ObjectSettings.objects.get_or_create(connection_id=connection_id, sync_object=sync_object)
    add_default_mappings(connection_id)
    read_now([connection_id], requested=False)


def add_default_mappings(connection_id: int) -> None:
    """The standard mappings that a connection lacks; those that are there, switched off ones too, stay as they are."""
    FieldMapping.objects.bulk_create(
        (FieldMapping(**row) for row in default_rows(connection_id)), ignore_conflicts=True
    )


def read_now(connection_ids: list[int], *, requested: bool = True, reference: bool = True) -> None:
    """Make companies due now and wake a worker; with the broker away the tick finds them.

    That is one read for each; with ``reference`` some more for what change data lacks (tax codes, preferences).
    """
    if requested:
        schedule.request_pull(connection_ids, reference=reference)
    transaction.on_commit(lambda: _wake(connection_ids), robust=True)


def _wake(connection_ids: list[int]) -> None:
    with contextlib.suppress(broker.BrokerAway):
        broker.send("qbo_connector.lease_due_pulls", [connection_ids])
