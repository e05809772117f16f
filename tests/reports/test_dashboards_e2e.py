"""A dashboard in a browser: its reports load, it is arranged by keyboard, filters count for all of it."""

import pytest
from playwright.sync_api import expect

from reports.rollups import refresh
from reports.services import dashboards
from tests.e2e.axe import assert_accessible
from tests.makers import user
from tests.reports.books import company, invoice

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_dashboard_is_looked_at_filtered_and_arranged(open_as, transactional_db):
    boss = user("Admin", "boss@example.com")
    books = company()
    invoice(books, "Ann", "2026-01-05", "100")
    refresh.refresh()
    dashboard = dashboards.create(by=boss, name="Money", beginning="money")
    page = open_as(boss, f"/reports/dashboards/{dashboard.pk}/?period=custom&from=2026-01-01&to=2026-01-31")

    tile = page.get_by_role("region", name="Billed against collected")
    expect(tile.get_by_role("row", name="Jan 2026")).to_contain_text("$100.00", timeout=30_000)
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=30_000)
    assert_accessible(page)

    page.get_by_role("link", name="Arrange").click()
    down = page.get_by_role("button", name="Move Receivables aging down")
    down.focus()
    with page.expect_response(lambda answer: answer.url.endswith("/order/")):
        page.keyboard.press("Enter")
    expect(page.locator("[data-id] h2").first).to_have_text("Overdue by owner")
    expect(down).to_be_focused()
    assert_accessible(page)
    first = dashboard.tiles.first()
    assert first is not None
    assert first.ready == "overdue-by-owner"
