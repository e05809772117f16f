"""How days and numbers are written in a file: guessed from samples, chosen by a person, read strictly. Pure."""

import datetime
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.imports.cells import Cell, plain

# Days: what stands first where they are written with numbers. 2026-01-31 is read in each of them.
DAY_FIRST, MONTH_FIRST, YEAR_FIRST = "dmy", "mdy", "ymd"
DATE_ORDERS = {
    YEAR_FIRST: gettext_lazy("2026-01-31"),
    DAY_FIRST: gettext_lazy("31.01.2026 or 31/01/2026"),
    MONTH_FIRST: gettext_lazy("01/31/2026"),
}
POINT, COMMA = ".", ","
NUMBERS = {POINT: gettext_lazy("1,234.50"), COMMA: gettext_lazy("1.234,50")}

_PARTS = re.compile(r"\s*(\d{1,4})\s*[./\- ]\s*(\d{1,2}|[A-Za-z]{3,9})\.?,?\s*[./\- ]\s*(\d{1,4})\s*")
_WORDS_FIRST = re.compile(r"\s*([A-Za-z]{3,9})\.?\s+(\d{1,2}),?\s+(\d{4})\s*")
_TIME = re.compile(
    r"(?:[T ]|, )\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([AaPp])?\.?[Mm]?\.?\s*(Z|[+-]\d{2}:?\d{2})?\s*$"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SIGNS = "$£€¥₹  \u202f '’"
_CODE = re.compile(r"^[A-Z]{3}\b|\b[A-Z]{3}$")


class Unreadable(ValueError):
    """The text is no day or number in the chosen notation; the message is a sentence."""


def day(cell: Cell, order: str) -> datetime.date:
    """The day that a cell names. Raises Unreadable."""
    if isinstance(cell, datetime.datetime):
        return cell.date()
    if isinstance(cell, datetime.date):
        return cell
    text = plain(cell).strip()
    timeless = _TIME.sub("", text) if ":" in text else text
    try:
        return _day(timeless, order)
    except (ValueError, IndexError) as error:
        words = _("“%(text)s” is not a date. It looks like %(example)s.")
        raise Unreadable(words % {"text": text[:60], "example": DATE_ORDERS[order]}) from error


def _day(text: str, order: str) -> datetime.date:
    if named := _WORDS_FIRST.fullmatch(text):
        month, date, year = named.groups()
        return datetime.date(int(year), _month(month), int(date))
    found = _PARTS.fullmatch(text)
    if found is None:
        raise ValueError(text)
    first, second, third = found.groups()
    if len(first) == 4:
        return datetime.date(int(first), _month(second), int(third))
    if not second.isdecimal():
        return datetime.date(_year(third), _month(second), int(first))
    if order == YEAR_FIRST:
        raise ValueError(text)
    date, month = (first, second) if order == DAY_FIRST else (second, first)
    return datetime.date(_year(third), int(month), int(date))


def _month(text: str) -> int:
    return int(text) if text.isdecimal() else _MONTHS.index(text[:3].lower()) + 1


def _year(text: str) -> int:
    if len(text) not in (2, 4):
        raise ValueError(text)
    # As spreadsheets do: 29 is 2029, 30 is 1930.
    return int(text) if len(text) == 4 else int(text) + (2000 if int(text) < 30 else 1900)


def moment(cell: Cell, order: str, zone: datetime.tzinfo) -> datetime.datetime:
    """The moment that a cell names, in ``zone`` unless it says its own; midnight without a time. Raises Unreadable."""
    if isinstance(cell, datetime.datetime):
        return cell if cell.tzinfo else cell.replace(tzinfo=zone)
    at = datetime.datetime.combine(day(cell, order), datetime.time(), tzinfo=zone)
    found = _TIME.search(plain(cell))
    if found is None:
        return at
    hour, minute, second, half, offset = found.groups()
    hours = int(hour) % 12 + (12 if half in "Pp" else 0) if half else int(hour)
    try:
        at = at.replace(hour=hours, minute=int(minute), second=int(second or 0))
    except ValueError as error:
        raise Unreadable(_("“%s” is not a date with a time.") % plain(cell)[:60]) from error
    if offset:
        clock = offset.replace("Z", "+00:00")
        at = at.replace(tzinfo=datetime.datetime.fromisoformat(f"2000-01-01T00:00:00{clock}").tzinfo)
    return at


def number(cell: Cell, decimal: str) -> Decimal:
    """The number that a cell holds; signs of currencies, percent and spaces between digits are left out.

    Digits are grouped by three or not at all: with a decimal point, 1,5 is no number. Raises Unreadable.
    """
    if isinstance(cell, Decimal):
        return cell
    text = plain(cell)
    bare = _CODE.sub("", text.strip()).translate({ord(sign): None for sign in _SIGNS}).rstrip("%")
    negative = bare.startswith("(") and bare.endswith(")")
    bare = bare.strip("()") if negative else bare.replace("\u2212", "-")
    group = "," if decimal == POINT else "."
    d, g = re.escape(decimal), re.escape(group)
    if isinstance(cell, bool) or not re.fullmatch(
        rf"[+-]?(?:\d+|\d{{1,3}}(?:{g}\d{{3}})+)?(?:{d}\d*)?", bare, re.ASCII
    ):
        raise _no_number(text, decimal)
    digits = bare.replace(group, "").replace(decimal, ".")
    if not any(sign.isdigit() for sign in digits) or len(digits) > 60:
        raise _no_number(text, decimal)
    return -Decimal(digits) if negative else Decimal(digits)


def _no_number(text: str, decimal: str) -> Unreadable:
    words = {"text": text[:60], "example": NUMBERS[decimal]}
    return Unreadable(_("“%(text)s” is not a number. It looks like %(example)s.") % words)


def guessed_order(cells: Iterable[Cell], preferred: str = MONTH_FIRST) -> str:
    """Which order the days among some cells have: the one that reads most of them.

    Days such as 01/02/2026 can be read in both: with dots the day is first, otherwise what is ``preferred``.
    """
    texts = [cell for cell in cells if isinstance(cell, str)]
    usual = DAY_FIRST if any("." in text for text in texts) else preferred
    return _best(texts, (usual, MONTH_FIRST if usual == DAY_FIRST else DAY_FIRST), day) or YEAR_FIRST


def guessed_decimal(cells: Iterable[Cell]) -> str:
    """Which sign stands before the decimals."""
    texts = [cell for cell in cells if isinstance(cell, str) and ("," in cell or "." in cell)]
    return _best(texts, (POINT, COMMA), number) or POINT


def _best(texts: Sequence[str], ways: Sequence[str], read: Callable[[Cell, str], object]) -> str:
    scores = {way: sum(_reads(text, way, read) for text in texts) for way in ways}
    best = max(ways, key=lambda way: scores[way])
    return best if scores[best] else ""


def _reads(text: str, way: str, read: Callable[[Cell, str], object]) -> bool:
    try:
        read(text, way)
    except Unreadable:
        return False
    return True
