"""What both sides agreed on last, and what of it counts no more because its mapping was changed.

A changed mapping makes a field of every snapshot worthless. It counts as absent from the moment of the change
(``ObjectSettings.forgetting``); a worker takes it out of the snapshots afterwards, in slices.
"""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection as database
from django.db import transaction

from qbo_connector.models import Connection
from sync.enums import RecordType, SyncObject
from sync.models import Link, ObjectSettings
from sync.policies import OBJECT_OF, Policy

SLICE = 5000


def base_of(policy: Policy, record_type: RecordType, link: Link | None) -> dict[str, Any]:
    """What a merge starts from: the link's snapshot without what counts no more; nothing for two never linked."""
    if link is None:
        return {}
    gone = _forgotten(policy.settings.forgetting, record_type)
    return {name: value for name, value in link.snapshot.items() if name not in gone}


def _forgotten(entries: Iterable[Mapping[str, Any]], record_type: str) -> set[str]:
    return {name for entry in entries if entry["record_type"] == record_type for name in entry["fields"]}


@transaction.atomic
def forget(connection: Connection, record_type: RecordType, names: Iterable[str]) -> None:
    """Let fields count no more in any snapshot from now on; ``clean`` takes them out."""
    settings, _made = ObjectSettings.objects.select_for_update().get_or_create(
        connection=connection, sync_object=OBJECT_OF[record_type]
    )
    entry = {"id": uuid.uuid4().hex, "record_type": str(record_type), "fields": sorted(set(names))}
    ObjectSettings.objects.filter(pk=settings.pk).update(forgetting=[*settings.forgetting, entry])


def clean(connection: Connection, objects: Iterable[SyncObject]) -> None:
    """Take out what counts no more. Each slice commits by itself; running twice does no harm."""
    for sync_object in objects:
        rows = ObjectSettings.objects.filter(connection=connection, sync_object=sync_object)
        entries = rows.values_list("forgetting", flat=True).first() or []
        for record_type in sorted({entry["record_type"] for entry in entries}):
            _clean(connection, record_type, _forgotten(entries, record_type))
        done = {entry["id"] for entry in entries}
        with transaction.atomic():
            # What was asked for meanwhile stays until its own turn.
            for settings in rows.select_for_update().exclude(forgetting=[]):
                left = [entry for entry in settings.forgetting if entry["id"] not in done]
                rows.filter(pk=settings.pk).update(forgetting=left)


def _clean(connection: Connection, record_type: str, names: set[str]) -> None:
    last = 0
    while True:
        with transaction.atomic(), database.cursor() as cursor:
            # Whoever read a snapshot before the change writes it back before this slice, not after it.
            lock(connection)
            cursor.execute(
                "SELECT max(id) FROM (SELECT id FROM sync_link WHERE connection_id = %s AND object_type = %s "
                "AND id > %s ORDER BY id LIMIT %s) AS slice",
                [connection.pk, record_type, last, SLICE],
            )
            end = cursor.fetchone()[0]
            if end is None:
                return
            cursor.execute(
                "UPDATE sync_link SET snapshot = snapshot - %s::text[] WHERE connection_id = %s AND object_type = %s "
                "AND id > %s AND id <= %s AND snapshot ?| %s::text[]",
                [sorted(names), connection.pk, record_type, last, end, sorted(names)],
            )
            last = end


def lock(connection: Connection) -> None:
    """Held to the end of the transaction: two reconciles of a company would link the same object twice."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('sync.reconcile'), %s)", [connection.pk])
