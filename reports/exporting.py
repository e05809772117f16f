"""A result as a file: its table as CSV or Excel."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.text import slugify

from core.money import rounded
from core.tables import sheets
from reports.result import Column, Result
from reports.shown import heading


def rows_of(result: Result) -> Iterator[list[Any]]:
    """The table's lines as plain values, the total last."""
    for row in [*result.rows, *([result.total] if result.total is not None else [])]:
        yield [_plain(cell, column) for cell, column in zip(row.cells, result.columns, strict=True)]


def _plain(cell: Any, column: Column) -> Any:
    """A cell's value: amounts with the decimals of their currency, what was divided with two, the rest as it is."""
    if isinstance(cell, Promise):
        return str(cell)
    if not isinstance(cell, Decimal):
        return cell
    return rounded(cell, column.currency or "") if column.kind == "money" else round(cell, 2)


def file_of(result: Result, kind: str) -> bytes:
    """The whole file; ``kind`` is one of ``core.tables.sheets.FORMATS``."""
    text = sheets.head(kind, [heading(column) for column in result.columns]) + sheets.lines(kind, rows_of(result))
    made = sheets.piece(text)
    return b"".join(sheets.file(kind, [made.content], made))


def response(result: Result, kind: str) -> HttpResponse:
    """The file as an answer of a view."""
    name = file_name(result, kind)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(file_of(result, kind), content_type=sheets.TYPES[kind], headers=headers)


def file_name(result: Result, kind: str) -> str:
    """What the file is called."""
    return f"{slugify(str(result.title)) or 'report'}.{sheets.suffix(kind)}"
