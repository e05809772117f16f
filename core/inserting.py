"""Insert many rows by COPY: Django's own insert prepares every value by itself, which costs ten times as much."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
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
    for column in columns:
        # COPY would take none for an empty text.
        if isinstance(column, _TEXT) and any(getattr(row, column.attname) is None for row in rows):
            raise IntegrityError(f"A text of column {column.column} of {model._meta.db_table} is missing.")
    with transaction.atomic(savepoint=False), database.cursor() as cursor:
        _reserve_ids(cursor, rows)
        quote = database.ops.quote_name
        names = ", ".join(quote(each.column) for each in columns)
        empty = ", ".join(quote(each.column) for each in columns if each.null)
        # Every value is quoted, so that no text is taken for an empty column; an empty one is told by its emptiness.
        how = f"FORMAT csv, FORCE_NULL ({empty})" if empty else "FORMAT csv"
        copy = f"COPY {quote(model._meta.db_table)} ({names}) FROM STDIN WITH ({how})"
        with database.wrap_database_errors:  # it goes past Django's cursor and its exceptions
            cursor.copy_expert(copy, _lines(rows, columns))
    for row in rows:
        row._state.adding = False
        row._state.db = database.alias


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


def _lines(rows: Sequence[models.Model], columns: Sequence[Any]) -> io.StringIO:
    """The rows as COPY reads them."""
    values: Iterator[Sequence[Any]] = map(attrgetter(*(each.attname for each in columns)), rows)
    written = {place: _json(each) for place, each in enumerate(columns) if isinstance(each, models.JSONField)}
    if written:
        values = ([written[at](v) if at in written else v for at, v in enumerate(row)] for row in values)
    lines = io.StringIO()
    csv.writer(lines, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(values)
    lines.seek(0)
    return lines


def _json(column: Any) -> Callable[[Any], str | None]:
    def write(value: Any) -> str | None:
        return None if value is None else json.dumps(value, cls=column.encoder)

    return write
