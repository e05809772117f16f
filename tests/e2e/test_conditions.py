"""The editor of conditions in a browser: by mouse, by keyboard alone, on a phone, in both schemes."""

import functools
import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from core.conditions import to_address
from crm.models import Company, Contact
from tests import makers
from tests.e2e.axe import assert_accessible, assert_fits

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Page]
EVERYTHING = {
    "all": [
        {"field": "amount", "op": "range", "value": ["1", "500"]},
        {"any": [
            {"field": "company.name", "op": "contains", "value": "new"},
            {"field": "close_on", "op": "relative", "value": {"period": "next_days", "days": 30}},
            {"not": {"field": "owner", "op": "me"}},
        ]},
        {"some": "contacts", "where": {"all": [{"field": "email", "op": "not_empty"}]}},
        {"field": "status", "op": "in", "value": ["open", "won"]},
        {"field": "updated", "op": "after", "value": "2020-01-01"},
    ]
}  # fmt: skip


@pytest.fixture
def rep(transactional_db):
    return makers.user()


@pytest.fixture
def open_page(open_as, rep):
    """Opens a path as the sales rep."""
    return functools.partial(open_as, rep)


@pytest.fixture
def companies(rep):
    for name, domain in (("Cool Cars", "cool.example"), ("Old cars", ""), ("Rondonuwu", "fruit.example")):
        Company.objects.create(name=name, domain=domain, owner=rep)


def choose(page: Page, row: int, text: str) -> None:
    """Type into the property picker of a row and take the first hit."""
    picker = page.get_by_role("group", name=f"Condition {row}", exact=True).get_by_role("combobox", name="Property")
    if not picker.evaluate("(field) => field === document.activeElement"):
        picker.click()  # that of a new row is open already
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def test_a_list_is_filtered_by_groups_built_by_mouse(open_page: Open, companies):
    page = open_page("/companies/?sort=-name")
    page.locator("#advanced-filter").click()
    choose(page, 1, "Name")
    first = page.get_by_role("group", name="Condition 1", exact=True)
    first.get_by_label("Comparison").select_option("contains")
    first.get_by_label("Value").fill("CARS")
    expect(page.locator("[data-conditions-count]")).to_have_text("2 records match")

    page.get_by_role("button", name="Add condition").click()
    choose(page, 2, "Domain")
    page.get_by_role("group", name="Condition 2", exact=True).get_by_label("Comparison").select_option("not_empty")
    expect(page.locator("[data-conditions-count]")).to_have_text("1 record matches")
    page.get_by_label("What has to be true").first.select_option("not_any")
    expect(page.locator("[data-conditions-count]")).to_have_text("0 records match")
    page.get_by_label("What has to be true").first.select_option("all")
    page.get_by_role("button", name="Apply").click()

    page.wait_for_url("**where=**")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("#advanced-filter")).to_contain_text("Name contains “CARS” and Domain is not empty")
    # Another filter keeps it, and the drawer opens with what is in force.
    page.locator("[data-list-search]").fill("cool")
    page.wait_for_url("**q=cool**")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert "where=" in page.url
    page.locator("#advanced-filter").click()
    expect(page.get_by_role("group", name="Condition 2", exact=True)).to_be_visible()
    page.get_by_role("button", name="Remove all").click()
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url(lambda url: "where=" not in url)
    assert "q=cool" in page.url


