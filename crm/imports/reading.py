"""A file of any kind: what it is, its headings and samples, and its rows within the limits. Pure."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

from django.utils.translation import gettext as _

from core.files import BadFile
from crm.imports import sheet_files, text_files
from crm.imports.cells import Cell, Row, fitted, is_empty, plain

CSV, XLSX = "csv", "xlsx"
LARGEST_FILE_MB = 50
MOST_ROWS = 200_000
MOST_COLUMNS = 500
LONGEST_CELL = 32_767
SAMPLES = 100
LONGEST_HEADER = 200


@dataclass(frozen=True)
class Shape:
    """How a file is to be read: ``kind`` csv or xlsx, with encoding and delimiter or with the chosen sheet."""

    kind: str
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Head:
    """The headings, and the first rows beneath them."""

    headers: list[str]
    samples: list[list[Cell]]


def shape_of(name: str, content: bytes) -> Shape:
    """What the file seems to be. Raises BadFile."""
    if not content.strip():
        raise BadFile(_("“%s” is empty.") % name)
    if len(content) > LARGEST_FILE_MB * 1024 * 1024:
        words = {"name": name, "size": LARGEST_FILE_MB}
        raise BadFile(_("“%(name)s” is too large: a file may have at most %(size)d MB. Split it.") % words)
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")) or name.lower().endswith((".xlsx", ".xls")):
        sheet_files.check(content)
        names = sheet_files.sheet_names(content)
        if not names:
            raise BadFile(_("This workbook has no sheet with cells."))
        return Shape(XLSX, sheet=names[0], sheets=tuple(names))
    encoding = text_files.encoding_of(content)
    try:
        text = text_files.decoded(content, encoding)
    except BadFile:
        # The other bytes that Windows leaves open are letters somewhere else.
        encoding = "mac-roman" if encoding == text_files.WESTERN else encoding
        text = text_files.decoded(content, encoding)
    return Shape(CSV, encoding, text_files.delimiter_of(text))


def with_encoding(shape: Shape, encoding: str, delimiter: str) -> Shape:
    """The shape with what somebody chose instead."""
    return replace(shape, encoding=encoding, delimiter=delimiter)


def _raw(shape: Shape, content: bytes) -> Iterator[list[Cell]]:
    if shape.kind == XLSX:
        yield from sheet_files.rows_of(content, shape.sheet)
        return
    for cells in text_files.rows_of(text_files.decoded(content, shape.encoding), shape.delimiter):
        yield list(cells)


def _filled(shape: Shape, content: bytes) -> Iterator[Row]:
    """The rows that hold something, without empty cells at their end. Raises BadFile."""
    for line, cells in enumerate(_raw(shape, content), start=1):
        last = next((at for at in range(len(cells), 0, -1) if not is_empty(cells[at - 1])), 0)
        if not last:
            continue
        if last > MOST_COLUMNS:
            raise BadFile(_("Row %(line)d has more than %(most)d columns.") % {"line": line, "most": MOST_COLUMNS})
        if any(isinstance(cell, str) and len(cell) > LONGEST_CELL for cell in cells[:last]):
            words = _("A cell in row %d is longer than 32,767 characters: perhaps a quotation mark is never closed.")
            raise BadFile(words % line)
        yield Row(line, cells[:last])


def head_of(shape: Shape, content: bytes) -> Head:
    """Headings and samples. Raises BadFile, also for a file without rows."""
    rows = _filled(shape, content)
    first = next(rows, None)
    if first is None:
        raise BadFile(_("There is nothing in this file."))
    samples = [row.cells for row, _number in zip(rows, range(SAMPLES), strict=False)]
    if not samples:
        raise BadFile(_("There are no rows below the headings."))
    width = max(len(cells) for cells in chain([first.cells], samples))
    return Head(_headers(first.cells, width), [fitted(cells, width) for cells in samples])


def _headers(cells: list[Cell], width: int) -> list[str]:
    """A name for each column; the second one of the same name gets its number."""
    found: list[str] = []
    for number, cell in enumerate(fitted(cells, width), start=1):
        text = " ".join(plain(cell).split())[:LONGEST_HEADER] or _("Column %d") % number
        same = sum(text == each or each.startswith(f"{text} (") for each in found)
        found.append(f"{text} ({same + 1})" if text in found else text)
    return found


def rows_of(shape: Shape, content: bytes, width: int) -> Iterator[Row]:
    """The rows below the headings, with ``width`` cells each. Raises BadFile, also for more than MOST_ROWS."""
    rows = _filled(shape, content)
    next(rows, None)
    for number, row in enumerate(rows):
        if number == MOST_ROWS:
            words = _("The file has more than %s rows. Split it into several files.")
            raise BadFile(words % f"{MOST_ROWS:,}")
        yield Row(row.line, fitted(row.cells, width))


def packed(shape: Shape, content: bytes) -> bytes:
    """The content as it is kept; a workbook is compressed already."""
    return content if shape.kind == XLSX else zlib.compress(content, 3)


def unpacked(shape: Shape, kept: "bytes | memoryview") -> bytes:
    """The content that was kept."""
    return bytes(kept) if shape.kind == XLSX else zlib.decompress(kept)
