"""What workers do for custom properties: build indexes, replace choices, purge what was deleted long ago."""

import datetime
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from core.events import Draft, emit_many, object_type_of
from core.models import Event, Origin, PropertyChoice, PropertyDefinition
from core.properties import schema
from core.properties.expressions import index_columns
from core.properties.history import changes_between, told_change
from core.properties.objects import objects
from core.properties.usage import holding
from core.services.properties import expired

BATCH = 1000


def keep_indexes() -> list[str]:
    """Build the indexes that are wanted and drop those that are not; returns the names of both. Can be run twice.

    Outside of a transaction: both happen concurrently, so that nobody waits. Nothing while another worker does it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended('property indexes', 0))")
        if not cursor.fetchone()[0]:
            return []
    try:
        return _keep_indexes()
    finally:
        _execute("SELECT pg_advisory_unlock(hashtextextended('property indexes', 0))")


def _keep_indexes() -> list[str]:
    rows = [
        row for row in PropertyDefinition.objects.filter(deleted_at=None, indexed=True) if row.object_type in objects
    ]
    wanted = {name: (row, columns) for row in rows for name, columns in index_columns(row.pk, row.kind).items()}
    done = []
    for name, valid in _present():
        # A build that was killed leaves an invalid index; one that is not ready may be over another kind.
        if name not in wanted or not valid or not wanted[name][0].index_ready:
            _execute(f"DROP INDEX CONCURRENTLY IF EXISTS {_quoted(name)}")
            done.append(name)
    present = {name for name, _valid in _present()}
    for name, (row, columns) in wanted.items():
        if name not in present:
            table = objects[row.object_type].model._meta.db_table
            _execute(f"CREATE INDEX CONCURRENTLY {_quoted(name)} ON {_quoted(table)} ({columns})")
            done.append(name)
    ready = [row.pk for row in rows]
    PropertyDefinition.objects.filter(pk__in=ready, index_ready=False).update(index_ready=True)
    PropertyDefinition.objects.filter(index_ready=True).exclude(pk__in=ready).update(index_ready=False)
    schema.forget()
    return done


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _present() -> list[tuple[str, bool]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
            "WHERE c.relname ~ '^property_[0-9]+(_back)?$' AND c.relnamespace = current_schema()::regnamespace"
        )
        return [(name, valid) for name, valid in cursor.fetchall()]


def _execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def replace_choices(event_ids: Sequence[int]) -> int:
    """Give records another choice, as the events ``property.choice_replaced`` say; returns how many changed."""
    changed = 0
    for event in Event.objects.filter(pk__in=event_ids, name="property.choice_replaced").order_by("pk"):
        row = PropertyDefinition.objects.filter(pk=event.object_id, object_type__in=objects).first()
        old, new = str(event.data["choice"]), str(event.data["replacement"])
        # Offered again since: then records may have it.
        archived = PropertyChoice.objects.filter(pk=int(old), archived_at__isnull=False)
        if row is not None and archived.exists():
            for count in _replaced(row, old, new, event.actor):
                changed += count
    return changed


def finish_replacements() -> int:
    """Do what is left of replacements of the last days, where a worker was killed; returns how many records changed."""
    since = timezone.now() - datetime.timedelta(days=7)
    events = Event.objects.filter(name="property.choice_replaced", occurred_at__gt=since)
    return replace_choices(list(events.values_list("pk", flat=True)))


def _replaced(row: PropertyDefinition, old: str, new: str, by: Any) -> Iterator[int]:
    model: Any = objects[row.object_type].model
    slot = str(row.pk)
    held = model._default_manager.filter(properties__contains={slot: holding(row, int(old))})
    while True:
        with transaction.atomic():
            records = list(held.select_for_update(of=("self",)).order_by("pk")[:BATCH])
            if not records:
                return
            drafts = []
            for record in records:
                before = dict(record.properties)
                value = before[slot]
                chosen = sorted({new if v == old else v for v in value}, key=int) if isinstance(value, list) else new
                record.properties = {**before, slot: chosen}
                drafts.append(_draft(row, record, before, record.properties))
            model._default_manager.bulk_update(records, ["properties"])
            emit_many(drafts, by=by, origin=Origin.PERSON if by is not None else Origin.SYSTEM)
        yield len(records)


def _draft(row: PropertyDefinition, record: Any, before: dict[str, Any], after: dict[str, Any]) -> Draft:
    changes = changes_between(before, after)
    told = told_change(row.object_type, changes)
    kind = object_type_of(record)
    data = {"title": str(record), "changes": {name: list(pair) for name, pair in changes.items()}, "told": told}
    return Draft(f"{kind}.changed", kind, record.pk, (), data)


def purge(batch: int = BATCH) -> int:
    """Forget the values and definitions of properties that were deleted over 30 days ago; returns how many.

    In batches with a transaction each, so that no table is locked for long and a kill in between costs nothing.
    """
    purged = 0
    for row in list(expired()):
        if row.object_type in objects:
            _empty(objects[row.object_type].model, str(row.pk), batch)
        # Not if it was restored meanwhile.
        purged += expired().filter(pk=row.pk).delete()[0] > 0
    return purged


def _empty(model: Any, slot: str, batch: int) -> None:
    table = _quoted(model._meta.db_table)
    last = 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"WITH part AS (SELECT id FROM {table} WHERE id > %s ORDER BY id LIMIT %s), "  # noqa: S608 -- our table
                f"emptied AS (UPDATE {table} AS t SET properties = t.properties - %s FROM part WHERE t.id = part.id "
                "AND jsonb_exists(t.properties, %s)) SELECT max(id) FROM part",
                [last, batch, slot, slot],
            )
            found = cursor.fetchone()
        if found is None or found[0] is None:
            return
        last = found[0]


def days_left(row: PropertyDefinition) -> int:
    """How many days a deleted property can still be restored."""
    from_deletion = (timezone.now() - row.deleted_at).days if row.deleted_at else 0
    return max(0, 30 - from_deletion)
