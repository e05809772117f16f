"""A result as a file: its table as CSV or Excel."""

from collections.abc import Iterator
from typing import Any

from django.utils.text import slugify

from core.tables import sheets
from reports.result import Result
from reports.shown import heading


def rows_of(result: Result) -> Iterator[list[Any]]:
    """The table's lines as plain values, the total last."""
    for row in [*result.rows, *([result.total] if result.total is not None else [])]:
        yield [cell if not hasattr(cell, "__proxy__") else str(cell) for cell in row.cells]


def file_of(result: Result, kind: str) -> bytes:
    """The whole file; ``kind`` is one of ``core.tables.sheets.FORMATS``."""
    text = sheets.head(kind, [heading(column) for column in result.columns]) + sheets.lines(kind, rows_of(result))
    made = sheets.piece(text)
    return b"".join(sheets.file(kind, [made.content], made))


def file_name(result: Result, kind: str) -> str:
    """What the file is called."""
    return f"{slugify(str(result.title)) or 'report'}.{sheets.suffix(kind)}"