def test_a_condition_is_built_changed_and_moved_by_keyboard_alone(open_page: Open, companies):
    page = open_page("/companies/")
    page.locator("#advanced-filter").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Add condition").focus()
    page.keyboard.press("Enter")  # a second row, its picker open
    page.keyboard.type("doma")
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Condition 2", exact=True).get_by_label("Comparison")).to_be_focused()
    page.keyboard.press("End")  # "is not empty", the last comparison
    page.keyboard.press("Alt+ArrowUp")

    def written():
        return json.loads(page.locator("[data-conditions-text]").evaluate("(text) => text.value"))

    domain = {"field": "domain", "op": "not_empty"}
    assert written()["all"][0] == domain
    page.keyboard.press("Alt+ArrowRight")
    assert written()["all"][0] == {"any": [domain]}
    page.keyboard.press("Alt+ArrowLeft")
    assert written()["all"][0] == domain

    first = page.get_by_role("group", name="Condition 1", exact=True)
    first.get_by_label("More actions").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # Duplicate
    assert written()["all"][:2] == [domain, domain]
    for _row in range(2):
        page.get_by_role("group", name="Condition 2", exact=True).get_by_role("button", name="Remove").focus()
        page.keyboard.press("Enter")
    assert written() == {"all": [domain]}
    expect(page.locator("[data-conditions-count]")).to_have_text("2 records match")
    page.get_by_role("button", name="Apply").focus()
    page.keyboard.press("Enter")

    page.wait_for_url("**where=**")
    expect(page.locator("tbody tr")).to_have_count(2)


def test_what_the_server_refuses_is_said_at_its_row(open_page: Open, companies):
    page = open_page("/companies/")
    page.locator("#advanced-filter").click()
    choose(page, 1, "Name")
    page.get_by_role("button", name="Add condition").click()
    choose(page, 2, "Created")
    page.get_by_role("button", name="Apply").click()

    expect(page.locator("#drawer-body").get_by_role("alert")).to_be_visible()
    second = page.get_by_role("group", name="Condition 2", exact=True)
    expect(second).to_contain_text("Say what Created is compared with.")
    expect(page.get_by_role("group", name="Condition 1", exact=True)).to_contain_text("Say what Name is compared with.")
    second.get_by_label("Value").fill("2020-01-01")
    page.get_by_role("group", name="Condition 1", exact=True).get_by_label("Value").fill("Cool Cars")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**where=**")


def test_associated_records_and_pickers(open_page: Open, rep):
    deal = makers.new_deal(rep)
    Contact.objects.create(last_name="Alone")
    page = open_page("/contacts/")
    page.locator("#advanced-filter").click()
    choose(page, 1, "Deals")
    inner = page.get_by_role("group", name="Condition 2", exact=True)
    choose(page, 2, "Company")
    inner.get_by_role("combobox", name="Value").click()
    page.get_by_role("option", name="Brand New Gardens").click()
    expect(page.locator("[data-conditions-count]")).to_have_text("1 record matches")
    page.get_by_role("button", name="Apply").click()

    page.wait_for_url("**where=**")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("#advanced-filter").click()
    expect(page.get_by_role("group", name="Condition 2", exact=True)).to_contain_text(deal.company.name)


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (1280, "dark"), (390, "light")])
def test_the_editor_is_accessible_and_fits(open_page: Open, rep, width, theme):
    makers.new_deal(rep)
    page = open_page(f"/deals/?where={to_address(EVERYTHING)}", width=width, theme=theme)
    page.locator("#advanced-filter").click()
    expect(page.locator("[data-conditions-count]")).to_contain_text("match")

    assert_accessible(page)
    inside = "(box) => box.scrollWidth <= box.clientWidth"
    assert_fits(page)
    assert page.locator("#drawer-body").evaluate(inside)
    # What was read is what would be sent.
    assert json.loads(page.locator("[data-conditions-text]").evaluate("(text) => text.value")) == {
        "all": [
            EVERYTHING["all"][0],
            {"any": [*EVERYTHING["all"][1]["any"][:2], {"not": {"all": [{"field": "owner", "op": "me"}]}}]},
            *EVERYTHING["all"][2:],
        ]
    }


def test_without_a_script_the_condition_is_a_text(open_page: Open, companies):
    page = open_page("/conditions/company/?back=/companies/", script=False)
    page.get_by_label("Conditions as JSON").fill('{"field": "name", "op": "starts_with", "value": "old"}')
    page.get_by_role("button", name="Apply").click()

    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("#advanced-filter")).to_contain_text("Name starts with “old”")
