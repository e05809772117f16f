"""A report is built in a browser: the picture follows the form, keys go along it, it is kept and leads to records."""

import re

import pytest
from playwright.sync_api import expect

from reports.models import Report
from tests.e2e.axe import assert_accessible
from tests.makers import user
from tests.reports.books import company, invoice

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_report_is_built_looked_at_and_kept(open_as, transactional_db):
    rep = user()
    books = company()
    invoice(books, "Ann", "2026-01-05", "100")
    invoice(books, "Bob", "2026-02-05", "250")
    refused = []
    page = open_as(rep, "/reports/new/?object=invoice")
    page.on("console", lambda message: refused.append(message.text) if "Content" in message.text else None)
    preview = page.locator("#report-preview")

    page.get_by_label("Group by").select_option("customer_name")
    page.get_by_label("Period").select_option("")
    page.get_by_label("Order").select_option("measure-down")
    expect(preview.get_by_role("row", name="Bob $250.00")).to_be_visible()
    chart = preview.locator("[data-chart][data-drawn]")
    expect(chart).to_be_visible()
    expect(chart).to_have_attribute("aria-label", re.compile("Bar chart with 2 values"))
    chart.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#announcer")).to_have_text("Bob: $250.00")
    assert_accessible(page)

    page.get_by_label("Name").fill("Customers")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Customers", level=1)).to_be_visible()
    assert Report.objects.get().name == "Customers"
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert_accessible(page)
    page.locator("[data-chart][data-drawn]").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/invoices/\?where="))
    expect(page.get_by_role("link", name="Bob")).to_have_count(1)
    assert not refused
