"""Write mirror rows in bulk: one merge with a version guard. Unchanged rows write nothing, older never win."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from django.db import connection as database
from django.db import transaction
from django.utils import timezone
from psycopg2.extras import execute_values

from core.inserting import copy_rows
from qbo_connector.mirror.parse import Row, Unreadable, newest_first
from qbo_connector.models import Connection, ParkedRecord

# Creating a temporary table costs more than it saves for a handful of rows.
COPY_FROM_ROWS = 200

_COLUMNS: dict[str, str] = {
    "entity": "varchar",
    "qbo_id": "varchar",
    "sync_token": "bigint",
    "remote_updated_at": "timestamptz",
    "digest": "bytea",
    "body": "bytea",
    "deleted": "boolean",
    "name": "varchar",
    "email": "varchar",
    "code": "varchar",
    "kind": "varchar",
    "party_id": "varchar",
    "parent_id": "varchar",
    "txn_on": "date",
    "due_on": "date",
    "currency": "varchar",
    "total": "numeric",
    "balance": "numeric",
    "unit_price": "numeric",
    "active": "boolean",
}
_EMPTY = ("txn_on", "due_on", "total", "balance", "unit_price")
_values = attrgetter(*_COLUMNS)
_HEAD = [name for name in _COLUMNS if name != "body"]
_UPDATED = [name for name in _HEAD if name not in ("entity", "qbo_id")]
# A tombstone carries no SyncToken and no fields: it only marks the row. What arrives after it has to be newer.
# QuickBooks' own tombstone counts whatever time it bears, because its servers' clocks differ and no Id is used again;
# what we conclude from a listing (without a digest) counts only for what has not changed since.
# Assembled from the column names above; every value is a parameter.
_MERGE = f"""
WITH incoming AS (SELECT * FROM {{source}}),
merged AS (
    INSERT INTO qbo_connector_mirrorobject AS mirror (connection_id, {", ".join(_HEAD)}, unread, mirrored_at)
    SELECT {{connection_id}}, {", ".join(_HEAD)}, true, now() FROM incoming WHERE NOT deleted
    ON CONFLICT (connection_id, entity, qbo_id) DO UPDATE SET
        {", ".join(f"{name} = excluded.{name}" for name in _UPDATED)}, unread = true, mirrored_at = now()
    WHERE (NOT mirror.deleted AND mirror.digest IS DISTINCT FROM excluded.digest
           AND (excluded.sync_token, excluded.remote_updated_at) >= (mirror.sync_token, mirror.remote_updated_at))
       OR (mirror.deleted AND excluded.remote_updated_at > mirror.remote_updated_at)
    RETURNING mirror.id, mirror.entity, mirror.qbo_id
),
buried AS (
    INSERT INTO qbo_connector_mirrorobject AS mirror (connection_id, {", ".join(_HEAD)}, unread, mirrored_at)
    SELECT {{connection_id}}, {", ".join(_HEAD)}, true, now() FROM incoming WHERE deleted
    ON CONFLICT (connection_id, entity, qbo_id) DO UPDATE SET
        deleted = true, unread = true, mirrored_at = now(),
        remote_updated_at = GREATEST(mirror.remote_updated_at, excluded.remote_updated_at)
    WHERE NOT mirror.deleted
      AND (excluded.digest <> '' OR excluded.remote_updated_at >= mirror.remote_updated_at)
    RETURNING mirror.id, mirror.entity
),
payloads AS (
    INSERT INTO qbo_connector_mirrorpayload (mirror_id, body)
    SELECT merged.id, incoming.body FROM merged JOIN incoming USING (entity, qbo_id)
    ON CONFLICT (mirror_id) DO UPDATE SET body = excluded.body
    RETURNING mirror_id
)
SELECT entity, count(*) FROM (SELECT entity FROM merged UNION ALL SELECT entity FROM buried) AS written GROUP BY entity
"""


def merge_rows(connection: Connection, rows: Sequence[Row]) -> int:
    """Merge rows into the mirror; returns how many were new or changed. Runs in the caller's transaction."""
    return merge_by_entity(connection, rows).total()


