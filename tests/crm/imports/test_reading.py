"""Files as people have them: encodings, delimiters, odd shapes, sheets, bombs; days and numbers."""

import csv
import datetime
import io
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.files import BadFile
from crm.imports import notation, reading, sheet_files
from crm.imports.cells import Row, pack, unpack
from crm.imports.reading import Shape, head_of, rows_of, shape_of
from crm.imports.targets import simple


def read(content: bytes, name: str = "a.csv") -> tuple[Shape, list[str], list[list]]:
    shape = shape_of(name, content)
    headers = head_of(shape, content).headers
    return shape, headers, [row.cells for row in rows_of(shape, content, len(headers))]


ODD = {
    "mark": (b"\xef\xbb\xbfName,City\nJos\xc3\xa9,K\xc3\xb6ln\n", ["Name", "City"], [["José", "Köln"]]),
    "western": (b"Name;City\nJos\xe9;K\xf6ln\n", ["Name", "City"], [["José", "Köln"]]),
    "utf-16": ("Name\tCity\nJosé\tKöln\n".encode("utf-16"), ["Name", "City"], [["José", "Köln"]]),
    "utf-16 without mark": ("Name\tCity\nJosé\tKöln\n".encode("utf-16-le"), ["Name", "City"], [["José", "Köln"]]),
    "line ends": (b"a,b\r1,2\r\n3,4\n5,6", ["a", "b"], [["1", "2"], ["3", "4"], ["5", "6"]]),
    "breaks in cells": (b'a,b\n"1\n2","x ""y"""\n', ["a", "b"], [["1\n2", 'x "y"']]),
    "same headings": (b"Tel,Tel,,Tel\n1,2,3,4\n", ["Tel", "Tel (2)", "Column 3", "Tel (3)"], [list("1234")]),
    "ragged": (b"a,b\n1\n\n,,\n1,2,3,\n", ["a", "b", "Column 3"], [["1", "", ""], ["1", "2", "3"]]),
    "one column": (b"Name\nAda, Countess\n", None, None),
    "bars": (b"a|b|c,d\n1|2|3,4\n", ["a", "b", "c,d"], [["1", "2", "3,4"]]),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_odd_files_are_read(name):
    content, headers, rows = ODD[name]

    found = read(content)

    if headers is not None:
        assert found[1:] == (headers, rows)


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"", "a.csv", "is empty"),
        (b"\n\n,,\n", "a.csv", "nothing in this file"),
        (b"a,b\n", "a.csv", "no rows below"),
        (b"a,b\n1," + b"x" * 40_000, "a.csv", "longer than 32,767"),
        (b'a,b\n1,"' + b"x\n" * 70_000, "a.csv", "can't be read"),
        (b"a" + b",b" * 600 + b"\n1" + b",2" * 600, "a.csv", "more than 500 columns"),
        (b"PK\x03\x04nonsense", "a.xlsx", "no Excel workbook"),
        (b"\xd0\xcf\x11\xe0 old", "a.xls", "old Excel file"),
        (b"\x89PNG\x00\x00\x00\r\xff\xd8\xff", "a.csv", "not Unicode|no text|no rows"),
    ],
)
def test_files_that_are_none_are_refused_in_words(content, name, why):
    with pytest.raises(BadFile, match=why):
        read(content, name)


def test_more_rows_than_fit_are_refused(monkeypatch):
    monkeypatch.setattr(reading, "MOST_ROWS", 2)

    assert len(read(b"a,b\n1,2\n3,4\n")[2]) == 2
    with pytest.raises(BadFile, match="more than"):
        read(b"a,b\n1,2\n3,4\n5,6\n")


def workbook(*sheets: tuple[str, list[list]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_sheets_keep_their_types_and_lines():
    moment = datetime.datetime(2026, 3, 1, 9, 30)  # noqa: DTZ001 -- sheets know no zone
    content = workbook(
        ("Notes", [["nothing here"]]),
        ("People", [
            ["Name", "Born", "Seen", "Size", "VIP", "Phone"],
            ["Ada", datetime.date(1815, 12, 10), moment, 1.5, True, 491234567890],
            [None, None, None, None, None, None],
            ["=1+1", None, None, 7, False, "007"],
        ]),
    )  # fmt: skip
    shape = shape_of("a.xlsx", content)
    assert shape.sheets == ("Notes", "People")

    chosen = Shape("xlsx", sheet="People", sheets=shape.sheets)
    rows = list(rows_of(chosen, content, 6))

    assert [row.line for row in rows] == [2, 4]
    assert rows[0].cells == [
        "Ada", datetime.date(1815, 12, 10), moment, Decimal("1.5"), True, Decimal(491234567890),
    ]  # fmt: skip
    # A formula that nobody has calculated yet has no value.
    assert rows[1].cells == ["", "", "", Decimal(7), False, "007"]
    assert unpack(pack(rows)) == rows


def test_merged_cells_have_their_value_once():
    book = openpyxl.Workbook()
    for row in (["a", "b"], ["1", "x"], ["2", "y"]):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    buffer = io.BytesIO()
    book.save(buffer)

    assert read(buffer.getvalue(), "a.xlsx")[2] == [["1", "x"], ["", "y"]]


def test_a_workbook_that_unpacks_to_too_much_is_refused(monkeypatch):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 1_000_000)
    monkeypatch.setattr(sheet_files, "LARGEST", 999_999)

    with pytest.raises(BadFile, match="too large once it is unpacked"):
        shape_of("a.xlsx", buffer.getvalue())


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)


