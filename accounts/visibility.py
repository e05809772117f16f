"""Whose records a person sees: one answer for pages, programs, searches, files, reports and mails.

A role says how far its people see (``Sees``). ``sight(user)`` is that answer for a person; each kind of record says in
its ``visible_to(user)`` which columns lead to an owner, and hands them to ``within``. Nothing is kept longer than the
user object that a request or a slice of a task begins with, so a change counts from the next one on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from accounts import queries
from accounts.models import Sees


@dataclass(frozen=True)
class Sight:
    """The owners whose records a person sees; ``unassigned``: those of nobody too."""

    owners: tuple[int, ...]
    unassigned: bool

    def own(self, path: str = "owner") -> Q:
        """Rows whose person at ``path`` is one of the owners, or nobody where that counts as one's own."""
        mine = Q(**{f"{path}__in": self.owners})
        return mine | Q(**{path: None}) if self.unassigned else mine

    def by(self, path: str) -> Q:
        """Rows whose person at ``path`` is one of the owners, never nobody."""
        return Q(**{f"{path}__in": self.owners})


def sight(user: Any) -> Sight | None:
    """How far ``user`` sees; None for everything. One statement where the role sees teams, else none.

    The product itself, which reads for nobody (``user`` is None), sees everything; who is not signed in, nothing.
    """
    if user is None:
        return None
    if not hasattr(user, "_sight"):
        user._sight = _sight(user)
    found: Sight | None = user._sight
    return found


def sees_all(user: Any) -> bool:
    """Whether nothing is hidden from ``user`` but by permissions."""
    return sight(user) is None


def within(
    rows: QuerySet[Any], user: Any, ways: Callable[[Sight], Sequence[QuerySet[Any, Any]]], column: str = "pk"
) -> QuerySet[Any]:
    """The ``rows`` that ``user`` may see: those whose ``column`` is in one of the id queries that ``ways`` gives.

    For who sees everything the rows stay untouched. The ways are one UNION, so that PostgreSQL follows the index of
    each of them from the owner's side, instead of asking every row of a list.
    """
    held = sight(user)
    if held is None:
        return rows
    return rows.filter(**{f"{column}__in": union(ways(held))})


def union(ids: Sequence[QuerySet[Any, Any]]) -> Any:
    """Queries of ids as one."""
    return ids[0].order_by().union(*(each.order_by() for each in ids[1:]), all=True) if len(ids) > 1 else ids[0]


def _sight(user: Any) -> Sight | None:
    if not user.is_authenticated:
        return Sight((), unassigned=False)
    if (user.is_superuser and user.is_active) or user.role is None or user.role.sees == Sees.ALL:
        return None
    role = user.role
    if role.sees == Sees.TEAM:
        owners = tuple(sorted(queries.team_mates(user).values_list("pk", flat=True)))
    else:
        owners = (user.pk,)
    return Sight(owners, role.sees_unassigned)
