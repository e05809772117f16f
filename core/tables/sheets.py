"""Rows as pieces of a CSV or XLSX file. Pieces are made one by one and put together while they are sent.

A piece is a raw deflate stream that ends at a byte (a full flush), so pieces that stand one behind the other are one
stream: the content of an XLSX file's sheet as it is, and a CSV file when it is unpacked. Nothing needs more memory
than one piece.
"""

import csv
import datetime
import io
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Any
from xml.sax.saxutils import escape

from django.utils import timezone

CSV, CSV_EXCEL, XLSX = "csv", "csv-excel", "xlsx"
FORMATS = (CSV, CSV_EXCEL, XLSX)
TYPES = {
    CSV: "text/csv; charset=utf-8",
    CSV_EXCEL: "text/csv; charset=utf-8",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MOST_SHEET_ROWS = 1_048_575  # besides the heading
LARGEST_PART = 2**32 - 1
BOM = "\ufeff"
# What spreadsheets take for the beginning of a formula, also in the full width of East Asian keyboards; and what they
# leave out before it.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "\uff1d", "\uff0b", "\uff0d", "\uff20")
LEFT_OUT = " \xa0\u200b\ufeff"
_LEVEL = 3
_EPOCH = datetime.date(1899, 12, 30)
# XML has no way to write these.
_UNWRITABLE = {code: None for code in range(32) if code not in (9, 10, 13)} | {0xFFFE: None, 0xFFFF: None}
_UNWRITABLE |= dict.fromkeys(range(0xD800, 0xE000))


@dataclass(frozen=True)
class Piece:
    """A piece of a file. ``size`` and ``checksum`` are of the whole content up to its end, before compression."""

    content: bytes
    size: int
    checksum: int


START = Piece(b"", 0, 0)


def suffix(kind: str) -> str:
    """The end of the file's name."""
    return "xlsx" if kind == XLSX else "csv"


def safe(text: str) -> str:
    """A text that a spreadsheet does not carry out as a formula."""
    return f"'{text}" if text.lstrip(LEFT_OUT).startswith(FORMULA) else text


def plain(value: Any) -> str:
    """A value as a CSV cell: ISO dates, plain numbers, texts that stay texts."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value) if isinstance(value, int) else safe(str(value))


def csv_lines(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as CSV."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows([plain(value) for value in row] for row in rows)
    return buffer.getvalue()


def sheet_lines(rows: Iterable[Sequence[Any]]) -> str:
    """Rows of a sheet. Texts are written as texts, which nothing carries out."""
    return "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    # A spreadsheet keeps 15 digits of a number.
    if isinstance(value, Decimal) and len(value.as_tuple().digits) <= 15 and value.is_finite():
        return f"<c><v>{value:f}</v></c>"
    if isinstance(value, int) and abs(value) < 10**15:
        return f"<c><v>{value}</v></c>"
    if isinstance(value, datetime.datetime):
        local = timezone.localtime(value)
        seconds = local.hour * 3600 + local.minute * 60 + local.second
        return f'<c s="2"><v>{(local.date() - _EPOCH).days + seconds / 86400:.6f}</v></c>'
    if isinstance(value, datetime.date):
        return f'<c s="1"><v>{(value - _EPOCH).days}</v></c>'
    text = plain(value) if isinstance(value, Decimal) else str(value)
    cleaned = escape(text.translate(_UNWRITABLE)[:32_767])
    return f'<c t="inlineStr"><is><t xml:space="preserve">{cleaned}</t></is></c>'


_SHEET = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView '
    'workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView>'
    "</sheetViews><sheetData>"
)
_SHEET_END = "</sheetData></worksheet>"


def head(kind: str, labels: Sequence[str]) -> str:
    """What stands before the first row."""
    if kind == XLSX:
        cells = "".join(_cell(label).replace("<c ", '<c s="3" ', 1) for label in labels)
        return f"{_SHEET}<row>{cells}</row>"
    return (BOM if kind == CSV_EXCEL else "") + csv_lines([labels])


def lines(kind: str, rows: Iterable[Sequence[Any]]) -> str:
    """Rows in a format."""
    return sheet_lines(rows) if kind == XLSX else csv_lines(rows)


def piece(text: str, before: Piece = START) -> Piece:
    """``text`` as the piece that follows ``before``."""
    raw = text.encode()
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
    content = packer.compress(raw) + packer.flush(zlib.Z_FULL_FLUSH)
    return Piece(content, before.size + len(raw), zlib.crc32(raw, before.checksum))


def file(kind: str, pieces: Iterable[bytes], last: Piece) -> Iterator[bytes]:
    """The file from the contents of its pieces, of which ``last`` is the last one."""
    return _workbook(pieces, last) if kind == XLSX else _unpacked(pieces)


def _unpacked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for content in pieces:
        yield zlib.decompressobj(-15).decompress(bytes(content))


_PARTS = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        '<Override PartName="/xl/styles.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<sheets><sheet name="Export" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
        'Target="worksheets/sheet1.xml"/><Relationship Id="rId2" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" '
        'Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="2">'
        '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ '
        'hh:mm:ss"/></numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/>'
        '<sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/>'
        '</fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/>'
        '<top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="4">'
        '<xf/><xf numFmtId="164" applyNumberFormat="1"/><xf numFmtId="165" applyNumberFormat="1"/>'
        '<xf fontId="1" applyFont="1"/></cellXfs></styleSheet>'
    ),
}


def _workbook(pieces: Iterable[bytes], last: Piece) -> Iterator[bytes]:
    """A zip archive with the sheet in it; sizes follow the sheet, so that it can be sent while it is read."""
    end = piece(_SHEET_END, last)
    entries: list[bytes] = []
    place = 0
    for name, text in _PARTS.items():
        raw = text.encode()
        header = _local(name, 0, zlib.crc32(raw), len(raw), len(raw), 0)
        yield header + raw
        entries.append(_listed(name, 0, zlib.crc32(raw), len(raw), len(raw), place, 0))
        place += len(header) + len(raw)
    header, packed = _local("xl/worksheets/sheet1.xml", 8, 0, 0, 0, 8), 0
    yield header
    # The last two bytes are an empty final block: the end of a deflate stream.
    for content in chain(_iterated(pieces), (end.content, b"\x03\x00")):
        packed += len(content)
        yield content
    yield struct.pack("<4sLLL", b"PK\x07\x08", end.checksum, packed, end.size)
    entries.append(_listed("xl/worksheets/sheet1.xml", 8, end.checksum, packed, end.size, place, 8))
    place += len(header) + packed + 16
    listing = b"".join(entries)
    yield listing
    yield struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, len(entries), len(entries), len(listing), place, 0)


def _iterated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for content in pieces:
        yield bytes(content)


_NEW_YEAR_1980 = 0x21


def _local(name: str, method: int, checksum: int, packed: int, size: int, flags: int) -> bytes:
    encoded = name.encode()
    fixed = struct.pack(
        "<4sHHHHHLLLHH", b"PK\x03\x04", 20, flags, method, 0, _NEW_YEAR_1980, checksum, packed, size, len(encoded), 0
    )
    return fixed + encoded


def _listed(name: str, method: int, checksum: int, packed: int, size: int, place: int, flags: int) -> bytes:
    encoded = name.encode()
    fixed = struct.pack(
        "<4sHHHHHHLLLHHHHHLL",
        *(b"PK\x01\x02", 20, 20, flags, method, 0, _NEW_YEAR_1980, checksum, packed, size, len(encoded)),
        *(0, 0, 0, 0, 0, place),
    )
    return fixed + encoded
