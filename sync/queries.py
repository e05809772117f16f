"""Reads of the sync: switches, links."""

from collections.abc import Iterable

from qbo_connector.models import Connection
from sync.enums import Exclusion, SyncObject
from sync.models import Link, ObjectSettings


def enabled_objects(connection_id: int) -> set[SyncObject]:
    """What is switched on for a connection."""
    rows = ObjectSettings.objects.filter(connection_id=connection_id, enabled=True)
    return {SyncObject(name) for name in rows.values_list("sync_object", flat=True)}


def stored_settings(connection: Connection, sync_object: SyncObject) -> ObjectSettings:
    """The object's settings, or the defaults."""
    found = ObjectSettings.objects.filter(connection=connection, sync_object=sync_object).first()
    found = found or ObjectSettings(sync_object=sync_object)
    found.connection = connection
    return found


def record_ids(connection_id: int, entity: str, object_type: str, qbo_ids: Iterable[str]) -> dict[str, int]:
    """The CRM record of some QuickBooks objects."""
    links = Link.objects.filter(
        connection_id=connection_id, entity=entity, object_type=object_type, qbo_id__in=set(qbo_ids)
    ).exclude(exclusion=Exclusion.UNLINKED)
    return dict(links.values_list("qbo_id", "object_id"))
