"""Reads of users."""

from django.db.models import QuerySet

from accounts.models import User


def visible_to(user: User) -> QuerySet[User]:
    """The people ``user`` may see: everybody."""
    return User.objects.select_related("role")


def people(user: User) -> QuerySet[User]:
    """For the list of users: active ones first, by name."""
    return visible_to(user).order_by("-is_active", "name", "pk")


def nobody_yet() -> bool:
    """Whether the installation still waits for its first administrator."""
    return not User.objects.exists()
