"""Two-factor sign-in as a person does it: set up, sign in with a code, look at where one is signed in."""

import time
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from tests.e2e.axe import assert_accessible, assert_fits

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PASSWORD = "a long enough password"
NOW = int(time.time()) // 30


def code_of(secret: str) -> str:
    """What the app shows."""
    return format_hotp_value(hotp_value(secret, NOW))


@pytest.fixture(autouse=True)
def one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes change every 30 seconds; not in the middle of a test."""
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.yield_hotp_counters_from_time", lambda: iter([NOW]))


@pytest.fixture
def person(transactional_db: None) -> User:
    """Somebody whose role needs a second factor."""
    cache.clear()
    role = Role.objects.create(name="Careful", permissions=["accounts.manage"], requires_two_factor=True)
    return User.objects.create_user("carla@example.com", PASSWORD, name="Carla", role=role)


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/login/")
    page.fill("#id_username", "carla@example.com")
    page.fill("#id_password", PASSWORD)
    page.click("#login-form button[type=submit]")


def test_a_person_is_led_to_the_second_factor_and_signs_in_with_it(
    window: Callable[..., Page], live_server, person: User
):
    page = window(width=390, height=800)
    sign_in(page, live_server.url)
    expect(page.get_by_role("heading", name="Set up two-factor sign-in")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    # The QR code is drawn although the policy of the page is strict.
    assert page.locator(".qr-code img").evaluate("image => image.complete && image.naturalWidth > 0")
    secret = page.locator("#totp-key").inner_text().replace(" ", "")
    page.fill("#id_code", code_of(secret))
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    expect(page.locator("#recovery-codes li")).to_have_count(10)
    assert_accessible(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.path().read_text().split() == page.locator("#recovery-codes li").all_inner_texts()
    assert Authenticator.objects.filter(user=person, type="totp").count() == 1

    second = window(width=1280)
    sign_in(second, live_server.url)
    expect(second.get_by_role("heading", name="Enter your code")).to_be_visible()
    assert_accessible(second)
    second.fill("#id_code", code_of(secret))
    second.get_by_role("button", name="Sign in").click()
    expect(second).to_have_url(f"{live_server.url}/")
    second.goto(f"{live_server.url}/settings/security/")
    expect(second.locator("#sessions tbody tr")).to_have_count(2)
    assert_accessible(second)
    second.get_by_role("button", name="End all other sessions").click()
    expect(second.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    second.fill("#id_password", PASSWORD)
    second.get_by_role("button", name="Go on").click()
    expect(second.locator("#sessions tbody tr")).to_have_count(1)
    page.goto(f"{live_server.url}/")
    expect(page.locator("#login-form")).to_be_visible()
