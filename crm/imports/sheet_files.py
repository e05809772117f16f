"""Excel workbooks (XLSX): their sheets and rows, read as a stream, once it is clear that they are no bomb. Pure."""

import datetime
import io
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.utils.exceptions import InvalidFileException

from core.files import BadFile
from crm.imports.cells import Cell

MOST_PARTS = 2_000
# Bytes of all parts unpacked, and of the table of texts, which has to be in memory as a whole.
LARGEST = 300 * 1024 * 1024
LARGEST_TEXTS = 100 * 1024 * 1024
_MIDNIGHT = datetime.time()
_OLD = b"\xd0\xcf\x11\xe0"


def check(content: bytes) -> None:
    """Refuse what is no workbook or would not fit into memory. Raises BadFile."""
    if content.startswith(_OLD):
        raise BadFile(
            _("This is an old Excel file (.xls), or it has a password. Save it as .xlsx without one, or as CSV.")
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except zipfile.BadZipFile as error:
        raise BadFile(_("This is no Excel workbook, or it is damaged. Save it again as .xlsx, or as CSV.")) from error
    texts = max((part.file_size for part in parts if part.filename.lower().endswith("sharedstrings.xml")), default=0)
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST or texts > LARGEST_TEXTS:
        raise BadFile(_("This workbook is too large once it is unpacked. Save the sheet as CSV, or split it."))


@contextmanager
def _workbook(content: bytes) -> Iterator[Any]:
    check(content)
    with warnings.catch_warnings():
        # Of features of a workbook that say nothing about its values.
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            try:
                yield book
            finally:
                book.close()
        except (
            InvalidFileException,
            KeyError,
            ValueError,
            TypeError,
            ParseError,
            zipfile.BadZipFile,
            OSError,
        ) as error:
            raise BadFile(
                _("This workbook can't be read. Save it again as .xlsx, or save the sheet as CSV.")
            ) from error


def sheet_names(content: bytes) -> list[str]:
    """The sheets with cells, in order; hidden ones last. Raises BadFile."""
    with _workbook(content) as book:
        sheets = sorted(book.worksheets, key=lambda sheet: sheet.sheet_state != "visible")
        return [str(sheet.title)[:100] for sheet in sheets]


def rows_of(content: bytes, name: str) -> Iterator[list[Cell]]:
    """All rows of a sheet with cells as typed and formulas by their value. Raises BadFile."""
    with _workbook(content) as book:
        found = next((sheet for sheet in book.worksheets if str(sheet.title)[:100] == name), None)
        if found is None:
            raise BadFile(_("The workbook has no sheet “%s”.") % name)
        # What a file says of its own size may be wrong.
        found.reset_dimensions()
        for values in found.iter_rows(values_only=True):
            yield [_cell(value) for value in values]


def _cell(value: Any) -> Cell:
    if value is None:
        return ""
    if isinstance(value, str | bool):
        return value.replace("\x00", "") if isinstance(value, str) else value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        number = Decimal(repr(value))
        # 4.9E+11 is a number with ten zeros, such as a phone number that a spreadsheet took for one.
        return Decimal(format(number.normalize(), "f")) if number.is_finite() else ""
    if isinstance(value, datetime.datetime):
        return value.date() if value.time() == _MIDNIGHT else value
    return value if isinstance(value, datetime.date) else str(value)
