"""Reads of the mirror for the layer above, and its mark of what has been read."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection as database
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from core.events import emit
from core.models import Origin
from qbo_connector.mirror.merge import park
from qbo_connector.mirror.parse import Unreadable, payload_of
from qbo_connector.models import Connection, MirrorObject


@dataclass(frozen=True)
class Mirrored:
    """A mirror row with its payload; a deleted object that was never seen alive has an empty one.

    ``body`` is the payload as it is stored, of which ``parse.payload_of`` makes one.
    """

    row: MirrorObject
    payload: dict[str, Any]
    body: bytes = b""


def objects(connection_id: int, entity: str) -> QuerySet[MirrorObject]:
    """The living mirror rows of an entity."""
    return MirrorObject.objects.filter(connection_id=connection_id, entity=entity, deleted=False)


def unread(
    connection_id: int, entity: str, *, size: int = 1000, skip: Sequence[int] = (), only: int | None = None
) -> list[Mirrored]:
    """The next rows of an entity whose content changed since they were last read, in the order of arrival."""
    rows = MirrorObject.objects.filter(connection_id=connection_id, entity=entity, unread=True)
    if skip:
        rows = rows.exclude(pk__in=skip)
    if only is not None:
        rows = rows.filter(pk=only)
    return with_payloads(rows.order_by("id")[:size])


def with_payloads(rows: QuerySet[MirrorObject]) -> list[Mirrored]:
    """Rows with their payloads decoded; numbers with a point are Decimal."""
    return [_with_payload(row, row.body) for row in rows.annotate(body=F("payload__body"))]


def _with_payload(row: MirrorObject, body: memoryview | None) -> Mirrored:
    stored = bytes(body or b"")
    return Mirrored(row, payload_of(stored) if stored else {}, stored)


def mark_read(rows: Sequence[MirrorObject]) -> None:
    """Note rows as read, except those that were merged again in the meantime."""
    if not rows:
        return
    with database.cursor() as cursor:
        cursor.execute(
            """
            UPDATE qbo_connector_mirrorobject AS mirror SET unread = false
            FROM unnest(%s::bigint[], %s::timestamptz[]) AS seen (id, mirrored_at)
            WHERE mirror.id = seen.id AND mirror.mirrored_at = seen.mirrored_at
            """,
            [[row.pk for row in rows], [row.mirrored_at for row in rows]],
        )


@transaction.atomic
def mark_unread(connection: Connection, entities: Sequence[str]) -> int:
    """Have everything of some entities read again, without asking QuickBooks."""
    rows = MirrorObject.objects.filter(connection=connection, entity__in=entities, unread=False)
    count = rows.update(unread=True)
    emit("mirror.changed", connection, origin=Origin.SYNC)
    return count


def entities_with_unread(connection_id: int, entities: Sequence[str]) -> set[str]:
    """Those of some entities that have rows to read, in one statement that takes a row of the index for each."""
    with database.cursor() as cursor:
        cursor.execute(
            """
            SELECT wanted.entity FROM unnest(%s::text[]) AS wanted (entity)
            WHERE EXISTS (
                SELECT FROM qbo_connector_mirrorobject AS mirror
                WHERE mirror.connection_id = %s AND mirror.entity = wanted.entity AND mirror.unread
            )
            """,
            [list(entities), connection_id],
        )
        return {entity for (entity,) in cursor.fetchall()}


def mark_read_all(connection_id: int, entities: Sequence[str]) -> None:
    """Note entities as read that nobody above wants to read."""
    MirrorObject.objects.filter(connection_id=connection_id, entity__in=entities, unread=True).update(unread=False)


def park_payload(connection: Connection, found: Mirrored, reason: str) -> None:
    """Park an object whose payload the layer above can't understand."""
    park(connection, [Unreadable(found.row.entity, found.row.qbo_id, reason, found.body)])


def names(connection_id: int, entity: str) -> dict[str, str]:
    """Names of a small entity (terms, tax codes, payment methods) by QuickBooks id, inactive ones too."""
    return dict(objects(connection_id, entity).values_list("qbo_id", "name"))


def companies_with_unread(*, older_than: datetime.timedelta) -> list[int]:
    """Companies with rows nobody has read for a while: what a crash or a lost message left."""
    late = MirrorObject.objects.filter(unread=True, mirrored_at__lt=timezone.now() - older_than)
    return list(late.values_list("connection_id", flat=True).distinct()[:100])
