"""Texts with placeholders such as ``Dear {{ customer }}``: only the listed names, no code, nothing else. Pure."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from django.utils.html import escape
from django.utils.translation import gettext as _

_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]{0,60}?)\s*\}\}")
_STRAY = re.compile(r"\{\{|\}\}")


class BadText(ValueError):
    """The text can't be filled in; the message says which placeholder and what to write instead."""


def names_in(text: str) -> list[str]:
    """The placeholders of a text, each once, in order."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(text)))


def check(text: str, known: Iterable[str]) -> None:
    """Raises BadText for a placeholder that is not known, or one that was not closed."""
    offered = sorted(known)
    for name in names_in(text):
        if name not in offered:
            close = get_close_matches(name, offered, 1)
            words = {"name": name, "names": f"{{{{ {close[0]} }}}}" if close else ", ".join(offered)}
            raise BadText(_("There is no {{ %(name)s }}. Use: %(names)s.") % words)
    if _STRAY.search(_PLACEHOLDER.sub("", text)):
        raise BadText(_("A placeholder begins with {{ and ends with }}: one of them is missing."))


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders replaced; what has no value becomes empty. For plain text."""
    return _PLACEHOLDER.sub(lambda found: values.get(found.group(1), ""), text)


def filled_html(text: str, values: Mapping[str, str]) -> str:
    """The same for HTML: text and values are escaped, line breaks kept."""
    return escape(filled(text, values)).replace("\n", "<br>\n")


def one_line(text: str) -> str:
    """``text`` fit for a header such as a subject: no line breaks or control signs can get in."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
