"""The QuickBooks settings in a browser: the way to another site and back, live progress, and every page to axe."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Role, User
from accounts.permissions import DEFAULT_ROLES
from core.models import Event, Heartbeat
from crm.models import Product
from qbo_connector import errors
from qbo_connector.enums import LoadState
from qbo_connector.mirror import merge
from qbo_connector.mirror.parse import Unreadable
from qbo_connector.models import Connection, LoadProgress
from qbo_connector.services import status
from sync.services import again
from tests.e2e.axe import assert_accessible, assert_fits
from tests.quickbooks import read_company, sync_company

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
LIST = "/settings/connected-apps/quickbooks/"
PASSWORD = "a long enough password"


@pytest.fixture
def problems(page):
    """What the browser complained about, such as a refusal of the Content-Security-Policy; has to stay empty."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if "Content Security" in message.text else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    yield found
    assert found == []


@pytest.fixture
def admin(quickbooks, live_server, page, settings, problems):
    """An admin in a browser; the address of the product."""
    settings.BASE_URL = live_server.url
    role = Role.objects.create(name="Boss", permissions=DEFAULT_ROLES["Admin"])
    User.objects.create_user("boss@example.com", PASSWORD, name="Ada Admin", role=role)
    Heartbeat.objects.update_or_create(name="worker", defaults={"beaten_at": timezone.now()})
    page.goto(f"{live_server.url}/login/")
    page.get_by_label("E-mail").fill("boss@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return live_server.url


def assert_good_looking(page) -> None:
    """No serious finding of axe in both themes, and nothing wider than a phone."""
    for theme in ("light", "dark"):
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        assert_accessible(page)
    page.set_viewport_size({"width": 360, "height": 780})
    assert_fits(page)
    page.set_viewport_size({"width": 1280, "height": 800})


def connect(page, choice: str) -> None:
    """Press Connect there, and the given button on the consent page."""
    page.get_by_role("button", name="Connect QuickBooks account").click()
    expect(page).to_have_url(re.compile("/connect/oauth2"))
    page.get_by_role("button", name=choice, exact=True).click()


def test_a_company_is_connected_and_set_up_by_clicks_alone(admin, page):
    page.goto(admin + LIST)
    assert_good_looking(page)

    connect(page, "No thanks")
    expect(page.get_by_role("heading", name="Nothing was connected")).to_be_visible()
    assert_good_looking(page)
    page.get_by_role("button", name="Try again").click()
    expect(page).to_have_url(re.compile("/connect/oauth2"))
    page.get_by_role("button", name="Connect", exact=True).click()

    company = Connection.objects.get()
    expect(page).to_have_url(f"{admin}{LIST}{company.pk}/")
    expect(page.get_by_role("heading", name="First load")).to_be_visible()
    assert_good_looking(page)
    read_company(company)
    expect(page.get_by_role("heading", name="Applying what was read")).to_be_visible()
    page.reload()
    expect(page.get_by_text("31 read, applying 31…")).to_be_visible()
    sync_company(company)
    expect(page.get_by_role("heading", name="Up to date")).to_be_visible()
    expect(page.get_by_text("31 invoices and 16 payments in QuickBooks")).to_be_visible()

    switch = page.get_by_role("switch", name="Products both ways with Products and services")
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.focus()
    page.keyboard.press("Space")
    expect(switch).to_have_attribute("aria-checked", "true")
    expect(switch).to_be_focused()
    expect(page.get_by_role("heading", name="Applying what was read")).to_be_visible()
    again.carry_out(list(Event.objects.filter(name="sync.look_again").values_list("pk", flat=True)))
    sync_company(company)
    expect(page.get_by_text("18 products in the CRM")).to_be_visible()
    assert Product.objects.count() == 18
    assert_good_looking(page)

    page.get_by_label("Minutes between two reads").fill("30")
    expect(page.get_by_text(re.compile(r"About [12],[0-9]{3} reads a month"))).to_be_visible()


def test_the_other_pages_hold_to_the_same_look(admin, page, quickbooks):
    page.goto(admin + LIST)
    connect(page, "Connect")
    page.wait_for_url(f"{admin}{LIST}*/")
    company = Connection.objects.get()
    LoadProgress.objects.create(
        connection=company, entity="Invoice", state=LoadState.RUNNING, loaded=1200, expected=3400
    )
    expect(page.get_by_text("1,200 of 3,400 read")).to_be_visible()
    park_something(company)
    status.needs_reconnect(company, errors.NeedsReconnect())

    for path in (
        "/settings/connected-apps/",
        LIST,
        f"{LIST}{company.pk}/",
        f"{LIST}{company.pk}/disconnect/",
        "/settings/sync-health/",
    ):
        page.goto(admin + path)
        expect(page.get_by_text("needs to be reconnected to QuickBooks.")).to_be_visible()
        assert_good_looking(page)

    page.get_by_text("Show what QuickBooks sent").click()
    expect(page.get_by_text('{"Id": "77", "TotalAmt": "<b>many</b>"}')).to_be_visible()
    assert_good_looking(page)


def park_something(company: Connection) -> None:
    """Something that can't be read."""
    body = b'{"Id": "77", "TotalAmt": "<b>many</b>"}'
    merge.park(company, [Unreadable("Invoice", "77", "TotalAmt is not a number", body)])
