"""Merging two contacts in a browser, from the list to the undo."""

import pytest
from playwright.sync_api import expect

from crm.services import contacts
from tests.e2e.axe import assert_accessible

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_two_contacts_are_merged_and_parted_again(open_as, live_server, rep, contact):
    twin = contacts.create(by=rep, first_name="Gracie", last_name="Pariente", email="gracie@example.com", phone="555")
    page = open_as(rep, "/contacts/")
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
    twin.refresh_from_db()
    contact.refresh_from_db()
    assert (twin.archived_at, contact.archived_at) == (None, None)
    assert {twin.first_name, contact.first_name} == {"Gracie", "Grace"}
