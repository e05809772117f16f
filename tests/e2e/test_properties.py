"""Custom properties in a browser: made, filled on an invoice, seen in its list, renamed, deleted and restored."""

# ruff: noqa: PLC0415 -- pytest loads this file before Django is set up, and models need that

import datetime

import pytest
from playwright.sync_api import Page, expect

from tests import makers
from tests.e2e.axe import assert_looks
from tests.e2e.conftest import sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def invoices():
    """Two invoices of a company that is connected."""
    from invoices.models import Invoice
    from qbo_connector.models import Connection

    connection = Connection.objects.create(
        environment="simulator", realm_id="1001", company_name="Sample Company", country="US", home_currency="USD"
    )
    shared = {"connection": connection, "issued_on": datetime.date(2026, 11, 2), "currency": "USD", "tracked": True}
    return [
        Invoice.objects.create(**shared, external_id=number, number=number, customer_name=name, total=100, balance=100)
        for number, name in (("1001", "Cool Cars"), ("1002", "Bird Sanctuary"))
    ]


def open_settings(page: Page, address: str) -> None:
    page.goto(f"{address}/settings/properties/invoice/")
    page.wait_for_load_state("networkidle")


def test_a_choice_of_invoices_from_its_making_to_its_restoring(window, live_server, invoices):
    makers.user("Admin", "admin@example.com")
    page = window()
    sign_in(page, live_server.url, "admin@example.com")

    # made in the side panel, which shows what the kind needs
    open_settings(page, live_server.url)
    page.get_by_role("link", name="New property").first.click()
    panel = page.locator("#drawer")
    panel.get_by_label("Name").fill("Channel")
    panel.get_by_label("Kind").select_option("choice")
    choices = panel.get_by_label("Choice", exact=True)
    expect(choices).to_have_count(3)
    expect(panel.get_by_label("Name")).to_have_value("Channel")
    choices.nth(0).fill("Web")
    choices.nth(0).press("Enter")
    expect(choices).to_have_count(4)
    expect(choices.nth(1)).to_be_focused()
    choices.nth(1).fill("Shop")
    panel.get_by_role("button", name="Create").click()
    expect(page.locator("#toasts")).to_contain_text("Property “Channel” created.")
    expect(page.locator("#properties")).to_contain_text("Channel")

    # filled on the invoice
    page.goto(f"{live_server.url}/invoices/{invoices[0].pk}/")
    page.get_by_label("Edit properties").click()
    panel.get_by_label("Channel").select_option(label="Shop")
    panel.get_by_role("button", name="Save changes").click()
    expect(page.locator("#card-properties")).to_contain_text("Shop")

    # a column and a filter of the list
    page.goto(f"{live_server.url}/invoices/")
    page.locator("#columns-open").click()
    panel.get_by_role("checkbox", name="Channel").check()
    page.get_by_role("button", name="Show these").click()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("cell", name="Shop")).to_be_visible()
    chip = page.locator(".filter-bar .chip", has_text="Channel")
    chip.locator("summary").click()
    chip.get_by_label("Shop").check()
    expect(page.locator(".table-data tbody tr")).to_have_count(1)
    expect(page.locator(".table-data tbody")).to_contain_text("1001")

    # renaming the choice shows everywhere
    open_settings(page, live_server.url)
    page.get_by_role("link", name="Channel").click()
    expect(choices).to_have_count(2)
    choices.nth(1).fill("Store")
    panel.get_by_role("button", name="Save changes").click()
    expect(page.locator("#toasts")).to_contain_text("Changes saved.")
    page.goto(f"{live_server.url}/invoices/{invoices[0].pk}/")
    expect(page.locator("#card-properties")).to_contain_text("Store")
    expect(page.locator(".timeline")).to_contain_text("changed Channel of invoice 1001 from nothing to Shop")

    # deleted with its name typed, and restored with its values
    open_settings(page, live_server.url)
    page.get_by_label("Actions for Channel").click()
    page.get_by_role("link", name="Delete").click()
    expect(panel).to_contain_text("1 record has a value.")
    panel.get_by_label("Type Channel to confirm").fill("Channel")
    panel.get_by_role("button", name="Delete property").click()
    expect(page.locator("#toasts")).to_contain_text("is deleted")
    page.goto(f"{live_server.url}/invoices/{invoices[0].pk}/")
    expect(page.locator("#card-properties")).to_have_count(0)
    open_settings(page, live_server.url)
    page.get_by_role("button", name="Restore").click()
    expect(page.locator("#properties")).to_contain_text("Channel")
    page.goto(f"{live_server.url}/invoices/{invoices[0].pk}/")
    expect(page.locator("#card-properties")).to_contain_text("Store")


