"""Whose records a person sees: one answer for pages, programs, searches, files, reports and mails.

A role says how far its people see (``Sees``). ``sight(user)`` is that answer for a person; each kind of record says in
its ``visible_to(user)`` which columns lead to an owner, and hands them to ``within``. Nothing is kept longer than the
user object that a request or a slice of a task begins with, so a change counts from the next one on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import BooleanField, OuterRef, Q, QuerySet, Subquery, Value

from accounts import queries
from accounts.models import Sees
from core import seeing

# Of so many people's records, and of nobody's, there may be too many to list their ids for a page.
MANY_OWNERS = 10
Ways = Callable[["Sight"], Sequence[QuerySet[Any, Any]]]


@dataclass(frozen=True)
class Sight:
    """The owners whose records a person sees; ``unassigned``: those of nobody too.

    ``each``: of every row that the database has at hand it is asked whether it is seen, as ``core.seeing`` says.
    """

    owners: tuple[int, ...]
    unassigned: bool
    each: bool = False

    def own(self, path: str = "owner") -> Q:
        """Rows whose person at ``path`` is one of the owners, or nobody where that counts as one's own."""
        mine = Q(**{f"{path}__in": self.owners})
        return mine | Q(**{path: None}) if self.unassigned else mine

    def by(self, path: str) -> Q:
        """Rows whose person at ``path`` is one of the owners, never nobody."""
        return Q(**{f"{path}__in": self.owners})

    def seen(self, path: str, ways: Ways) -> Q:
        """Rows whose id at ``path`` is one of those that the ways to an owner give."""
        ids = ways(self)
        if not self.each:
            return Q(**{f"{path}__in": _union(ids)})
        found = Q()
        for way in ids:
            (column,) = way.query.values_select or ("pk",)
            # Not EXISTS, for which PostgreSQL may gather all ids of the way first, whatever the LIMIT outside.
            one = way.order_by().filter(**{column: OuterRef(path)}).values(seen=Value(True))[:1]
            found |= Q(Subquery(one, output_field=BooleanField()))
        return found


def sight(user: Any) -> Sight | None:
    """How far ``user`` sees; None for everything. One statement where the role sees teams, else none.

    The product itself, which reads for nobody (``user`` is None), sees everything; who is not signed in, nothing.
    """
    if user is None:
        return None
    if not hasattr(user, "_sight"):
        user._sight = _sight(user)
    found: Sight | None = user._sight
    asked = seeing.form(user)
    if found is None or asked == seeing.NOT_AT_ALL:
        return None
    return replace(found, each=True) if asked else found


def sees_all(user: Any) -> bool:
    """Whether nothing is hidden from ``user`` but by permissions."""
    return sight(user) is None


def within(rows: QuerySet[Any], user: Any, ways: Ways, column: str = "pk") -> QuerySet[Any]:
    """The ``rows`` that ``user`` may see: those whose ``column`` is in one of the id queries that ``ways`` gives.

    For who sees everything the rows stay untouched. Else it is one UNION of the ways, so that PostgreSQL follows the
    index of each of them from the owner's side; or for each row at hand the first way that leads to an owner.
    """
    held = sight(user)
    return rows if held is None else rows.filter(held.seen(column, ways))


def _union(ids: Sequence[QuerySet[Any, Any]]) -> Any:
    """Queries of ids as one. Without repetitions: PostgreSQL takes what may repeat itself for two hundred rows."""
    first, *others = (each.order_by() for each in ids)
    return first.union(*others) if others else first


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


def _limited(user: Any) -> bool:
    return seeing.form(user) != seeing.NOT_AT_ALL and not sees_all(user)


def _wide(user: Any) -> bool:
    held = sight(user)
    return held is not None and (held.unassigned or len(held.owners) > MANY_OWNERS)


seeing.limited.append(_limited)
seeing.wide.append(_wide)
