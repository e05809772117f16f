"""Conflicts and likely matches in a browser: decided one by one, by a filter, and asked before all of them."""

import pytest
from playwright.sync_api import expect

from crm.models import Company
from crm.services import companies
from sync.enums import Winner
from sync.models import Conflict, Link, MatchSuggestion
from tests import makers
from tests.books import Books
from tests.e2e.axe import assert_accessible, assert_looks
from tests.e2e.conftest import sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def in_conflict(books: Books, by, count: int = 3) -> list[Company]:
    """Companies whose phone and website both sides changed."""
    made = [
        books.customer(f"Customer {number}", f"c{number}@example.com", PrimaryPhone={"FreeFormNumber": "555-0000"})
        for number in range(count)
    ]
    books.sync()
    books.settings(winner=Winner.ASK)
    found = list(Company.objects.order_by("name"))
    for company in found:
        companies.update(company, by=by, phone="555-0001", website="https://own.example")
    for number in made:
        books.act(
            "Customer", number, PrimaryPhone={"FreeFormNumber": "555-0002"}, WebAddr={"URI": "https://books.example"}
        )
    books.sync()
    return found


def likely(books: Books, by) -> None:
    """A company that shares nothing but its name with a customer."""
    companies.create(by=by, name="Rose Yard", email="crm@example.com", website="https://own.example")
    books.customer("Rose Yard", "books@example.com", PrimaryPhone={"FreeFormNumber": "555-0100"})
    books.sync()


def test_conflicts_are_decided(books: Books, window, live_server):
    person = makers.user("Admin", "admin@example.com")
    first, *_others = in_conflict(books, person)
    page = window()
    sign_in(page, live_server.url, "admin@example.com")

    # from the record's card to its conflicts
    page.goto(f"{live_server.url}/companies/{first.pk}/")
    page.get_by_role("link", name="Decide").click()
    expect(page.get_by_text("2 fields to decide")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name=f"Take this : Phone of {first.name} as QuickBooks has it").click()
    expect(page.locator("#toasts")).to_contain_text("1 conflict is decided.")
    first.refresh_from_db()
    assert first.phone == "555-0002"

    # all that fit a filter, asked before
    page.get_by_role("link", name="Clear filters").click()
    chip = page.locator(".chip", has_text="Field")
    chip.locator("summary").click()
    chip.get_by_label("Website").check()
    expect(page.get_by_text("3 fields to decide")).to_be_visible()
    page.get_by_role("button", name="Take QuickBooks’").click()
    dialog = page.locator("#confirm-dialog")
    expect(dialog).to_contain_text("Take QuickBooks' value in 3 conflicts?")
    dialog.get_by_role("button", name="Take QuickBooks’").click()
    expect(page.locator("#toasts")).to_contain_text("3 conflicts are decided.")
    assert set(Conflict.objects.filter(resolved_at=None).values_list("crm_field", flat=True)) == {"phone"}
    assert set(Company.objects.values_list("website", flat=True)) == {"https://books.example"}


def test_a_likely_match_is_confirmed(books: Books, window, live_server):
    likely(books, makers.user("Admin", "admin@example.com"))
    page = window()
    sign_in(page, live_server.url, "admin@example.com")
    page.goto(f"{live_server.url}/settings/sync-health/matches/")

    expect(page.get_by_role("row", name="Phone")).to_contain_text("555-0100")
    page.get_by_role("button", name="The same : Rose Yard", exact=True).click()

    expect(page.locator("#toasts")).to_contain_text("1 match is confirmed and linked.")
    assert MatchSuggestion.objects.get().accepted
    assert Link.objects.filter(object_type="company", matched_by="confirmed").exists()


def test_the_pages_are_accessible_and_fit_the_window(books: Books, window, live_server):
    person = makers.user("Admin", "admin@example.com")
    in_conflict(books, person)
    likely(books, person)
    companies.create(by=person, name="Twin One", email="same@example.com")
    companies.create(by=person, name="Twin Two", email="same@example.com")
    page = window()
    sign_in(page, live_server.url, "admin@example.com")
    for path in (
        "/settings/sync-health/conflicts/",
        "/settings/sync-health/matches/",
        "/settings/sync-health/duplicates/",
    ):
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        assert_looks(page)
