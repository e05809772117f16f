"""A customer with the address of a quote: reads it, accepts it by keyboard, on any screen; accessible in all states."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from core.services import company
from crm.models import Quote
from crm.services import deal_lines, quote_life, quotes
from crm.services.lines import LineValues
from tests.e2e.axe import assert_looks

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Page]


@pytest.fixture
def quote(deal, rep, admin) -> Quote:
    cache.clear()
    company.change({"name": "Garden & Sons", "brand_colour": "#f0b94a"}, by=admin)
    line = LineValues("Design", Decimal(2), Decimal(75), Decimal(10), "All of it", tax_code="20% S")
    deal_lines.set_lines(deal, [line], by=rep)
    return quotes.publish(quotes.create_from_deal(deal, by=rep, notes="Dear Grace"), by=rep)


@pytest.fixture
def open_as_stranger(browser: Browser, live_server) -> Iterator[Open]:
    """A function that opens a quote's address in a browser nobody is signed in with; no script or policy error."""
    contexts, problems = [], []

    def opened(quote: Quote, *, width: int = 1280, theme: str = "light") -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
        page.goto(live_server.url + reverse("crm:quote-public", args=[quote.token]))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not problems


def test_each_state_is_accessible_and_fits(open_as_stranger: Open, quote: Quote, rep) -> None:
    page = open_as_stranger(quote)
    assert_looks(page)
    quotes.publish(quote_life.revise(quote, by=rep), by=rep)
    page.reload()
    expect(page.get_by_text("replaced by a newer version")).to_be_visible()
    assert_looks(page)


def test_a_customer_accepts_by_keyboard_alone(open_as_stranger: Open, quote: Quote) -> None:
    page = open_as_stranger(quote)
    page.locator("#accept-name").focus()
    page.keyboard.type("Grace Pariente")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This quote was accepted.")).to_be_visible()
    quote.refresh_from_db()
    assert (quote.status, quote.answered_name) == ("accepted", "Grace Pariente")


def test_a_customer_declines_with_a_reason(open_as_stranger: Open, quote: Quote) -> None:
    page = open_as_stranger(quote, width=390)
    page.get_by_text("Decline", exact=True).click()
    page.fill("#decline-reason", "Too late for us")
    page.get_by_role("button", name="Decline the quote").click()
    expect(page.get_by_text("This quote was declined.")).to_be_visible()
    quote.refresh_from_db()
    assert quote.decline_reason == "Too late for us"


def test_nothing_else_can_be_reached_from_there(open_as_stranger: Open, quote: Quote, live_server) -> None:
    page = open_as_stranger(quote)
    links = [link.get_attribute("href") or "" for link in page.query_selector_all("a")]
    assert links
    assert all(re.match(r"/q/[\w-]{43}/", link) for link in links)
    assert page.request.get(f"{live_server.url}/quotes/{quote.pk}/", max_redirects=0).status == 302
