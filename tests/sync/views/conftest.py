"""Signed-in browsers by role for the tests of the sync's pages."""

# ruff: noqa: PLC0415 -- pytest loads this file before Django is set up, and models need that

from collections.abc import Callable

import pytest
from django.test import Client


@pytest.fixture
def sign_in(db) -> Callable[[str], Client]:
    """A browser with a user of the named default role signed in; ``browser.user`` is who it is."""
    from accounts.models import Role, User
    from accounts.permissions import DEFAULT_ROLES

    def signed_in(role_name: str) -> Client:
        role, _new = Role.objects.update_or_create(name=role_name, defaults={"permissions": DEFAULT_ROLES[role_name]})
        user = User.objects.create_user(
            f"{role_name.lower().replace(' ', '-')}@example.com", "a long enough password", name=role_name, role=role
        )
        browser = Client()
        browser.force_login(user)
        browser.user = user
        return browser

    return signed_in


@pytest.fixture
def admin(sign_in) -> Client:
    """An admin's browser."""
    return sign_in("Admin")


@pytest.fixture
def ops(sign_in) -> Client:
    """The browser of somebody who runs the sync and does not set it up."""
    return sign_in("Ops")


@pytest.fixture
def rep(sign_in) -> Client:
    """A sales rep's browser."""
    return sign_in("Sales rep")
