"""Permissions come from the user's role."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.backends import ModelBackend

from accounts.models import Role, Sees, User
from accounts.permissions import WHOLE


class RoleBackend(ModelBackend):
    """Password check of Django; permissions from ``Role.permissions``, read once per request and user object."""

    def get_user(self, user_id: int) -> User | None:
        """The signed-in user together with the role: every page asks for its permissions."""
        user = User.objects.select_related("role").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """The permission names of the user's role; none for inactive users and for nobody."""
        if not user_obj.is_active or user_obj.is_anonymous:
            return set()
        if not hasattr(user_obj, "_role_permissions"):
            user_obj._role_permissions = _held(user_obj.role) if user_obj.role_id else set()
        found: set[str] = user_obj._role_permissions
        return found

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Whether the role holds ``perm``."""
        return perm in self.get_all_permissions(user_obj)


def _held(role: Role) -> set[str]:
    """What a role lets its people do; what is about all records counts only where they see all."""
    held = set(role.permissions)
    return held if role.sees == Sees.ALL else held - WHOLE


def narrowed(user: User, to: Collection[str]) -> User:
    """``user`` with those of the role's permissions alone that are in ``to``, as a program that works for them has."""
    user._role_permissions = RoleBackend().get_all_permissions(user) & set(to)  # type: ignore[attr-defined]
    return user
