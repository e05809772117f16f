"""The invoice settings of a company in a browser."""

import pytest
from playwright.sync_api import expect

from invoices.models import InvoicingSettings
from tests import makers
from tests.books import Books
from tests.e2e.axe import assert_accessible, assert_fits
from tests.e2e.conftest import sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_an_admin_chooses_the_default_product(window, live_server, books: Books):
    makers.user("Admin", "admin@example.com")
    fountain = books.item("Fountain")
    books.sync()
    page = window()
    sign_in(page, live_server.url, "admin@example.com")
    page.goto(f"{live_server.url}/settings/connected-apps/quickbooks/{books.connection.pk}/invoices/")

    page.get_by_label("Leave invoices in other currencies out").check()
    page.locator(".ts-control").first.click()
    page.get_by_role("option", name="Fountain").click()
    for theme in ("dark", "light"):
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        assert_accessible(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert_fits(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("button", name="Save").click()

    expect(page.locator("#messages")).to_contain_text("Saved.")
    stored = InvoicingSettings.objects.get(connection=books.connection)
    assert (stored.default_item_external_id, stored.skip_other_currencies) == (fountain, True)
