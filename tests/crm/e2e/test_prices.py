"""The company's currency and a price in another one, from the settings to a deal's line items, in a browser."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from core.company import profile
from crm.models import Deal, DealLine
from tests.e2e.axe import assert_accessible

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_price_in_another_currency_comes_to_a_line_of_a_deal(open_as, live_server, admin, deal, product):
    Deal.objects.filter(pk=deal.pk).update(currency="EUR")
    page = open_as(admin, "/settings/company/")
    assert_accessible(page)
    page.get_by_label("Company name").fill("Garden & Sons")
    page.get_by_label("Currency").fill("GBP")
    page.get_by_label("Saturday").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("Changes saved.")
    assert (profile().currency, profile().working_days) == ("GBP", [0, 1, 2, 3, 4, 5])

    page.goto(f"{live_server.url}/products/{product.pk}/")
    page.get_by_role("link", name="Add price").click()
    panel = page.locator("#drawer-body")
    panel.get_by_label("Price").fill("64.50")
    panel.get_by_label("Currency").fill("EUR")
    panel.get_by_role("button", name="Add price").click()
    expect(page.get_by_role("link", name="€64.50")).to_be_visible()

    page.goto(f"{live_server.url}/deals/{deal.pk}/")
    page.get_by_role("link", name="Add line items").click()
    page.locator(".lines-picker .ts-control input").fill("des")
    page.locator(".ts-dropdown .option", has_text="Design").click()
    expect(page.locator("#lines-total")).to_have_text("€64.50")
    page.get_by_label("Billed", exact=True).select_option("month")
    expect(page.locator("#lines-periods")).to_contain_text("Per month: €64.50")
    page.wait_for_load_state("networkidle")
    expect(page.locator("[aria-activedescendant]")).to_have_count(0)
    assert_accessible(page)
    page.get_by_role("button", name="Save line items").click()
    expect(page.get_by_role("link", name="Edit line items")).to_be_visible()
    expect(page.locator("#card-lines tfoot")).to_contain_text("Per month")
    line = DealLine.objects.get()
    assert (line.unit_price, line.billing_period) == (Decimal("64.5"), "month")