def test_the_order_is_changed_by_keyboard_and_keeps_the_focus(window, live_server):
    from core.properties import definitions
    from core.services import properties

    admin = makers.user("Admin", "admin@example.com")
    for label in ("First", "Second", "Third"):
        properties.create("invoice", by=admin, label=label, kind="text")
    page = window()
    sign_in(page, live_server.url, "admin@example.com")
    open_settings(page, live_server.url)

    page.get_by_label("Move Third up").focus()
    page.keyboard.press("Enter")

    expect(page.locator("#properties tr[data-id]").nth(1)).to_contain_text("Third")
    expect(page.get_by_label("Move Third up")).to_be_focused()
    assert [d.label for d in definitions("invoice")] == ["First", "Third", "Second"]


def test_the_order_of_properties_and_of_groups_is_changed_by_dragging(window, live_server):
    from core.services import properties

    admin = makers.user("Admin", "admin@example.com")
    upper, lower = (properties.group_named("invoice", name) for name in ("Upper", "Lower"))
    for label, group in (("First", upper), ("Second", upper), ("Third", lower)):
        properties.create("invoice", by=admin, label=label, kind="text", group=group)
    page = window()
    sign_in(page, live_server.url, "admin@example.com")
    open_settings(page, live_server.url)
    rows, headings = page.locator("#properties tr[data-id]"), page.locator("#properties .properties-heading")

    drag(page, rows.nth(1), above=rows.nth(0))
    expect(rows).to_contain_text(["Second", "First", "Third"])

    drag(page, headings.nth(1), above=headings.nth(0))
    expect(rows).to_contain_text(["Third", "Second", "First"])
    expect(headings).to_contain_text(["Lower", "Upper"])


def drag(page, row, *, above):
    """Take a row by its grip and put it above another one; ends when the server's answer stands on the page."""
    page.evaluate("document.getElementById('properties').dataset.before = 'yes'")
    start, end = row.locator("[data-grip]").bounding_box(), above.bounding_box()
    page.mouse.move(start["x"] + 6, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(end["x"] + 20, end["y"] + 12, steps=12)
    page.mouse.move(end["x"] + 20, end["y"] + 4, steps=4)
    page.mouse.up()
    expect(page.locator("#properties:not([data-before]) [data-armed]").first).to_be_visible()


def test_the_pages_are_accessible_and_fit_the_window(window, live_server, invoices):
    from core.services import properties

    admin = makers.user("Admin", "admin@example.com")
    group = properties.group_named("invoice", "Delivery")
    made = [
        properties.create("invoice", by=admin, label="Channel", kind="choice", choices=["Web", "Shop"], required=True),
        properties.create("invoice", by=admin, label="Tags", kind="multi_choice", choices=["Gold"], group=group),
        properties.create("invoice", by=admin, label="Due at the gate", kind="datetime", group=group, indexed=True),
        properties.create("invoice", by=admin, label="Gone", kind="text"),
    ]
    properties.delete(made[-1], by=admin)
    page = window()
    sign_in(page, live_server.url, "admin@example.com")
    choice = made[0].choices.first()
    for path in (
        "/settings/properties/invoice/",
        "/settings/properties/payment/",
        "/settings/properties/invoice/new/?kind=choice",
        f"/settings/property/{made[0].pk}/",
        f"/settings/property/{made[0].pk}/delete/",
        f"/settings/property-choice/{choice.pk}/archive/",
        f"/settings/property-group/{group.pk}/",
        f"/properties/invoice/{invoices[0].pk}/",
        f"/invoices/{invoices[0].pk}/",
        "/invoices/",
    ):
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        assert_looks(page)
        expect(page.locator("h1")).to_have_count(1)
