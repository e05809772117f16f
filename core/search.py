"""Word-prefix search on core PostgreSQL: no extension, one generated column and one GIN index per object."""

import re
from functools import reduce

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db.models import F, Func, GeneratedField, TextField, Value
from django.db.models.functions import Coalesce, Concat, Lower

_WORD = re.compile(r"[^\W_]+")


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


def matching(text: str) -> SearchQuery | None:
    """A query for rows in which every typed word is the beginning of a word; None when nothing was typed."""
    words = _WORD.findall(text.lower())[:8]
    if not words:
        return None
    return SearchQuery(" & ".join(f"{word}:*" for word in words), search_type="raw", config="simple")
