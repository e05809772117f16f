"""Field mappings in a browser: one is added with the pickers, tried on a record, edited, switched off and deleted."""

import pytest
from playwright.sync_api import expect

from sync.models import FieldMapping
from tests import makers
from tests.books import Books
from tests.e2e.axe import assert_accessible, assert_looks
from tests.e2e.conftest import sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def pick(page, name: str, typed: str) -> None:
    """Choose in a searchable dropdown by typing."""
    page.locator(f"#id_{name} + .ts-wrapper .ts-control").click()
    page.keyboard.type(typed)
    page.locator(".ts-dropdown:visible .option").first.click()


def test_a_mapping_from_its_making_to_its_deletion(books: Books, window, live_server):
    books.customer(Notes="Pays late")
    books.sync()
    makers.user("Admin", "admin@example.com")
    page = window()
    sign_in(page, live_server.url, "admin@example.com")
    page.goto(f"{live_server.url}/settings/connected-apps/quickbooks/{books.connection.pk}/mappings/company/")
    page.wait_for_load_state("networkidle")

    page.get_by_role("link", name="Add new mapping").click()
    panel = page.locator("#drawer")
    expect(panel.get_by_role("heading", name="Add new mapping")).to_be_visible()
    assert_accessible(page)
    with page.expect_response(lambda answer: "crm_field=notes" in answer.url):
        pick(page, "crm_field", "Notes")
    with page.expect_response(lambda answer: "qbo_field=Notes" in answer.url):
        pick(page, "qbo_field", "Notes")
    expect(panel.get_by_label("Direction")).to_have_value("both")
    panel.locator(".mapping-try .ts-control").click()
    page.locator(".ts-dropdown:visible .option", has_text="Bright Gardens").click()
    expect(panel.locator("#mapping-tried")).to_contain_text("Pays late")
    assert_accessible(page)
    panel.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Notes", exact=True)).to_be_visible()
    expect(page.locator("#mapping-progress")).to_contain_text("appl")
    row = FieldMapping.objects.get(record_type="company", crm_field="notes")

    page.get_by_role("link", name="Notes", exact=True).click()
    expect(panel.get_by_role("heading", name="Edit mapping")).to_be_visible()
    panel.get_by_label("Direction").select_option("in")
    panel.get_by_role("button", name="Save changes").click()
    expect(page.locator("tr", has_text="Notes").get_by_title("QuickBooks to CRM")).to_be_visible()
    row.refresh_from_db()
    assert row.direction == "in"

    page.get_by_label("Actions for Notes").click()
    page.get_by_role("button", name="Switch off").click()
    expect(page.locator("#toasts")).to_contain_text("The mapping is off.")
    page.get_by_label("Actions for Notes").click()
    page.locator("details[open]").get_by_role("button", name="Delete").click()
    page.locator("#confirm-dialog").get_by_role("button", name="Delete").click()
    expect(page.locator("#toasts")).to_contain_text("The mapping is deleted.")
    assert not FieldMapping.objects.filter(pk=row.pk).exists()


def test_the_tables_are_accessible_and_fit_the_window(books: Books, window, live_server):
    makers.user("Admin", "admin@example.com")
    page = window()
    sign_in(page, live_server.url, "admin@example.com")
    base = f"{live_server.url}/settings/connected-apps/quickbooks/{books.connection.pk}/mappings"
    row = FieldMapping.objects.get(connection=books.connection, record_type="product", crm_field="name")
    for address in (
        f"{base}/contact/",
        f"{base}/line/",
        f"{base}/invoice/new/",
        f"{live_server.url}/settings/connected-apps/quickbooks/mappings/{row.pk}/",
    ):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert_looks(page)