def merge_by_entity(connection: Connection, rows: Sequence[Row]) -> Counter[str]:
    """Merge rows; returns how many of each entity were new or changed."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("Mirror rows and cursor belong into one transaction.")
    chosen = newest_first(rows)
    if not chosen:
        return Counter()
    with database.cursor() as cursor:
        if len(chosen) < COPY_FROM_ROWS:
            return _merge_values(cursor, connection, chosen)
        return _merge_copied(cursor, connection, chosen)


def _merge_values(cursor: Any, connection: Connection, rows: Sequence[Row]) -> Counter[str]:
    casts = ", ".join(f"%s::{kind}" for kind in _COLUMNS.values())
    source = f"(VALUES %s) AS source ({', '.join(_COLUMNS)})"
    statement = _MERGE.format(source=source, connection_id=int(connection.pk))
    values = [_values(row) for row in rows]
    with database.wrap_database_errors:  # psycopg2's helper goes past Django's cursor and its exceptions
        execute_values(cursor.cursor, statement, values, template=f"({casts})", page_size=len(values))
    return Counter(dict(cursor.fetchall()))


def _merge_copied(cursor: Any, connection: Connection, rows: Sequence[Row]) -> Counter[str]:
    columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
    cursor.execute(f"CREATE TEMPORARY TABLE incoming_rows ({columns}) ON COMMIT DROP")
    copy_rows(cursor, "incoming_rows", list(_COLUMNS), map(_written, rows), empty=_EMPTY)
    cursor.execute(_MERGE.format(source="incoming_rows", connection_id=int(connection.pk)))
    merged = Counter(dict(cursor.fetchall()))
    cursor.execute("DROP TABLE incoming_rows")
    return merged


def _written(row: Row) -> list[Any]:
    """Its columns as COPY reads them."""
    values = _values(row)
    return [f"\\x{value.hex()}" if isinstance(value, bytes) else value for value in values]


def park(connection: Connection, records: Sequence[Unreadable]) -> None:
    """Keep records that can't be read, once each, with the reason; nothing QuickBooks sent is lost."""
    if not records:
        return
    now = timezone.now()
    with database.cursor() as cursor, database.wrap_database_errors:
        execute_values(
            cursor.cursor,
            f"""
            INSERT INTO {ParkedRecord._meta.db_table} AS parked
                (connection_id, entity, qbo_id, digest, reason, body, seen, first_seen_at, last_seen_at)
            VALUES %s
            ON CONFLICT (connection_id, entity, qbo_id, digest) DO UPDATE SET
                seen = parked.seen + 1, last_seen_at = excluded.last_seen_at, reason = excluded.reason,
                resolved_at = NULL
            """,
            [
                (connection.pk, r.entity, r.qbo_id, r.digest, r.reason.replace("\x00", ""), r.body, 1, now, now)
                for r in {(r.entity, r.qbo_id, r.digest): r for r in records}.values()
            ],
        )


def release(connection: Connection, rows: Sequence[Row]) -> None:
    """A record that could not be read before and can be now is no longer parked.

    One that comes again as it was (reads overlap) stays: it was the layer above that could not apply it.
    """
    if not rows:
        return
    waiting = ParkedRecord.objects.filter(connection=connection, resolved_at=None)
    bodies = {(row.entity, row.qbo_id): row.body for row in rows}
    healed = [
        parked.pk
        for parked in waiting.only("pk", "entity", "qbo_id", "digest")[:10_000]
        if (body := bodies.get((parked.entity, parked.qbo_id))) is not None
        and parked.digest != hashlib.sha256(body).hexdigest()
    ]
    if healed:
        ParkedRecord.objects.filter(pk__in=healed).update(resolved_at=timezone.now())