@given(st.lists(st.lists(CELL, min_size=2, max_size=4), min_size=1, max_size=6), st.sampled_from([",", ";", "\t", "|"]))
def test_whatever_is_written_as_csv_is_read_the_same(rows, delimiter):
    width = max(map(len, rows))
    rows = [[*row, *[""] * (width - len(row))] for row in rows]
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows([[f"h{n}" for n in range(width)], *rows])
    shape = Shape("csv", "utf-8-sig", delimiter)

    found = [row.cells for row in rows_of(shape, buffer.getvalue().encode(), width)]

    assert found == [row for row in rows if any(cell.strip() for cell in row)]


@given(st.lists(st.builds(Row, st.integers(1, 10**6), st.lists(
    st.one_of(CELL, st.booleans(), st.dates(), st.datetimes(), st.decimals(allow_nan=False, allow_infinity=False)),
    max_size=4))))  # fmt: skip
def test_rows_come_back_as_they_were_kept(rows):
    assert unpack(pack(rows)) == rows


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2026-01-31", "mdy", "2026-01-31"), ("31.01.2026", "dmy", "2026-01-31"), ("1/31/2026", "mdy", "2026-01-31"),
        ("31/1/26", "dmy", "2026-01-31"), ("31 Jan 2026", "mdy", "2026-01-31"), ("Jan 31, 2026", "dmy", "2026-01-31"),
        ("2026/01/31 10:30", "ymd", "2026-01-31"), ("1/31/2026 1:05 PM", "mdy", "2026-01-31"),
        ("2026-01-31T10:00:00Z", "ymd", "2026-01-31"), ("1/31/30", "mdy", "1930-01-31"),
    ],
)  # fmt: skip
def test_days_are_read_in_the_chosen_order(text, order, day):
    assert notation.day(text, order).isoformat() == day


@pytest.mark.parametrize(
    ("text", "order"), [("31/01/2026", "mdy"), ("1.2.2026", "ymd"), ("soon", "dmy"), ("30.2.26", "dmy")]
)
def test_what_is_no_day_is_refused(text, order):
    with pytest.raises(notation.Unreadable):
        notation.day(text, order)


def test_a_moment_knows_its_zone_or_gets_one():
    zone = datetime.timezone(datetime.timedelta(hours=2))

    assert notation.moment("31.1.2026 14:05", "dmy", zone).isoformat() == "2026-01-31T14:05:00+02:00"
    assert notation.moment("1/31/2026 2:05 pm", "mdy", zone).hour == 14
    assert notation.moment("2026-01-31T14:05:00Z", "ymd", zone).utcoffset() == datetime.timedelta()


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1,234.50", ".", "1234.50"), ("1.234,50", ",", "1234.50"), ("$ 5", ".", "5"), ("-3,5 €", ",", "-3.5"),
        ("(12.00)", ".", "-12.00"), ("1 234,5", ",", "1234.5"), ("USD 7", ".", "7"), ("12%", ".", "12"),
        (".5", ".", ".5"),
    ],
)  # fmt: skip
def test_numbers_are_read_in_the_chosen_notation(text, decimal, value):
    assert notation.number(text, decimal) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "decimal"), [("1,5", "."), ("1.5.6", ","), ("ten", "."), ("", "."), ("1e5", "."), ("--1", ".")]
)
def test_what_is_no_number_is_refused(text, decimal):
    with pytest.raises(notation.Unreadable):
        notation.number(text, decimal)


def test_notations_are_guessed_from_samples():
    assert notation.guessed_order(["31.01.2026"]) == "dmy"
    assert notation.guessed_order(["01/31/2026", "02/03/2026"]) == "mdy"
    assert notation.guessed_order(["13/01/2026", "02/03/2026"]) == "dmy"
    assert notation.guessed_order(["hello"]) == "ymd"
    assert (notation.guessed_decimal(["1,5", "2"]), notation.guessed_decimal(["1.5"])) == (",", ".")


def test_headings_are_compared_without_signs_and_capitals():
    assert [simple(text) for text in ("E-Mail (work)", "firstName", "Company_Name ")] == [
        "e mail work", "first name", "company name",
    ]  # fmt: skip
