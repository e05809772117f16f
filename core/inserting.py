"""Insert many rows by COPY: Django's own insert prepares every value by itself, which costs ten times as much."""

import csv
import io
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db import connection as database
from django.utils import timezone

# A few rows are inserted sooner than copied.
MANY = 50
# Whose values PostgreSQL reads as Python writes them.
_PLAIN = {
    models.AutoField, models.BigAutoField, models.BigIntegerField, models.BooleanField, models.CharField,
    models.DateField, models.DateTimeField, models.DecimalField, models.EmailField, models.FloatField,
    models.ForeignKey, models.GenericIPAddressField, models.IntegerField, models.OneToOneField,
    models.PositiveBigIntegerField, models.PositiveIntegerField, models.PositiveSmallIntegerField, models.SlugField,
    models.SmallIntegerField, models.TextField, models.URLField, models.UUIDField,
}  # fmt: skip
_TURNING = ("pre_save", "get_prep_value", "get_db_prep_value", "get_db_prep_save")
_TEXT = (models.CharField, models.TextField)


def insert_many(rows: Sequence[models.Model]) -> None:
    """Insert new rows of one model, in two statements however many they are, and set their ids.

    As ``bulk_create`` does, it asks no ``save`` and sends no signals. Values have to be of their columns' types. Raises
    what PostgreSQL refuses (IntegrityError, DataError); nothing is inserted then.
    """
    if not rows:
        return
    model = type(rows[0])
    columns: list[Any] = [each for each in model._meta.concrete_fields if not each.generated]
    if len(rows) < MANY or not all(map(_can_be_copied, columns)):
        model._default_manager.bulk_create(rows)
        return
    _fill_in(rows, columns)
    with transaction.atomic(savepoint=False), database.cursor() as cursor:
        _reserve_ids(cursor, rows)
        empty = [each.column for each in columns if each.null]
        copy_rows(cursor, model._meta.db_table, [each.column for each in columns], _values(rows, columns), empty=empty)
    for row in rows:
        row._state.adding = False
        row._state.db = database.alias


def put_many(rows: Sequence[models.Model], *, new: Callable[[Any], bool], **conflicts: Any) -> None:
    """Insert the rows that are ``new``, so that nothing can be in their way, and the others as ``bulk_create`` does.

    ``conflicts`` says to ``bulk_create`` what becomes of those that are there already.
    """
    insert_many([row for row in rows if new(row)])
    others = [row for row in rows if not new(row)]
    if others:
        type(others[0])._default_manager.bulk_create(others, **conflicts)


def copy_rows(
    cursor: Any, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: Collection[str]
) -> None:
    """COPY ``rows`` into ``columns`` of a table, of which those in ``empty`` may be empty and hold no texts.

    Raises IntegrityError for a value that is missing, Django's DatabaseError for what PostgreSQL refuses.
    """
    lines = io.StringIO()
    # Every value is quoted, so that no text is taken for an empty column; an empty one is told by its emptiness.
    csv.writer(lines, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(_complete(rows, columns, empty))
    lines.seek(0)
    how = f"FORMAT csv, FORCE_NULL ({_names(empty)})" if empty else "FORMAT csv"
    with database.wrap_database_errors:  # it goes past Django's cursor and its exceptions
        cursor.copy_expert(f"COPY {_names([table])} ({_names(columns)}) FROM STDIN WITH ({how})", lines)


def _complete(rows: Iterable[Sequence[Any]], columns: Sequence[str], empty: Collection[str]) -> Iterator[Sequence[Any]]:
    """The rows, each with a value where it needs one: COPY would take none for an empty text."""
    needed = [(at, name) for at, name in enumerate(columns) if name not in empty]
    for row in rows:
        missing = [name for at, name in needed if row[at] is None] if None in row else ()
        if missing:
            raise IntegrityError(f"There is no value for {', '.join(missing)}.")
        yield row


def _names(names: Iterable[str]) -> str:
    return ", ".join(map(database.ops.quote_name, names))


def _can_be_copied(column: Any) -> bool:
    if column.primary_key and not isinstance(column, models.AutoField):
        return False
    if column.has_db_default() and not column.has_default():
        return False
    # An empty text and none would look the same.
    told_apart = not (column.null and isinstance(column, _TEXT))
    return told_apart and (_is_plain(column) or type(column) is models.JSONField)


def _is_plain(column: Any) -> bool:
    """Our own columns count as well, unless they turn their values into something else on the way."""
    kind = next((each for each in type(column).__mro__ if each in _PLAIN), None)
    return kind is not None and all(getattr(column, name).__func__ is getattr(kind, name) for name in _TURNING)


def _fill_in(rows: Sequence[models.Model], columns: Sequence[Any]) -> None:
    """The times that Django sets itself."""
    now = timezone.now()
    for column in columns:
        if isinstance(column, models.DateField) and (column.auto_now or column.auto_now_add):
            value = now if isinstance(column, models.DateTimeField) else timezone.localdate(now)
            for row in rows:
                setattr(row, column.attname, value)


def _reserve_ids(cursor: Any, rows: Sequence[models.Model]) -> None:
    table, key = rows[0]._meta.db_table, rows[0]._meta.pk
    assert key is not None
    cursor.execute(
        "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
        [database.ops.quote_name(table), key.column, len(rows)],
    )
    for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
        row.pk = pk


def _values(rows: Sequence[models.Model], columns: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """The rows as COPY reads them."""
    values: Iterator[Sequence[Any]] = map(attrgetter(*(each.attname for each in columns)), rows)
    written = {place: _json(each) for place, each in enumerate(columns) if isinstance(each, models.JSONField)}
    if not written:
        return values
    return ([written[at](v) if at in written else v for at, v in enumerate(row)] for row in values)


def _json(column: Any) -> Callable[[Any], str | None]:
    def write(value: Any) -> str | None:
        return None if value is None else json.dumps(value, cls=column.encoder)

    return write
