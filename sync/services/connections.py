"""Settings of a connection: prepare them when it is new, switch objects on and off, read now."""

from typing import Any

from celery import current_app
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from core.events import emit
from qbo_connector.mirror import read, schedule
from qbo_connector.models import Connection
from sync.enums import SyncObject
from sync.mapping.defaults import default_rows
from sync.models import FieldMapping, ObjectSettings
from sync.queries import enabled_objects

ENTITIES: dict[SyncObject, list[str]] = {
    SyncObject.CONTACT: ["Customer"],
    SyncObject.PRODUCT: ["Item"],
    # Invoices name their contacts and products, payments their invoices.
    SyncObject.INVOICE: ["Invoice", "Payment"],
}


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


@transaction.atomic
def switch(connection: Connection, sync_object: SyncObject, *, on: bool, by: Any) -> None:
    """Switch one object's sync on (everything mirrored is applied, without asking QuickBooks) or off (links stay)."""
    settings, _created = ObjectSettings.objects.select_for_update().get_or_create(
        connection=connection, sync_object=sync_object
    )
    if settings.enabled == on:
        return
    settings.enabled = on
    settings.enabled_at = timezone.now() if on else settings.enabled_at
    settings.save()
    emit("sync.switched_on" if on else "sync.switched_off", connection, by=by, object=str(sync_object))
    if on:
        # What was applied before may refer to what comes now: an invoice to its contact, a line to its product.
        read.mark_unread(connection, [name for enabled in enabled_objects(connection.pk) for name in ENTITIES[enabled]])


def read_now(connection_ids: list[int], *, requested: bool = True) -> None:
    """Make companies due now and wake a worker; with the broker away the tick finds them."""
    if requested:
        schedule.request_pull(connection_ids)
    transaction.on_commit(lambda: _wake(connection_ids), robust=True)


def _wake(connection_ids: list[int]) -> None:
    try:
        current_app.send_task("qbo_connector.lease_due_pulls", args=[connection_ids], retry=False)
    except (OperationalError, OSError):
        return
