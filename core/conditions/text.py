"""Texts without regard to case, by one table for both interpreters.

PostgreSQL's ``lower()`` depends on the server's locale and Python's does not, so neither is used: a character is
replaced by the one character that it folds to, taken from the table below, in Python by ``str.translate`` and in SQL by
``translate()``. A character that folds to several (ß, İ) stays as it is; the Greek sigmas are one; accents count.
For texts of ASCII only, SQL takes the faster way with the same result.
"""

from typing import Any

from django.db.models import Case, Func, IntegerField, TextField, Value, When
from django.db.models.functions import Collate, Length, Lower
from django.db.models.lookups import Exact

# Latin, Greek, Cyrillic, Armenian, and the Latin and Greek letters with several marks.
_ALPHABETS = (range(0x0041, 0x0588), range(0x1E00, 0x2000))


def _folded(character: str) -> str:
    for candidate in (character.casefold(), character.lower()):
        if len(candidate) == 1:
            return candidate
    return character


FOLDS = {chr(code): _folded(chr(code)) for block in _ALPHABETS for code in block if _folded(chr(code)) != chr(code)}
_TABLE = str.maketrans(FOLDS)
# translate() looks through its table from the beginning for every character, and through all of it for one that is not
# there: what most texts are made of comes first, also where it stays as it is.
_COMMON = "".join(map(chr, [*range(0x61, 0x7B), *range(0x20, 0x61), *range(0xDF, 0x100)]))
_FROM = _COMMON + "".join(letter for letter in FOLDS if letter not in _COMMON)
_TO = "".join(FOLDS.get(letter, letter) for letter in _FROM)
_REACHED = frozenset(FOLDS.values())


def fold(text: str) -> str:
    """``text`` with each letter folded."""
    return text.translate(_TABLE)


def caseless(text: str) -> bool:
    """Whether only ``text`` itself folds to ``text``: digits and signs. Such texts can use a plain index."""
    return not _REACHED.intersection(text) and fold(text) == text


def folded(expression: Any) -> Any:
    """``fold`` in SQL."""
    bytewise = Collate(expression, "C")
    only_ascii = Exact(Func(expression, function="octet_length", output_field=IntegerField()), Length(expression))
    translated = Func(bytewise, Value(_FROM), Value(_TO), function="translate", output_field=TextField())
    return Case(
        When(only_ascii, then=Lower(bytewise, output_field=TextField())), default=translated, output_field=TextField()
    )
