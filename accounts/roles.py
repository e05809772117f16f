"""Changes of roles: what they hold, and whether they need a second factor."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.invitations import waiting
from accounts.models import Invitation, Role, Sees, User
from accounts.permissions import PERMISSIONS, WHOLE
from core.access import needs
from core.audit import differences
from core.events import emit

LONGEST_NAME = 60
MANAGES = "accounts.manage"


class RoleRefused(ValueError):
    """The role can't be like this; the message says why."""


def all_roles() -> QuerySet[Role]:
    """Every role by name with the number of its people who can sign in."""
    return Role.objects.annotate(people=Count("users", filter=Q(users__is_active=True))).order_by("name", "pk")


@needs("accounts.manage")
@transaction.atomic
def create(
    *,
    name: str,
    permissions: Collection[str],
    requires_two_factor: bool,
    by: User,
    sees: str = Sees.ALL,
    sees_unassigned: bool = False,
) -> Role:
    """A role of one's own. Raises RoleRefused."""
    role = Role(
        name=_free_name(name), permissions=_known(permissions), requires_two_factor=requires_two_factor,
        sees=sees, sees_unassigned=sees_unassigned and sees != Sees.ALL,
    )  # fmt: skip
    _require_full_sight(role.sees, role.permissions)
    role.save()
    emit("role.created", role, by=by, title=role.name, permissions=role.permissions, two_factor=requires_two_factor,
         sees=role.sees, unassigned=role.sees_unassigned)  # fmt: skip
    return role


@needs("accounts.manage")
@transaction.atomic
def update(
    role: Role,
    *,
    name: str,
    permissions: Collection[str],
    requires_two_factor: bool,
    by: User,
    sees: str | None = None,
    sees_unassigned: bool | None = None,
) -> Role:
    """Change a role for all who have it; how far they see stays where it is not given.

    Raises RoleRefused, also when nobody could manage users any more.
    """
    fresh = Role.objects.select_for_update().get(pk=role.pk)
    cleaned, before = _free_name(name, but=fresh.pk), set(fresh.permissions)
    # What a later version of the product knows, and this one does not, stays.
    wanted = [*_known(permissions), *(each for each in fresh.permissions if each not in PERMISSIONS)]
    if MANAGES in before and MANAGES not in wanted and not _managed_without(fresh):
        raise RoleRefused(
            _("Somebody has to manage users: give another role with active people that permission first.")
        )
    far = fresh.sees if sees is None else sees
    unassigned = far != Sees.ALL and (fresh.sees_unassigned if sees_unassigned is None else sees_unassigned)
    _require_full_sight(far, wanted)
    former = (fresh.name, before, fresh.requires_two_factor, fresh.sees, fresh.sees_unassigned)
    if (cleaned, set(wanted), requires_two_factor, far, unassigned) != former:
        fresh.name, fresh.permissions, fresh.requires_two_factor = cleaned, wanted, requires_two_factor
        fresh.sees, fresh.sees_unassigned = far, unassigned
        fresh.save(update_fields=["name", "permissions", "requires_two_factor", "sees", "sees_unassigned"])
        gained, lost = sorted(set(wanted) - before), sorted(before - set(wanted))
        names = ("name", "permissions", "requires_two_factor", "sees", "sees_unassigned")
        told = dict(zip(names, former, strict=True))
        now = differences.values_of(fresh, names) | {"permissions": set(wanted)}
        emit("role.changed", fresh, by=by, title=cleaned, gained=gained, lost=lost, two_factor=requires_two_factor,
             sees=far, saw=former[3], unassigned=unassigned, changes=differences.between(told, now))  # fmt: skip
    return fresh


@needs("accounts.manage")
@transaction.atomic
def delete(role: Role, *, by: User) -> None:
    """Delete a role that nobody has and nobody is invited to. Raises RoleRefused."""
    fresh = Role.objects.select_for_update().get(pk=role.pk)
    used = User.objects.filter(role=fresh).count() + waiting().filter(role=fresh).count()
    if used:
        words = ngettext(
            "%d person has or is invited to this role: give them another one first.",
            "%d people have or are invited to this role: give them another one first.",
            used,
        )
        raise RoleRefused(words % used)
    Invitation.objects.filter(role=fresh).delete()
    emit("role.deleted", fresh, by=by, title=fresh.name)
    fresh.delete()


def _require_full_sight(sees: str, permissions: Collection[str]) -> None:
    """Raises RoleRefused where a role that does not see all records would hold what shows or changes all of them."""
    held = [str(PERMISSIONS[each]) for each in PERMISSIONS if each in WHOLE and each in permissions]
    if sees != Sees.ALL and held:
        words = _("These permissions are about everybody’s records and need a role that sees all records: %s.")
        raise RoleRefused(words % "; ".join(held))


def _known(permissions: Collection[str]) -> list[str]:
    return [each for each in PERMISSIONS if each in permissions]


def _managed_without(role: Role) -> bool:
    """Whether active people of other roles manage users; they are locked, so that two changes can't pass each other."""
    others: Any = User.objects.filter(~Q(role=role), is_active=True, role__permissions__contains=MANAGES)
    return bool(list(others.select_for_update(of=("self",)).values_list("pk", flat=True)))


def _free_name(name: str, but: int | None = None) -> str:
    cleaned = " ".join(name.replace("\x00", "").split())[:LONGEST_NAME]
    if not cleaned:
        raise RoleRefused(_("Give the role a name."))
    if Role.objects.exclude(pk=but or 0).filter(name__iexact=cleaned).exists():
        raise RoleRefused(_("There is a role of that name already."))
    return cleaned
