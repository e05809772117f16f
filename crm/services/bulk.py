"""Many records at once: a constant number of statements for any number of them, with an event for each.

What is given is cleaned and decided on already; the services of single records are for everything else.
"""

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import connection, models

from core.events import Draft, emit_many
from core.models import Origin
from crm.models.records import Record
from crm.services import changes

About = Callable[[Any], Sequence[tuple[str, int]]]


def nothing(_record: Any) -> Sequence[tuple[str, int]]:
    """For records whose events are shown nowhere else."""
    return ()


def create_many(
    records: Sequence[Record],
    *,
    by: Any,
    origin: Origin,
    about: About = nothing,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Write new records of one kind, each with the event ``<object>.created``; ``data`` goes into all of them."""
    if not records:
        return
    model = type(records[0])
    model._default_manager.bulk_create(records)
    _tell("created", records, lambda record: {"title": str(record), **(data or {})}, by=by, origin=origin, about=about)


def update_many(
    changed: Sequence[tuple[Record, changes.Changes]],
    *,
    by: Any,
    origin: Origin,
    now: datetime.datetime,
    about: About = nothing,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Write what differs, with the event ``<object>.changed`` for each record; they are locked by the caller.

    The changes are by column, as ``changes.differing`` gives them.
    """
    found = {record.pk: differing for record, differing in changed if differing}
    records = [record for record, differing in changed if differing]
    if not records:
        return
    for record in records:
        for name, (_old, new) in found[record.pk].items():
            setattr(record, name, new)
        record.updated_at = now
    columns = list(dict.fromkeys(name for differing in found.values() for name in differing))
    write_columns(type(records[0]), records, [*columns, "updated_at"])

    def told(record: Record) -> dict[str, Any]:
        return {**changes.event_data(record, found[record.pk]), **(data or {})}

    _tell("changed", records, told, by=by, origin=origin, about=about)


def archive_many(
    records: Sequence[Record],
    *,
    by: Any,
    origin: Origin,
    now: datetime.datetime,
    about: About = nothing,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Take records out of the lists, with the event ``<object>.archived`` for each; they are locked by the caller."""
    if not records:
        return
    ids = [record.pk for record in records]
    type(records[0])._default_manager.filter(pk__in=ids).update(archived_at=now, updated_at=now)
    _tell("archived", records, lambda record: {"title": str(record), **(data or {})}, by=by, origin=origin, about=about)


def _tell(
    act: str,
    records: Sequence[Record],
    data: Callable[[Record], dict[str, Any]],
    *,
    by: Any,
    origin: Origin,
    about: About,
) -> None:
    kind = str(records[0]._meta.model_name)
    drafts = [Draft(f"{kind}.{act}", kind, record.pk, about(record), data(record)) for record in records]
    emit_many(drafts, by=by, origin=origin)


def write_columns(model: type[Record], records: Sequence[Record], columns: Sequence[str]) -> None:
    """One ``UPDATE ... FROM unnest(...)``, whatever the number of records."""
    if not records:
        return
    # The last one wins where a record was given twice.
    unique = list({record.pk: record for record in records}.values())
    quote = connection.ops.quote_name
    casts, arrays, assignments = ["%s::bigint[]"], [[record.pk for record in unique]], []
    for name in columns:
        column = changes.column(model, name)
        as_json = isinstance(column, models.JSONField)
        kind = (
            "text"
            if as_json
            else str(column.rel_db_type(connection) if column.is_relation else column.db_type(connection))
        )
        casts.append(f"%s::{kind}[]")
        values = [getattr(record, name) for record in unique]
        arrays.append([json.dumps(value) for value in values] if as_json else values)
        quoted = quote(str(column.column))
        assignments.append(f"{quoted} = v.{quoted}{'::jsonb' if as_json else ''}")
    names = ", ".join(quote(str(changes.column(model, name).column)) for name in ("id", *columns))
    sql = (
        f"UPDATE {quote(model._meta.db_table)} AS t SET {', '.join(assignments)} "  # noqa: S608 -- names of ours
        f"FROM unnest({', '.join(casts)}) AS v({names}) WHERE t.id = v.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, arrays)
