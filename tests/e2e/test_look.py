"""The design system in a browser: every component, keyboard, focus, themes, phone width, accessibility."""

import functools
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import Role, User
from tests.e2e.axe import assert_accessible, assert_looks

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.e2e.style_guide_urls")]
PASSWORD = "correct horse battery"
GUIDE = "/style-guide/"


@pytest.fixture(autouse=True)
def roles(transactional_db):
    """A transactional test before this one may have emptied the table that a migration filled."""
    for name, permissions in {"Admin": ["accounts.manage"], "Sales rep": []}.items():
        Role.objects.get_or_create(name=name, defaults={"permissions": permissions})


@pytest.fixture
def admin(roles):
    return User.objects.create_user("ada@example.com", PASSWORD, name="Ada Admin", role=Role.objects.get(name="Admin"))


Open = Callable[..., Page]


@pytest.fixture
def signed_in(open_as, admin):
    """Opens a path of ours as Ada."""
    return functools.partial(open_as, admin)


PAGES = [
    GUIDE,
    "/",
    "/search/?q=nothing",
    "/settings/",
    "/settings/profile/",
    "/settings/users/",
    "/settings/users/add/",
    "/none/",
]


def test_pages_are_accessible_and_fit_the_window(signed_in: Open):
    for path in PAGES:
        page = signed_in(path)
        assert_looks(page)
        expect(page.locator("h1")).to_have_count(1)
        page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_without_a_session_are_accessible(browser: Browser, live_server, admin, theme):
    context = browser.new_context(color_scheme=theme)
    page = context.new_page()
    page.goto(live_server.url + "/login/")
    assert_accessible(page)
    page.fill("#id_username", "ada@example.com")
    page.fill("#id_password", "wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").first).to_contain_text("E-mail or password is wrong")
    assert_accessible(page)
    User.objects.all().delete()
    page.goto(live_server.url + "/login/")
    expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
    assert_accessible(page)
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_opens_over_a_page_is_accessible(signed_in: Open, theme):
    page = signed_in(GUIDE, theme=theme)
    page.click("#open-panel")
    expect(page.locator("#panel-name")).to_be_focused()
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#help-dialog")).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.click(".user-door")
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.click(".chip-label >> nth=0")
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("#palette-list [role=option]").first).to_be_visible()
    assert_accessible(page)


def test_the_side_panel_keeps_the_focus_and_gives_it_back(signed_in: Open):
    page = signed_in(GUIDE)
    page.focus("#open-panel")
    page.keyboard.press("Enter")
    expect(page.locator("#panel-name")).to_be_focused()

    for _press in range(7):
        page.keyboard.press("Tab")
        assert page.evaluate("document.getElementById('drawer').contains(document.activeElement)")
    page.keyboard.press("Escape")

    expect(page.locator("#drawer")).to_be_hidden()
    expect(page.locator("#open-panel")).to_be_focused()


def test_an_act_that_can_not_be_undone_asks_first(signed_in: Open):
    page = signed_in(GUIDE)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method) if request.method == "POST" else None)
    archive = page.get_by_role("button", name="Archive").last

    archive.click()
    dialog = page.get_by_role("dialog", name="Archive this deal?")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert sent == []

    archive.click()
    dialog.get_by_role("button", name="Archive").click()
    page.wait_for_load_state("networkidle")
    assert sent == ["POST"]


def test_keys_go_places_move_rows_and_stay_silent_while_typing(signed_in: Open):
    page = signed_in(GUIDE)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Garden redesign 1")).to_be_focused()
    page.keyboard.press("k")
    expect(page.get_by_role("link", name="Garden redesign 0")).to_be_focused()
    page.keyboard.press("[")
    expect(page.locator("html")).to_have_class("sidebar-folded")
    page.reload()
    expect(page.locator("html")).to_have_class("sidebar-folded")

    search = page.get_by_label("Search deals")
    search.press_sequentially("[gs?")
    expect(search).to_have_value("[gs?")
    expect(page.locator("#help-dialog")).to_be_hidden()

    page.locator("h1").click()
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/settings/")


def test_shortcuts_can_be_switched_off(signed_in: Open):
    page = signed_in(GUIDE)
    page.keyboard.press("?")
    page.get_by_label("Single-key shortcuts are on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("[")
    expect(page.locator("html")).not_to_have_class("sidebar-folded")


def test_the_palette_finds_places_and_enter_goes_there(signed_in: Open):
    page = signed_in(GUIDE)
    page.keyboard.press("Control+k")
    page.keyboard.type("use")
    expect(page.get_by_role("option", name="Users")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url("**/settings/users/")


def test_one_escape_closes_the_palette_with_words_in_it(signed_in: Open):
    page = signed_in("/")
    page.keyboard.press("Control+k")
    page.keyboard.type("settings")
    expect(page.locator("#palette")).to_be_visible()

    page.keyboard.press("Escape")

    expect(page.locator("#palette")).to_be_hidden()


def test_a_theme_chosen_in_the_menu_is_there_at_once_and_after_a_reload(signed_in: Open, admin):
    page = signed_in(GUIDE)
    page.click(".user-door")
    with page.expect_response("**/preferences/"):
        page.get_by_role("button", name="Dark").click()
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == "rgb(15, 16, 18)"
    page.reload()
    assert page.evaluate(background) == "rgb(15, 16, 18)"
    admin.refresh_from_db()
    assert admin.theme == "dark"


def test_errors_stay_until_closed_and_good_news_go_by_themselves(signed_in: Open):
    page = signed_in(GUIDE)
    page.clock.install()
    page.evaluate("crm.toast('Saved', 'success'); crm.toast('Refused', 'error'); crm.toast('Kept', 'info')")
    assert_accessible(page)
    page.get_by_text("Kept").hover()
    page.clock.run_for(6000)

    expect(page.get_by_text("Saved", exact=True)).to_have_count(0)
    expect(page.get_by_text("Kept")).to_be_visible()
    expect(page.get_by_role("alert").get_by_text("Refused")).to_be_visible()
    page.get_by_role("alert").get_by_role("button", name="Dismiss").click()
    expect(page.locator("#toasts").get_by_text("Refused")).to_have_count(0)


def test_a_card_that_fails_says_so_and_the_others_stay(signed_in: Open):
    page = signed_in(GUIDE)
    card = page.locator("#card-lost")
    expect(card.get_by_text("This card could not be loaded.")).to_be_visible()
    with page.expect_response("**/lost/") as again:
        card.get_by_role("button", name="Retry").click()
    assert again.value.status == 503
    expect(card.get_by_role("button", name="Retry")).to_be_visible()
    expect(page.locator("#card-figures")).to_be_visible()


def test_a_folded_card_stays_folded(signed_in: Open):
    page = signed_in(GUIDE)
    page.locator("#card-about").get_by_role("button", name="About").click()
    expect(page.locator("#card-about-body")).to_be_hidden()
    page.reload()
    expect(page.locator("#card-about-body")).to_be_hidden()


def test_filters_are_in_the_address_and_on_their_chips(signed_in: Open):
    page = signed_in(GUIDE)
    page.locator(".chip", has_text="Owner").locator("summary").click()
    page.get_by_label("Overdue").last.check()
    page.wait_for_url("**owner=overdue**")
    assert "q=" not in page.url
    assert "due_on=2026-01-01.." in page.url
    expect(page.locator(".chip", has_text="Owner").locator("[data-chip-value]")).to_have_text("Overdue")
    page.get_by_role("link", name="Clear filters").click()
    page.wait_for_url(lambda url: url.endswith(GUIDE))
