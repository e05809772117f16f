"""The simulator's own pages in a browser: an accountant's day, both themes, a phone, the accessibility gate."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

from qbo_simulator.server import Simulator
from tests.e2e.axe import assert_looks

pytestmark = pytest.mark.e2e
REALM = "9130350000000001"
COMPANY = f"/companies/{REALM}"
PARTS = [
    *("settings", "invoices", "invoices/new", "invoices/130", "invoices/130/edit", "payments", "payments/128"),
    *("payments/128/edit", "payments/new?customer=8", "customers", "customers/new", "customers/8", "customers/8/edit"),
    *("items", "items/new", "items/5", "nothing"),
]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Simulator]:
    """A simulator with the US and the Canadian company, and something to see on every page."""
    with Simulator(tmp_path / "simulator", companies=["us", "ca"], keep_dates=True) as running:
        control = f"{running.url}/_simulator"
        webhooks = {"address": "http://127.0.0.1:9/none", "delay": 0, "retries": []}
        requests.post(f"{control}/webhooks", json=webhooks, timeout=10)
        token = requests.post(f"{control}/tokens", json={"realmId": REALM}, timeout=10).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        api = f"{running.url}/v3/company/{REALM}"
        requests.post(f"{api}/customer", json={"DisplayName": "Over the wire"}, headers=headers, timeout=10)
        requests.get(f"{api}/customer/99999", headers=headers, timeout=10)
        requests.post(f"{control}/faults", json={"path": "/nothing", "status": 500, "times": 3}, timeout=10)
        requests.post(f"{control}/snapshot", json={"name": "before"}, timeout=10)
        while not requests.get(f"{control}/webhooks", timeout=10).json()["sent"]:
            pass
        yield running


def press(page: Page, name: str) -> None:
    """Press a button of that very name and wait for the page that answers."""
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_load_state()


def told(page: Page, text: str) -> None:
    """The page says that it is done."""
    expect(page.get_by_role("status")).to_contain_text(text)


def refused(page: Page, text: str) -> None:
    """The page shows the API's own refusal."""
    expect(page.get_by_role("alert")).to_contain_text(text)


def test_every_page_is_accessible_and_fits(desk, window):
    page = window()
    paths = ["/", "/calls", "/calls/1", "/webhooks", "/webhooks/1", "/faults", "/rules", "/clock", "/snapshots"]
    paths += [f"{COMPANY}/{part}" for part in PARTS]
    paths += ["/companies/9130350000000003/invoices/186", "/companies/9130350000000003/invoices/186/edit"]
    for path in paths:
        page.goto(desk.url + path)
        expect(page.locator("h1")).to_have_count(1)
        assert_looks(page)


def test_an_invoice_from_its_first_line_to_its_payment(desk, window):
    page = window()
    page.goto(desk.url)
    page.get_by_role("link", name="Sandbox Company_US_1").click()
    page.get_by_role("link", name="New invoice").click()
    page.get_by_role("combobox", name="Customer").fill("Cool Cars")
    page.get_by_label("Item, line 1").fill("Hours")
    page.get_by_label("Quantity, line 1").fill("3")
    page.get_by_label("Price, line 1").fill("40")
    page.get_by_label("Discount in %").fill("10")
    press(page, "More lines")
    page.get_by_label("Description, line 4").fill("See you soon")
    press(page, "Make invoice")
    told(page, "made.")
    facts = page.locator(".facts")
    expect(facts).to_contain_text("108.00 USD")
    expect(page.get_by_role("cell", name="See you soon")).to_be_visible()

    page.get_by_label("Amount").fill("1000")
    press(page, "Record payment")
    told(page, "Payment of 1,000.00 recorded")
    page.get_by_role("link", name="Payment").last.click()
    expect(page.locator(".facts")).to_contain_text("892.00")
    press(page, "Unapply")
    told(page, "No longer applied.")
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Amount for invoice").first.fill("99999")
    press(page, "Save")
    refused(page, "(6000)")
    expect(page.get_by_label("Amount for invoice").first).to_have_value("99999")
    page.get_by_role("link", name="Cancel").click()
    press(page, "Void")
    told(page, "Voided.")
    press(page, "Delete")
    told(page, "Payment deleted.")

    page.get_by_role("navigation", name="Company").get_by_role("link", name="Invoices").click()
    page.get_by_label("Number or customer").fill("cool cars")
    page.keyboard.press("Enter")
    page.locator("tbody").get_by_role("link").first.click()
    document = page.request.get(desk.url + (page.get_by_role("link", name="PDF").get_attribute("href") or ""))
    assert document.body().startswith(b"%PDF-")


