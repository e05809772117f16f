"""How a list or a search asks which records a person sees, by what is cheaper; ``accounts.visibility`` answers.

Whoever sees few records is asked for the ids of all of them at once. Whoever sees many is asked of the rows at hand,
one by one: a page then costs what it shows, not what the person sees.
"""

import copy
from collections.abc import Callable
from typing import Any

# Whether something is hidden from a person, and whether that is so of few records only. Filled by accounts.
limited: list[Callable[[Any], bool]] = []
wide: list[Callable[[Any], bool]] = []

_FORM = "_records_asked"
ONE_BY_ONE, NOT_AT_ALL = "one by one", "not at all"


def form(user: Any) -> str:
    """In which form ``user``'s sight is asked; empty for the usual one, all ids at once."""
    found: str = getattr(user, _FORM, "")
    return found


def is_limited(user: Any) -> bool:
    """Whether records are hidden from ``user``."""
    return any(ask(user) for ask in limited)


def is_wide(user: Any) -> bool:
    """Whether ``user`` may see so many records that asking for the ids of all is the dearer way."""
    return any(ask(user) for ask in wide)


def one_by_one(user: Any) -> Any:
    """The person, whose sight the database asks of each row that it has at hand. For few rows, or a page of many."""
    return _as(user, ONE_BY_ONE) if is_limited(user) else user


def unlimited(user: Any) -> Any:
    """The person with their permissions but without limits of sight: for the rows of which it is asked afterwards."""
    return _as(user, NOT_AT_ALL) if is_limited(user) else user


def _as(user: Any, wanted: str) -> Any:
    if form(user) == wanted:
        return user
    changed = copy.copy(user)
    setattr(changed, _FORM, wanted)
    return changed
