"""Roles: what they hold, who has them, and that somebody can always manage users."""

import pytest
from django.urls import reverse

from accounts import invitations
from accounts.models import Role, User
from accounts.permissions import GROUPS, PERMISSIONS
from core.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    user = User.objects.create_user("ada@example.com", None, name="Ada", role=Role.objects.get(name="Admin"))
    client.force_login(user)
    return user


def test_every_permission_has_a_group_with_a_name():
    assert {name.partition(".")[0] for name in PERMISSIONS} <= set(GROUPS)


def test_a_role_of_ones_own_holds_what_was_ticked_and_counts_at_once(client, admin):
    typed = {"name": " Book  keeper ", "permissions": ["invoices.view", "accounts.manage"], "requires_two_factor": "on"}

    assert client.post(reverse("accounts:role-create"), typed).url == reverse("accounts:role-list")

    role = Role.objects.get(name="Book keeper")
    assert (role.permissions, role.requires_two_factor) == (["invoices.view", "accounts.manage"], True)
    holder = User.objects.create_user("bo@example.com", None, name="Bo", role=role)
    assert User.objects.get(pk=holder.pk).has_perm("accounts.manage")
    address = reverse("accounts:role-edit", args=[role.pk])
    assert b"Bo" in client.get(address).content
    client.post(address, {"name": "Book keeper", "permissions": ["invoices.view"]})
    assert not User.objects.get(pk=holder.pk).has_perm("accounts.manage")
    event = Event.objects.get(name="role.changed")
    assert (event.data["gained"], event.data["lost"], event.actor) == ([], ["accounts.manage"], admin)


def test_unknown_permissions_and_names_that_are_taken_are_refused(client, admin):
    page = reverse("accounts:role-create")

    assert client.post(page, {"name": "New", "permissions": ["root"]}).status_code == 422
    assert client.post(page, {"name": "sales REP"}).status_code == 422
    assert client.post(page, {"name": "  "}).status_code == 422
    assert Role.objects.count() == 4


def test_the_last_who_manages_users_can_not_lose_it_by_a_change_of_the_role(client, admin):
    role = admin.role
    address = reverse("accounts:role-edit", args=[role.pk])
    held = list(role.permissions)

    refused = client.post(address, {"name": "Admin", "permissions": ["crm.edit"]})

    assert refused.status_code == 422
    assert b"Somebody has to manage users" in refused.content
    role.refresh_from_db()
    assert role.permissions == held
    second = Role.objects.create(name="Second", permissions=["accounts.manage"])
    off = User.objects.create_user("off@example.com", None, name="Off", role=second, is_active=False)
    assert client.post(address, {"name": "Admin", "permissions": ["crm.edit"]}).status_code == 422
    User.objects.filter(pk=off.pk).update(is_active=True)
    assert client.post(address, {"name": "Admin", "permissions": ["crm.edit"]}).status_code == 302


def test_only_a_role_that_nobody_has_or_is_invited_to_is_deleted(client, admin):
    role = Role.objects.create(name="Guest", permissions=[])
    delete = reverse("accounts:role-delete", args=[role.pk])
    holder = User.objects.create_user("bo@example.com", None, name="Bo", role=role)

    client.post(delete)
    assert Role.objects.filter(pk=role.pk).exists()
    User.objects.filter(pk=holder.pk).update(role=admin.role)
    asked = invitations.invite(name="Nora", email="nora@example.com", role=role, teams=[], by=admin)
    client.post(delete)
    assert Role.objects.filter(pk=role.pk).exists()
    invitations.withdraw(asked, by=admin)
    client.post(delete)

    assert not Role.objects.filter(pk=role.pk).exists()
    assert Event.objects.filter(name="role.deleted", actor=admin).count() == 1


def test_permissions_that_this_version_does_not_know_stay(client, admin):
    role = Role.objects.create(name="Later", permissions=["later.thing", "crm.edit"])

    client.post(reverse("accounts:role-edit", args=[role.pk]), {"name": "Later", "permissions": ["crm.merge"]})

    role.refresh_from_db()
    assert role.permissions == ["crm.merge", "later.thing"]
