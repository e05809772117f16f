"""Changes of teams, and what lists and conditions ask about them."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import queries
from accounts.models import Team, User
from core.access import needs
from core.audit import differences
from core.conditions import operators
from core.events import emit
from core.models import SavedView, Visibility
from core.tables import saved

LONGEST_NAME = 80


class TeamRefused(ValueError):
    """The team can't be like this; the message says why."""


@needs("accounts.manage")
@transaction.atomic
def create(*, name: str, members: Iterable[User], by: Any) -> Team:
    """A new team. Raises TeamRefused."""
    team = Team.objects.create(name=_free_name(name))
    team.members.set(members)
    emit("team.created", team, by=by, title=team.name, members=_names(team))
    return team


@needs("accounts.manage")
@transaction.atomic
def update(team: Team, *, name: str, members: Iterable[User], by: Any) -> Team:
    """Another name or other members. Raises TeamRefused."""
    fresh = Team.objects.select_for_update().get(pk=team.pk)
    before, former = set(fresh.members.values_list("pk", flat=True)), {"name": fresh.name, "members": _names(fresh)}
    wanted = {person.pk for person in members}
    cleaned = _free_name(name, but=fresh.pk)
    if cleaned == fresh.name and before == wanted:
        return fresh
    fresh.name = cleaned
    fresh.save(update_fields=["name"])
    fresh.members.set(wanted)
    changes = differences.between(former, {"name": fresh.name, "members": _names(fresh)})
    joined, left = sorted(wanted - before), sorted(before - wanted)
    emit("team.changed", fresh, by=by, title=fresh.name, joined=joined, left=left, changes=changes)
    return fresh


def _names(team: Team) -> list[str]:
    return sorted(str(person) for person in team.members.all())


@needs("accounts.manage")
@transaction.atomic
def delete(team: Team, *, by: Any) -> int:
    """Delete a team. Views that it shared stay with their owners alone; returns how many those are."""
    fresh = Team.objects.select_for_update().get(pk=team.pk)
    views = int(shared_views(fresh).update(visibility=Visibility.PRIVATE, team=None))
    emit("team.deleted", fresh, by=by, title=fresh.name, views=views)
    fresh.delete()
    return views


def shared_views(team: Team) -> Any:
    """The saved views that this team sees."""
    return SavedView.objects.filter(visibility=Visibility.TEAM, team=team.pk)


def register() -> None:
    """Tell lists and conditions about teams."""
    saved.teams_of.append(queries.team_ids)
    saved.team_names.append(names)
    operators.team_mates.append(mates)


def names(user: Any) -> dict[int, str]:
    """The teams of a person by id."""
    return dict(queries.teams_of(user).values_list("pk", "name"))


def mates(user: Any) -> Iterable[int]:
    """The ids of everybody who is in a team with ``user``."""
    return queries.team_mates(user).values_list("pk", flat=True)


def _free_name(name: str, but: int | None = None) -> str:
    cleaned = " ".join(name.replace("\x00", "").split())[:LONGEST_NAME]
    if not cleaned:
        raise TeamRefused(_("Give the team a name."))
    if Team.objects.exclude(pk=but or 0).filter(name__iexact=cleaned).exists():
        raise TeamRefused(_("There is a team of that name already."))
    return cleaned
