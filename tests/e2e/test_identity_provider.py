"""Signing in with an identity provider, the whole way as a person does it in a browser with our strict policy."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from tests import identity_provider
from tests.e2e.axe import assert_accessible, assert_fits

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_person_goes_to_the_provider_and_comes_back_signed_in(
    window: Callable[..., Page], live_server: Any, settings: Any
):
    cache.clear()
    settings.BASE_URL = live_server.url
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    role = Role.objects.create(name="Reader", permissions=[])
    User.objects.create_user("rep@example.com", name="Rita Rep", role=role)
    page = window(width=390, height=800)
    with identity_provider.serving() as provider:
        identity_provider.set_up(settings, provider)
        page.goto(f"{live_server.url}/settings/profile/")
        assert_accessible(page)
        assert_fits(page)
        page.get_by_role("button", name="Sign in with Acme ID").click()
        page.get_by_role("link", name="That is me").click()
        expect(page.get_by_role("heading", name="Profile")).to_be_visible()
        page.goto(f"{live_server.url}/settings/security/")
        expect(page.get_by_text("this is your only way in")).to_be_visible()
        assert_accessible(page)
        assert_fits(page)

        page.context.clear_cookies()
        provider.person["email_verified"], provider.person["sub"] = False, "person-2"
        page.goto(f"{live_server.url}/login/")
        page.get_by_role("button", name="Sign in with Acme ID").click()
        page.get_by_role("link", name="That is me").click()
        expect(page.get_by_role("heading", name="Your e-mail address is not verified")).to_be_visible()
        assert_accessible(page)
        assert_fits(page)
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_role("heading", name="Rita?")).to_be_visible()
