"""Files that leave: the rows that were left out, to correct and upload again, and samples to start from."""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import chain

from core.tables import sheets
from crm.imports.cells import Cell, plain
from crm.imports.preparing import ERROR_HEADER
from crm.imports.reading import XLSX
from crm.imports.runs import errors_of
from crm.models import Import

SAMPLES: dict[str, list[list[str]]] = {
    "contact": [
        ["First name", "Last name", "E-mail", "Phone", "Job title", "Company: name", "Company: domain", "Owner"],
        ["Grace", "Pariente", "grace@coolcars.example", "+1 555 0100", "Buyer", "Cool Cars", "coolcars.example", ""],
        ["Otto", "Berger", "otto@berger.example", "", "", "Berger Gardens", "berger.example", ""],
    ],
    "company": [
        ["Name", "Domain", "E-mail", "Phone", "Industry", "Street", "City", "Postal code", "Country"],
        ["Cool Cars", "coolcars.example", "hello@coolcars.example", "+1 555 0100", "Cars", "65 Ocean Dr.",
         "Half Moon Bay", "94019", "USA"],
    ],
    "deal": [
        ["Deal name", "Stage", "Amount", "Currency", "Close date", "Company: domain", "Contact: e-mail", "Owner"],
        ["Garden redesign", "", "1200.00", "USD", "2026-12-31", "coolcars.example", "grace@coolcars.example", ""],
    ],
    "product": [
        ["Name", "SKU", "Unit price", "Unit cost", "Currency", "Description", "Can be sold"],
        ["Design", "D-1", "75.00", "40.00", "USD", "An hour of design", "yes"],
    ],
}  # fmt: skip


def sample(object_type: str) -> str:
    """A small CSV file with the usual columns."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(SAMPLES[object_type])
    return sheets.BOM + buffer.getvalue()


def faulty(job: Import) -> Iterator[bytes]:
    """The rows that were left out, in the kind of file that was uploaded, with the reason in the last column."""
    kept = [at for at, header in enumerate(job.headers) if header != ERROR_HEADER]
    headers = [*(job.headers[at] for at in kept), ERROR_HEADER]
    rows = ([*(row.cells[at] for at in kept), why] for row, why in errors_of(job))
    if job.kind == XLSX:
        return _workbook(headers, rows)
    return _text(headers, rows, job.delimiter)


def _workbook(headers: Sequence[str], rows: Iterator[list[Cell]]) -> Iterator[bytes]:
    pieces = [sheets.piece(sheets.head(sheets.XLSX, headers))]
    chunk: list[list[Cell]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == 1000:
            pieces.append(sheets.piece(sheets.lines(sheets.XLSX, chunk), pieces[-1]))
            chunk = []
    pieces.append(sheets.piece(sheets.lines(sheets.XLSX, chunk), pieces[-1]))
    return sheets.file(sheets.XLSX, [piece.content for piece in pieces], pieces[-1])


def _text(headers: Sequence[str], rows: Iterator[list[Cell]], delimiter: str) -> Iterator[bytes]:
    yield sheets.BOM.encode()
    head: list[Cell] = [*headers]
    for cells in chain([head], rows):
        buffer = io.StringIO()
        # Whoever opens it in a spreadsheet should not carry out what somebody else wrote.
        csv.writer(buffer, delimiter=delimiter).writerow([sheets.safe(plain(cell)) for cell in cells])
        yield buffer.getvalue().encode()
