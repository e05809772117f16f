"""The state of a list in its address: canonical form, so that two states can be compared, and addresses of others."""

from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from django.http import QueryDict

# What is no part of a saved state: where one is in the list, and what stands in columns of its own.
PLACE = ("view", "open", "cursor", "size")
LOOK = ("columns", "density")
DENSITIES = ("comfortable", "compact")
LONGEST_SEARCH = 200
EMPTY = ("", "..")


def canonical(query: QueryDict) -> str:
    """Search, filters and order as a query string: the same state gives the same text."""
    pairs = [
        (name, value)
        for name in sorted(query)
        if name not in PLACE and name not in LOOK
        for value in sorted(set(query.getlist(name)))
        if value not in EMPTY
    ]
    return urlencode(pairs)


def normal(state: str) -> str:
    """A query string in canonical form."""
    return canonical(QueryDict(state))


def address(state: str, *, view: str = "", columns: Sequence[str] = (), density: str = "", size: str = "") -> str:
    """The query string of a list in some state, with its question mark."""
    more = [("view", view), ("columns", ",".join(columns)), ("density", density), ("size", size)]
    parts = [state, urlencode([(name, value) for name, value in more if value])]
    return "?" + "&".join(filter(None, parts))


def without(query: QueryDict, names: Iterable[str]) -> QueryDict:
    """The query without some names."""
    changed = query.copy()
    for name in names:
        changed.pop(name, None)
    return changed


def columns_in(query: QueryDict) -> list[str]:
    """The columns that the address names."""
    return list(dict.fromkeys(name for name in query.get("columns", "").split(",") if name))


def density_in(query: QueryDict) -> str:
    """The density that the address names; empty for none of ours."""
    asked = query.get("density", "")
    return asked if asked in DENSITIES else ""
