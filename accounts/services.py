"""Changes of users: each one transaction with one event."""

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest

from accounts import audit, permissions, sessions
from accounts.models import Role, User
from core import company
from core.access import needs
from core.audit import differences
from core.events import Draft, emit, emit_many
from core.models import Origin
from core.services import company as profiles

PREFERENCES = {"theme": ("system", "light", "dark"), "density": ("comfortable", "compact"), "shortcuts": ("on", "off")}


class UsersExist(Exception):
    """The first administrator has been made already."""


class LastAdministrator(Exception):
    """Nobody else could manage users after this."""


class UnknownPreference(ValueError):
    """There is no such preference, or not with this value."""


@transaction.atomic
def create_first_admin(*, email: str, name: str, password: str, time_zone: str = "UTC") -> User:
    """The first user, with the Admin role. Raises UsersExist when there is one; two at once make one."""
    role = Role.objects.select_for_update().get(name=permissions.ADMIN)
    if User.objects.exists():
        raise UsersExist
    user = User.objects.create_user(email, password, name=name, role=role, time_zone=time_zone)
    emit("user.created", user, role=role.name)
    if company.profile().time_zone == "UTC" and time_zone != "UTC":
        profiles.change({"time_zone": time_zone}, by=user)
    return user


@needs("accounts.manage")
@transaction.atomic
def create_user(*, email: str, name: str, role: Role, password: str, by: User) -> User:
    """A user who can sign in with ``password``; notation and zone start as those of ``by``."""
    user = User.objects.create_user(email, password, name=name, role=role, time_zone=by.time_zone, language=by.language)
    emit("user.created", user, by=by, role=role.name)
    return user


@needs("accounts.manage")
@transaction.atomic
def update_user(user: User, *, name: str, role: Role, by: User) -> User:
    """Change name and role. Raises LastAdministrator when that would leave nobody who manages users."""
    if "accounts.manage" not in role.permissions:
        _require_another_administrator(user)
    held = User.objects.select_for_update(of=("self",)).select_related("role").get(pk=user.pk)
    before = differences.values_of(held, ("name", "role"))
    User.objects.filter(pk=user.pk).update(name=name, role=role)
    user.refresh_from_db()
    emit("user.changed", user, by=by, role=role.name, changes=differences.since(before, user))
    return user


@needs("accounts.manage")
@transaction.atomic
def set_active(user: User, *, active: bool, by: User, hand_to: User | None = None) -> User:
    """Let a person sign in, or no longer. Raises LastAdministrator.

    What a deactivated person has goes to ``hand_to`` in the background; without, it stays.
    """
    if not active:
        _require_another_administrator(user)
    if User.objects.filter(pk=user.pk, is_active=not active).update(is_active=active):
        data = {"to": hand_to.pk} if hand_to is not None and not active and hand_to.pk != user.pk else {}
        name = "user.activated" if active else "user.deactivated"
        if not active:
            sessions.end_all(user)
        emit_many([Draft(name, "user", user.pk, data=data)], by=by, origin=Origin.PERSON)
    user.refresh_from_db()
    return user


@transaction.atomic
def update_profile(user: User, **values: Any) -> User:
    """A person's own name, time zone, language, theme and density."""
    before = differences.values_of(User.objects.select_for_update(of=("self",)).get(pk=user.pk), values)
    User.objects.filter(pk=user.pk).update(**values)
    user.refresh_from_db()
    emit("user.changed", user, by=user, changes=differences.since(before, user))
    return user


def set_preference(user: User, *, name: str, value: str) -> None:
    """Theme, density or shortcuts, chosen in passing. Raises UnknownPreference. Too small a thing for an event."""
    if value not in PREFERENCES.get(name, ()):
        raise UnknownPreference(name, value)
    User.objects.filter(pk=user.pk).update(**{name: value})


@transaction.atomic
def change_password(user: User, *, password: str, request: HttpRequest) -> None:
    """A new password chosen by its owner, which ends all sessions but this one."""
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record("user.password_changed", user, request=request, by=user)


def _require_another_administrator(user: User) -> None:
    """Raises LastAdministrator. Locks the others, so that two administrators can't remove each other at once."""
    others = User.objects.filter(~Q(pk=user.pk), is_active=True, role__permissions__contains="accounts.manage")
    if not list(others.select_for_update(of=("self",)).values_list("pk", flat=True)):
        raise LastAdministrator
