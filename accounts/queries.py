"""Reads of users."""

from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.models import Team, User


def visible_to(user: User) -> QuerySet[User]:
    """The people ``user`` may see: everybody."""
    return User.objects.select_related("role")


def people(user: User) -> QuerySet[User]:
    """For the list of users: active ones first, by name."""
    return visible_to(user).prefetch_related("teams").order_by("-is_active", "name", "pk")


def teams_of(user: User) -> QuerySet[Team]:
    """The teams that ``user`` is in."""
    return Team.objects.filter(members=user)


def team_ids(user: User) -> Any:
    """Their ids, as a list or inside another query."""
    return Team.members.through.objects.filter(user=user).values_list("team_id", flat=True)


def team_mates(user: User) -> QuerySet[User]:
    """Everybody who is in a team with ``user``, and ``user``."""
    together = Team.members.through.objects.filter(team__in=team_ids(user)).values("user_id")
    return User.objects.filter(Q(pk=user.pk) | Q(pk__in=together))


def all_teams() -> QuerySet[Team]:
    """Every team with the number of its members who can sign in, by name."""
    active = Count("members", filter=Q(members__is_active=True))
    return Team.objects.annotate(people=active).order_by("name", "pk")


def nobody_yet() -> bool:
    """Whether the installation still waits for its first administrator."""
    return not User.objects.exists()
