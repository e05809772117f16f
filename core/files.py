"""Which files may be put on records, and what they are: by their ending, checked against how they begin. Pure."""

import re
import unicodedata
from pathlib import PurePosixPath

from django.utils.translation import gettext as _

LONGEST_NAME = 200
FIRST_BYTES = 8192
_OFFICE, _OLD_OFFICE, _TEXT = (b"PK\x03\x04",), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",), ()
_TIFF = (b"II*\x00", b"MM\x00*")
_OPEN_XML = "application/vnd.openxmlformats-officedocument"
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument"
# Ending: (content type, how such files begin; empty for plain text). Nothing that a browser would run.
KINDS: dict[str, tuple[str, tuple[bytes, ...]]] = {
    "pdf": ("application/pdf", (b"%PDF-",)),
    "png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "gif": ("image/gif", (b"GIF87a", b"GIF89a")),
    "tif": ("image/tiff", _TIFF),
    "tiff": ("image/tiff", _TIFF),
    "csv": ("text/csv", _TEXT),
    "txt": ("text/plain", _TEXT),
    "rtf": ("application/rtf", (b"{\\rtf",)),
    "doc": ("application/msword", _OLD_OFFICE),
    "xls": ("application/vnd.ms-excel", _OLD_OFFICE),
    "docx": (f"{_OPEN_XML}.wordprocessingml.document", _OFFICE),
    "xlsx": (f"{_OPEN_XML}.spreadsheetml.sheet", _OFFICE),
    "pptx": (f"{_OPEN_XML}.presentationml.presentation", _OFFICE),
    "odt": (f"{_OPEN_DOCUMENT}.text", _OFFICE),
    "ods": (f"{_OPEN_DOCUMENT}.spreadsheet", _OFFICE),
}
ENDINGS = ", ".join(f".{ending}" for ending in KINDS)


class BadFile(ValueError):
    """The file can't be taken; the message says why and what to do instead."""


def clean_name(typed: str) -> str:
    """A file's name without folders, control and direction signs, at most LONGEST_NAME long, its ending kept."""
    base = unicodedata.normalize("NFC", re.split(r"[/\\]", typed)[-1])
    plain = "".join(" " if unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp", "Cs") else sign for sign in base)
    name = re.sub(r'["<>|:*?]', "_", " ".join(plain.split())).strip(". ")
    path = PurePosixPath(name or "file")
    return (
        f"{path.stem[: LONGEST_NAME - len(path.suffix)]}{path.suffix}" if len(path.suffix) < 20 else name[:LONGEST_NAME]
    )


def content_type_of(name: str, beginning: bytes) -> str:
    """The content type of a file by its name, once its first bytes fit it. Raises BadFile."""
    ending = PurePosixPath(name).suffix.lower().removeprefix(".")
    if ending not in KINDS:
        raise BadFile(_("“%(name)s” is of a kind that can't be kept here. These can: %(kinds)s.") % {
            "name": name, "kinds": ENDINGS})  # fmt: skip
    content_type, beginnings = KINDS[ending]
    fits = beginning.startswith(beginnings) if beginnings else b"\x00" not in beginning[:FIRST_BYTES]
    if not fits:
        raise BadFile(_("“%(name)s” is not what its ending says. Save it again as .%(ending)s, or rename it.") % {
            "name": name, "ending": ending})  # fmt: skip
    return content_type
