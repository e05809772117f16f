"""The palette, the keys and the home page, as somebody uses them who never takes the mouse."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core.models import HomeLayout, RecentRecord
from crm.models import Company, Contact
from tests import makers
from tests.e2e.axe import assert_accessible

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_day_without_the_mouse(transactional_db, open_as: Callable[..., Page]):
    rep = makers.user()
    company = Company.objects.create(name="Cool Cars", domain="cool.example")
    Contact.objects.create(first_name="Grace", last_name="Pariente", company=company, phone="(650) 555-0143")
    page = open_as(rep, "/")
    chosen = page.locator("#palette-list [aria-selected=true]")

    # Ctrl K, the last digits of a phone number, Enter: the record; it is remembered.
    page.keyboard.press("Control+k")
    page.keyboard.type("0143")
    expect(chosen).to_contain_text("Grace Pariente")
    assert_accessible(page)
    with page.expect_request(re.compile("/search/opened/")):
        page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Grace Pariente")
    page.wait_for_load_state("networkidle")

    # g then o: the companies; j and Enter open the first; / has the contact among the recent ones.
    page.keyboard.press("g")
    page.keyboard.press("o")
    expect(page.locator("h1")).to_have_text("Companies")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-row-check]").first).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Cool Cars")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("/")
    expect(page.get_by_role("group", name="Recent")).to_contain_text("Grace Pariente")
    assert RecentRecord.objects.filter(user=rep).count() == 2
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()

    # c where nothing is to be created on the page itself: the menu; arrows and Enter open the form.
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page.locator("h1")).to_contain_text("Good")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("c")
    page.keyboard.type("company")
    expect(chosen).to_contain_text("New company")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/companies/.*new"))

    # Typing is typing.
    page.get_by_label("Name").first.click()
    page.keyboard.type("g d")
    expect(page).to_have_url(re.compile("/companies/.*new"))


def test_the_home_page_is_arranged_by_keyboard(transactional_db, open_as: Callable[..., Page]):
    rep = makers.user()
    page = open_as(rep, "/")
    cards = page.locator(".home-grid [data-card] .card-toggle")
    before = cards.all_inner_texts()
    page.locator("#home-arrange").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name=f"Move {before[0]} down").press("Enter")
    page.get_by_role("checkbox", name=before[2]).uncheck()
    assert_accessible(page)
    with page.expect_navigation():
        page.get_by_role("button", name="Save").press("Enter")

    expect(cards).to_have_count(len(before) - 1)
    assert cards.all_inner_texts() == [before[1], before[0], *before[3:]]
    assert HomeLayout.objects.filter(user=rep).count() == 1
