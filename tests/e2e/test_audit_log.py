"""The audit log in a browser: from a record to its lines, to one of them, and what one request or person did."""

import pytest
from playwright.sync_api import expect

from core.audit.source import Source, coming_from
from crm.services import companies
from tests import makers
from tests.e2e.axe import assert_looks
from tests.e2e.conftest import sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
LONG = "A very long name of a company that sells gardens, ponds and everything that grows there and elsewhere " * 2


def test_from_a_record_to_who_changed_what_and_when(window, live_server):
    admin, rep = makers.user("Admin", "admin@example.com"), makers.user()
    company = companies.create(by=rep, name=LONG[:190], domain="acme.example")
    with coming_from(Source("203.0.113.9", 7, "Zapier")):
        companies.update(company, by=rep, domain="acme.test", owner=admin)
    page = window()
    sign_in(page, live_server.url, "admin@example.com")

    page.goto(f"{live_server.url}/companies/{company.pk}/")
    page.locator("#timeline").get_by_role("link", name="Audit log").click()

    expect(page.get_by_role("heading", name="Audit log")).to_be_visible()
    expect(page.get_by_role("cell", name="API (Zapier)")).to_be_visible()
    expect(page.locator("del", has_text="acme.example")).to_be_visible()
    expect(page.locator("ins", has_text="acme.test")).to_be_visible()
    assert_looks(page)

    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator("a.row-link").first.click()
    expect(page.get_by_role("heading", name="Company changed")).to_be_visible()
    expect(page.get_by_role("row", name="acme.example acme.test")).to_be_visible()
    assert_looks(page)

    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("link", name="203.0.113.9").click()
    expect(page.get_by_text("One network address")).to_be_visible()
    expect(page.locator("a.row-link")).to_have_count(1)
