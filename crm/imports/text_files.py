"""CSV: which encoding and delimiter a file has, and its rows. Pure."""

import codecs
import csv
import io
from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.files import BadFile

UTF8, UTF16, WESTERN = "utf-8-sig", "utf-16", "cp1252"
ENCODINGS = {
    UTF8: gettext_lazy("Unicode (UTF-8)"),
    UTF16: gettext_lazy("Unicode (UTF-16)"),
    WESTERN: gettext_lazy("Western European (Windows-1252)"),
    "iso8859-15": gettext_lazy("Western European (ISO 8859-15)"),
    "mac-roman": gettext_lazy("Western European (Macintosh)"),
    "cp1250": gettext_lazy("Central European (Windows-1250)"),
    "cp1251": gettext_lazy("Cyrillic (Windows-1251)"),
    "shift-jis": gettext_lazy("Japanese (Shift JIS)"),
}
DELIMITERS = {
    ",": gettext_lazy("Comma"),
    ";": gettext_lazy("Semicolon"),
    "\t": gettext_lazy("Tab"),
    "|": gettext_lazy("Vertical bar"),
}
_HEAD = 64 * 1024
_LINES = 50


def encoding_of(content: bytes) -> str:
    """The encoding by mark, by zeros between letters, or by what can be read."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\x00" in content[:_HEAD]:
        return UTF16
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return WESTERN
    return UTF8


def decoded(content: bytes, encoding: str) -> str:
    """The whole text. Raises BadFile."""
    try:
        text = content.decode(_exact(content, encoding))
    except UnicodeDecodeError as error:
        words = _("The file holds characters that are not %s. Choose another encoding, or save it as UTF-8.")
        raise BadFile(words % ENCODINGS.get(encoding, encoding)) from error
    if "\x00" in text:
        raise BadFile(_("This is no text file. Save it as CSV or as an Excel workbook (.xlsx)."))
    return text


def _exact(content: bytes, encoding: str) -> str:
    if encoding != UTF16 or content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return encoding
    # Without a mark: in most texts the high bytes are the zeros.
    high_first = content[0:200:2].count(0) > content[1:200:2].count(0)
    return "utf-16-be" if high_first else "utf-16-le"


def delimiter_of(text: str) -> str:
    """The delimiter that gives most of the first rows one and the same number of cells, and more than one."""
    head = text[:_HEAD]
    if len(text) > _HEAD:
        head = head[: head.rfind("\n") + 1 or _HEAD]

    def score(delimiter: str) -> tuple[float, int]:
        widths = [len(cells) for cells in _some(head, delimiter)]
        if not widths or widths[0] < 2:
            return 0.0, 0
        return sum(width == widths[0] for width in widths) / len(widths), widths[0]

    return max(DELIMITERS, key=score)


def _some(head: str, delimiter: str) -> Iterator[list[str]]:
    reader, found = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), 0
    try:
        for cells in reader:
            if cells:
                yield cells
                found += 1
            if found == _LINES:
                return
    except csv.Error:
        return


def rows_of(text: str, delimiter: str) -> Iterator[list[str]]:
    """All rows, empty ones too, so that counting them gives the numbers of a spreadsheet. Raises BadFile."""
    reader, line = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 0
    try:
        for cells in reader:
            line += 1
            yield cells
    except csv.Error as error:
        words = _("Row %d can't be read: perhaps a quotation mark is opened there and never closed.")
        raise BadFile(words % (line + 1)) from error
