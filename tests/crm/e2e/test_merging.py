"""Merging two contacts in a browser, from the list to the undo."""

import pytest
from django.conf import settings
from playwright.sync_api import Browser, expect

from crm.services import contacts
from tests.e2e.axe import assert_accessible

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_two_contacts_are_merged_and_parted_again(browser: Browser, live_server, rep, contact, client):
    twin = contacts.create(by=rep, first_name="Gracie", last_name="Pariente", email="gracie@example.com", phone="555")
    client.force_login(rep)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page = context.new_page()
    try:
        page.goto(f"{live_server.url}/contacts/")
        for box in page.locator("[data-row-check]").all():
            box.check()
        page.locator("#bulk").get_by_role("button", name="Merge").click()
        expect(page.get_by_role("heading", name="Merge records")).to_be_visible()
        assert_accessible(page)
        page.get_by_role("radio", name="Which one stays Keep this one").first.check()
        page.get_by_role("radio", name="First name Gracie").check()
        page.get_by_role("button", name="Merge", exact=True).click()
        expect(page.get_by_role("heading", name="Gracie Pariente")).to_be_visible()

        page.goto(f"{live_server.url}/merges/")
        page.get_by_role("link", name="Undo").click()
        page.get_by_role("button", name="Undo the merge").click()
        expect(page.locator(".toast-text").get_by_text("The merge is undone")).to_be_visible()
    finally:
        context.close()
    twin.refresh_from_db()
    contact.refresh_from_db()
    assert (twin.archived_at, contact.archived_at) == (None, None)
    assert {twin.first_name, contact.first_name} == {"Gracie", "Grace"}
