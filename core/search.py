"""Word-prefix search on core PostgreSQL: no extension, one generated column and one GIN index per object."""

import re
from functools import reduce

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db.models import F, Func, GeneratedField, Index, Q, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat, Left, Lower, Reverse, Upper

_WORD = re.compile(r"[^\W_]+")
LONGEST_JSON = 100_000


class _Words(Func):
    """Everything but letters and digits becomes a space, so that parts of e-mails and numbers are words too."""

    function = "regexp_replace"
    template = "%(function)s(%(expressions)s, '[^[:alnum:]]+', ' ', 'g')"
    output_field = TextField()


class _Vector(Func):
    template = "to_tsvector('simple'::regconfig, %(expressions)s)"
    output_field = SearchVectorField()


def _with_space(left: Func, right: Func) -> Func:
    return Concat(left, Value(" "), right, output_field=TextField())


def search_column(*fields: str) -> GeneratedField:
    """A stored ``tsvector`` over the text ``fields``; index it with GIN and filter it with ``matching``."""
    texts: list[Func] = [Coalesce(F(field), Value(""), output_field=TextField()) for field in fields]
    joined = reduce(_with_space, texts)
    return GeneratedField(expression=_Vector(_Words(Lower(joined))), output_field=SearchVectorField(), db_persist=True)


class _Joined(Func):
    """Texts with a blank between them."""

    template = "(%(expressions)s)"
    arg_joiner = " || ' ' || "
    output_field = TextField()


class _Digits(Func):
    function = "regexp_replace"
    template = "%(function)s(%(expressions)s, '[^0-9]', '', 'g')"
    output_field = TextField()


class _WithoutZeros(Func):
    template = "ltrim(%(expressions)s, '0')"
    output_field = TextField()


def beginning_index(*fields: str, name: str) -> Index:
    """For texts that begin with what was typed, whatever its case; several ``fields`` are one text."""
    text = _Joined(*(F(field) for field in fields)) if len(fields) > 1 else F(fields[0])
    return Index(OpClass(Upper(text), name="text_pattern_ops"), name=name)


def phone_index(field: str, *, name: str) -> Index:
    """For telephone numbers by their last digits, in any notation."""
    return Index(OpClass(Reverse(_Digits(F(field))), name="text_pattern_ops"), name=name, condition=~Q(**{field: ""}))


def number_index(field: str, *, name: str) -> Index:
    """For the numbers of documents by their digits, whatever stands before them."""
    return Index(_WithoutZeros(_Digits(F(field))), name=name, condition=~Q(**{field: ""}))


def words_in_json(column: str) -> Func:
    """The words of a JSON column, keys among them, for ``matching``; what is very long is not searched to its end."""
    return _Vector(_Words(Lower(Left(Cast(F(column), TextField()), LONGEST_JSON))))


def json_index(column: str, *, name: str) -> GinIndex:
    """For finding words in a JSON column."""
    return GinIndex(words_in_json(column), name=name)


def words_of(text: str) -> list[str]:
    """The words of what was typed, in lower case."""
    return _WORD.findall(text.lower())


def matching(text: str) -> SearchQuery | None:
    """A query for rows in which every typed word is the beginning of a word; None when nothing was typed."""
    words = words_of(text)[:8]
    if not words:
        return None
    return SearchQuery(" & ".join(f"{word}:*" for word in words), search_type="raw", config="simple")
