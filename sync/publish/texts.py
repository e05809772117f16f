"""Texts as a QuickBooks company can store them. Pure.

US companies keep ISO-8859-1: other characters come back as question marks or fail with an internal error. So
typographic signs are written plainly, letters lose marks that don't exist there, and what has no equivalent is left out
and named.
"""

import unicodedata
from collections.abc import Mapping
from typing import Any

_PLAIN = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u2032": "'",
        "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"', "\u2033": '"',
        "\u2039": "<", "\u203a": ">", "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-",
        "\u2015": "-", "\u2212": "-", "\u2022": "-", "\u2026": "...", "\u20ac": "EUR", "\u2122": "(TM)",
        "\u2000": " ", "\u2001": " ", "\u2002": " ", "\u2003": " ", "\u2004": " ", "\u2005": " ", "\u2006": " ",
        "\u2007": " ", "\u2008": " ", "\u2009": " ", "\u200a": " ", "\u202f": " ", "\u2028": "\n", "\u2029": "\n",
        "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufe0e": "", "\ufe0f": "", "\ufeff": "",
        "\u0141": "L", "\u0142": "l", "\u0110": "D", "\u0111": "d", "\u0152": "OE", "\u0153": "oe", "\u0131": "i",
        "\u0126": "H", "\u0127": "h", "\u1e9e": "SS",
    }
)  # fmt: skip
# QuickBooks refuses these in names.
_FORBIDDEN = str.maketrans({":": "-", "\t": " ", "\n": " ", "\r": " "})
NAMES = frozenset(
    {"DisplayName", "Name", "Title", "GivenName", "MiddleName", "FamilyName", "Suffix", "PrintOnCheckName"}
)


def latin(text: str) -> tuple[str, str]:
    """``text`` in ISO-8859-1, and the characters that had to be left out."""
    if text.isascii():
        return text, ""
    kept: list[str] = []
    lost: list[str] = []
    for character in text.translate(_PLAIN):
        if ord(character) < 256:
            kept.append(character)
            continue
        # Letters whose marks ISO-8859-1 lacks; other scripts and emoji have no plain form.
        plain = "".join(c for c in unicodedata.normalize("NFKD", character) if ord(c) < 256)
        (kept if plain else lost).append(plain or character)
    return "".join(kept), "".join(dict.fromkeys(lost))


def clean_name(name: str) -> str:
    """A name without what QuickBooks forbids in names (colon, tab, line break)."""
    return " ".join(name.translate(_FORBIDDEN).split())


def storable(payload: Mapping[str, Any], *, in_us: bool) -> tuple[dict[str, Any], dict[str, str]]:
    """A payload whose texts QuickBooks can store, and by top-level field the characters that were left out."""
    lost: dict[str, str] = {}
    found = {name: _storable(value, name, lost, in_us=in_us) for name, value in payload.items()}
    for name in NAMES & found.keys():
        if isinstance(found[name], str):
            found[name] = clean_name(found[name])
    return found, lost


def _storable(value: Any, name: str, lost: dict[str, str], *, in_us: bool) -> Any:
    if isinstance(value, Mapping):
        return {key: _storable(part, name, lost, in_us=in_us) for key, part in value.items()}
    if isinstance(value, list):
        return [_storable(part, name, lost, in_us=in_us) for part in value]
    if not isinstance(value, str):
        return value
    # Neither NUL nor half of a surrogate pair goes through JSON and back.
    text = value.replace("\x00", "").encode(errors="ignore").decode()
    if not in_us:
        return text
    text, gone = latin(text)
    if gone:
        lost[name] = "".join(dict.fromkeys(lost.get(name, "") + gone))
        text = text.strip()
    return text
