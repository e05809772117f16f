"""What an export holds: the rows of a list as plain values, with the columns that were asked for."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from core.paging import in_order
from core.tables.columns import Column, read
from core.tables.described import Table
from core.tables.listing import chosen_columns, columns_of, loading, selected, sorting

CHUNK = 1_000
EVERY = "every"


def table_rows(table: Table, user: Any, query: QueryDict) -> QuerySet[Any]:
    """All rows of the list in the order of the address."""
    rows, _sort, key, _problem = sorting(
        table, selected(table, user, query).rows, columns_of(table, user), query.get("sort", "")
    )
    return in_order(rows, key)


def export_columns(table: Table, user: Any, names: Sequence[str]) -> list[Column]:
    """The columns of an export; ``every`` means all there are."""
    offered = columns_of(table, user)
    return offered if list(names) == [EVERY] else chosen_columns(offered, names)


def currency_of(columns: Sequence[Column]) -> Column | None:
    """The amount whose currency gets a column of its own; None where there is none, or it is shown already."""
    if any(column.name == "currency" for column in columns):
        return None
    return next((column for column in columns if column.kind == "money" and column.currency), None)


def labels_of(table: Table, user: Any, names: Sequence[str]) -> list[str]:
    """The headings."""
    columns = export_columns(table, user, names)
    return [str(column.label) for column in columns] + ([_("Currency")] if currency_of(columns) else [])


def rows_of(table: Table, user: Any, ids: Sequence[int], names: Sequence[str]) -> list[list[Any]]:
    """The rows with these ids, in their order; those that are gone are left out."""
    columns = export_columns(table, user, names)
    held = loading(table.rows(user), columns, table.needs).in_bulk(list(ids))
    return list(_plain(columns, [held[pk] for pk in ids if pk in held]))


def streamed(table: Table, user: Any, rows: QuerySet[Any], names: Sequence[str]) -> Iterator[list[list[Any]]]:
    """The rows in chunks, read through a cursor of the server."""
    columns = export_columns(table, user, names)
    found = loading(rows, columns, table.needs).iterator(chunk_size=CHUNK)
    while chunk := list(islice(found, CHUNK)):
        yield list(_plain(columns, chunk))


def _plain(columns: Sequence[Column], records: Sequence[Any]) -> Iterable[list[Any]]:
    wanted = [column for column in columns if column.plain_loads and records]
    loaded = {column.name: column.load(records) for column in wanted if column.load is not None}
    amount = currency_of(columns)
    for record in records:
        row = [column.export(column.of(record, loaded.get(column.name)), record) for column in columns]
        if amount is not None:
            row.append(read(record, amount.currency))
        yield row