def test_a_customer_from_the_first_letter_to_its_end(desk, window):
    page = window()
    page.goto(f"{desk.url}{COMPANY}/customers")
    page.get_by_role("link", name="New customer").click()
    page.get_by_label("Display name").fill("Books by Bessie")
    press(page, "Make customer")
    refused(page, "(6240)")
    expect(page.get_by_label("Display name")).to_have_value("Books by Bessie")
    page.get_by_label("Display name").fill("Bessie's Other Books")
    page.get_by_role("textbox", name="E-mail").fill("bessie@example.com")
    press(page, "Make customer")
    told(page, "Customer made.")
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("City").fill("Springfield")
    press(page, "Save")
    told(page, "Saved.")
    expect(page.locator(".facts")).to_contain_text("Springfield")
    press(page, "Make inactive")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Bessie's Other Books (deleted) inactive")
    press(page, "Make active again")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bessie's Other Books")

    page.goto(f"{desk.url}{COMPANY}/customers")
    page.get_by_label("Name").fill("sonnenschein")
    press(page, "Show")
    page.get_by_role("link", name="Sonnenschein Family Store").click()
    page.get_by_label("Customer").fill("Bessie's Other Books")
    press(page, "Merge")
    told(page, "everything is with Bessie's Other Books now.")
    expect(page.get_by_role("link", name="1037")).to_be_visible()


def test_items_and_preferences(desk, window):
    page = window()
    page.goto(f"{desk.url}{COMPANY}/items")
    page.get_by_role("link", name="New item").click()
    page.get_by_label("Name").fill("Stamp")
    press(page, "Make item")
    refused(page, "(2020)")
    page.get_by_label("Income account").select_option(label="Services")
    page.get_by_label("Price").fill("1.25")
    press(page, "Make item")
    told(page, "Item made.")
    page.get_by_label("Price").fill("2")
    press(page, "Save")
    told(page, "Saved.")
    expect(page.get_by_label("Price")).to_have_value("2")
    press(page, "Make inactive")
    told(page, "Made inactive.")

    page.get_by_role("link", name="Settings").click()
    page.get_by_label("Custom transaction numbers").check()
    page.get_by_label("Books are closed up to").fill("2026-06-30")
    press(page, "Save preferences")
    told(page, "Preferences saved.")
    expect(page.get_by_label("Custom transaction numbers")).to_be_checked()
    page.goto(f"{desk.url}{COMPANY}/invoices/new?customer=3")
    page.get_by_label("Date").fill("2026-06-30")
    page.get_by_label("Item, line 1").fill("Hours")
    page.get_by_label("Price, line 1").fill("10")
    press(page, "Make invoice")
    refused(page, "(6210)")
    page.get_by_label("Date").fill("2026-07-01")
    press(page, "Make invoice")
    expect(page.get_by_role("status")).to_contain_text("made.")
    page.get_by_role("link", name="Settings").click()
    press(page, "Make them")
    told(page, "Made 10 customers, 5 items, 100 invoices, 60 payments.")
    page.get_by_role("navigation", name="Company").get_by_role("link", name="Invoices").click()
    first = page.locator("tbody tr").first.inner_text()
    page.get_by_role("link", name="Next").click()
    expect(page.locator("tbody tr").first).not_to_have_text(first)
    page.get_by_role("link", name="Previous").click()
    assert page.locator("tbody tr").first.inner_text() == first


def test_what_went_over_the_wire_and_what_goes_wrong_on_purpose(desk, window):
    page = window()
    page.goto(f"{desk.url}/calls")
    page.get_by_label("Status").fill("400")
    press(page, "Show")
    page.get_by_role("link", name="2", exact=True).click()
    expect(page.get_by_label("Body of the answer")).to_contain_text('"code": "610"')
    page.get_by_role("link", name="Webhooks").click()
    page.get_by_role("link", name="1", exact=True).click()
    expect(page.get_by_label("Body of the webhook")).to_contain_text("qbo.customer.created.v1")

    page.get_by_role("link", name="Faults").click()
    page.get_by_label("Part of path and query").fill("/connect")
    page.get_by_role("textbox", name="Status").fill("503")
    press(page, "Add fault")
    told(page, "Added.")
    expect(page.get_by_role("region", name="Faults in force")).to_contain_text("path=/connect status=503")
    page.get_by_role("button", name="Remove fault 2").click()
    expect(page.get_by_text("path=/connect")).to_have_count(0)
    press(page, "Remove all")
    expect(page.get_by_text("Everything works.")).to_be_visible()

    page.get_by_role("link", name="Rules").click()
    page.get_by_label("Calls a second").fill("3")
    press(page, "Save limits")
    told(page, "Limits are on.")
    page.get_by_label("Deleting an invoice that has payments").select_option("unlink")
    press(page, "Save switches")
    told(page, "Saved.")
    expect(page.locator(".differs")).to_have_count(1)
    page.get_by_role("link", name="Clock").click()
    page.get_by_label("Days").fill("40")
    press(page, "Move on")
    told(page, "Moved by 40 days.")

    page.get_by_role("link", name="Snapshots").click()
    press(page, "Go back to before")
    told(page, "Everything is as it was in before.")
    page.get_by_role("link", name="Rules").click()
    expect(page.get_by_label("Calls a second")).to_have_value("10")
    expect(page.locator(".differs")).to_have_count(0)


def test_the_keyboard_alone_gets_to_the_content(desk, window):
    page = window()
    page.goto(f"{desk.url}{COMPANY}/invoices")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="New invoice")).to_be_focused()
