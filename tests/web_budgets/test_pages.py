"""What pages may cost a browser that has never been here, and one that has."""

from dataclasses import dataclass

import pytest
import requests
from django.conf import settings
from playwright.sync_api import Browser

from tests.makers import deal_of, requested_invoice, user
from tests.quickbooks import connect, drain_until_settled, enable, sync_company
from tests.web_budgets.visits import Visit, visit, watched

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
MOST_BYTES, MOST_REQUESTS = 200 * 1024, 60
# The library that draws is for pages that show something drawn.
CHARTS = "/vendor/echarts/"
YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Site:
    """The running product with a company in it, and the pages that people open most."""

    address: str
    cookie: str
    pages: dict[str, str]


@pytest.fixture
def site(served, quickbooks, client):
    connection = connect(quickbooks)
    enable(connection)
    sync_company(connection)
    person = user("Admin", "ada@example.com")
    deal = deal_of("Cool Cars", person)
    requested_invoice(deal, person)
    drain_until_settled(connection)
    client.force_login(person)
    pages = {
        "home": "/",
        "deal": f"/deals/{deal.pk}/",
        "invoices": "/invoices/",
        "report": "/reports/ready/receivables-aging/",
    }
    return Site(served, client.cookies[settings.SESSION_COOKIE_NAME].value, pages)


def twice(browser: Browser, site: Site, path: str, *, signed_in: bool = True) -> tuple[Visit, Visit]:
    """The first and the second visit of a browser."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    if signed_in:
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": site.cookie, "url": site.address}])
    try:
        page = watched(context)
        return visit(page, site.address + path), visit(page, site.address + path)
    finally:
        context.close()


def test_pages_keep_to_their_budgets(browser, site):
    found = {name: twice(browser, site, path) for name, path in site.pages.items()}
    found["sign-in"] = twice(browser, site, "/login/", signed_in=False)

    for name, (first, second) in found.items():
        charts = sum(size for url, size in first.files.items() if CHARTS in url)
        assert bool(charts) == (name == "report"), name
        assert first.sent - charts <= MOST_BYTES, (name, first.sent, first.files)
        assert first.requests <= MOST_REQUESTS, (name, first.requests)
        assert round(first.shift, 2) == round(second.shift, 2) == 0, (name, first.moved, second.moved)
        # Everything that does not change is there already.
        assert not [url for url in second.files if "/static/" in url], name
    assert_compressed_and_kept(found["report"][0].files)


def assert_compressed_and_kept(addresses):
    """Files are sent compressed, but for fonts, which are so by themselves; browsers keep them and do not ask again."""
    for url in addresses:
        answer = requests.get(url, headers={"Accept-Encoding": "gzip"}, timeout=10)
        if "/static/" in url:
            assert {"immutable", f"max-age={YEAR * 10}"} & set(answer.headers["Cache-Control"].split(", ")), url
        assert url.endswith(".woff2") or answer.headers.get("Content-Encoding") == "gzip", url
