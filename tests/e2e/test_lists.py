"""Index pages in a browser: saved views, columns by keyboard, bulk actions, cells, peek, export."""

import csv
import functools
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.models import SavedView
from crm.models import Company
from tests import makers
from tests.e2e.axe import assert_accessible, assert_fits

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Page]


@pytest.fixture
def ops(transactional_db):
    return makers.user("Ops", "ops@example.com")


@pytest.fixture
def open_page(open_as, ops):
    """Opens a path as the operations person, who may export."""
    return functools.partial(open_as, ops)


@pytest.fixture
def companies(ops):
    """Three companies of Ops."""
    return {
        name: Company.objects.create(name=name, domain=domain, owner=ops)
        for name, domain in (("Cool Cars", "cool.example"), ("Old cars", ""), ("Rondonuwu", "fruit.example"))
    }


def shown(page: Page) -> list[str]:
    return page.locator("tbody .row-link").all_inner_texts()


def headings(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("thead th").all_inner_texts()][1:]


def test_a_view_is_saved_changed_reset_and_shared(open_page: Open, open_as: Open, companies):
    page = open_page("/companies/")
    page.locator("[data-list-search]").fill("cars")
    page.wait_for_url("**q=cars**")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Save as…").click()
    page.get_by_label("Name").fill("All the cars")
    page.get_by_role("button", name="Save view").click()
    page.wait_for_url("**view=**")
    tab = page.get_by_role("link", name="All the cars")
    expect(tab).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("button", name="Save as…")).to_have_count(0)

    page.get_by_role("link", name="Name").click()  # sorts the other way
    page.wait_for_url("**sort=**")
    expect(page.locator(".view-dirty")).to_have_count(1)
    page.get_by_role("link", name="Reset").click()
    page.wait_for_load_state("networkidle")
    expect(page.locator(".view-dirty")).to_have_count(0)
    page.locator("[data-list-search]").fill("old")
    page.wait_for_url("**q=old**")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(lambda url: "q=old" in url and "view=" in url)
    expect(page.locator(".view-dirty")).to_have_count(0)

    page.get_by_role("button", name="Views", exact=True).click()
    page.get_by_label("More for All the cars").click()
    page.get_by_role("button", name="Name and sharing").click()
    page.get_by_label("Everyone").check()
    page.get_by_role("button", name="Save view").click()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("link", name="All the cars")).to_be_visible()

    view = SavedView.objects.get()
    theirs = open_as(makers.user(), f"/companies/?open={view.pk}")
    assert shown(theirs) == ["Old cars"]
    theirs.locator("[data-list-search]").fill("cars")
    theirs.wait_for_url("**q=cars**")
    expect(theirs.get_by_role("button", name="Save as…")).to_be_visible()
    expect(theirs.get_by_role("button", name="Save", exact=True)).to_have_count(0)


def test_columns_are_chosen_and_put_in_order_by_keyboard(open_page: Open, companies):
    page = open_page("/companies/")
    page.locator("#columns-open").focus()
    page.keyboard.press("Enter")
    domain = page.get_by_role("checkbox", name="Domain")
    expect(domain).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")  # behind E-mail
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("checkbox", name="Phone")).to_be_focused()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Show these").focus()
    page.keyboard.press("Enter")

    expect(page.locator("thead")).not_to_contain_text("Phone")
    assert headings(page) == ["Name", "E-mail", "Domain", "Owner", "Last change"]


def test_chosen_rows_are_archived_and_brought_back(open_page: Open, companies):
    page = open_page("/companies/")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    bar = page.get_by_role("region", name="Chosen rows")
    expect(bar).to_contain_text("2 chosen")
    bar.get_by_role("button", name="Archive").click()
    expect(page.locator("#drawer-body")).to_contain_text("2 chosen records")
    page.locator("#drawer-body").get_by_role("button", name="Archive").click()

    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.get_by_text("2 records are archived.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("tbody tr")).to_have_count(3)


def test_a_cell_is_changed_refused_and_left(open_page: Open, companies):
    page = open_page("/companies/")
    pencil = page.get_by_role("button", name="Change Domain of Cool Cars")
    pencil.focus()
    page.keyboard.press("Enter")
    field = page.get_by_label("Domain", exact=True)
    expect(field).to_be_focused()
    field.fill("nonsense")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="is not a domain")).to_be_visible()
    page.get_by_label("Domain", exact=True).fill("cars.example")
    page.keyboard.press("Enter")
    expect(page.get_by_role("cell", name="cars.example")).to_be_visible()
    expect(pencil).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_label("Domain", exact=True).fill("other.example")
    page.keyboard.press("Escape")
    expect(page.get_by_role("cell", name="cars.example")).to_be_visible()
    companies["Cool Cars"].refresh_from_db()
    assert companies["Cool Cars"].domain == "cars.example"


def test_a_look_at_a_row_and_back(open_page: Open, companies):
    page = open_page("/companies/")
    page.keyboard.press("j")
    page.keyboard.press("Space")
    expect(page.locator("#drawer-body")).to_contain_text("cool.example")
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_hidden()
    page.keyboard.press("e")
    expect(page.locator("#drawer-body").get_by_label("Name")).to_have_value("Cool Cars")


def test_what_is_filtered_is_exported(open_page: Open, companies, tmp_path: Path):
    page = open_page("/companies/?q=cars&columns=name,domain")
    page.locator("#export-open").click()
    expect(page.locator("#drawer-body")).to_contain_text("2 records: all that match")
    with page.expect_download() as download:
        page.locator("#drawer-body").get_by_role("button", name="Export").click()
    download.value.save_as(tmp_path / "file.csv")

    rows = list(csv.reader((tmp_path / "file.csv").read_text(encoding="utf-8").splitlines()))
    assert rows == [["Name", "Domain"], ["Cool Cars", "cool.example"], ["Old cars", ""]]
    expect(page.locator("#drawer")).to_be_hidden()


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (1280, "dark"), (390, "light")])
def test_the_list_and_its_panels_are_accessible(open_page: Open, companies, width, theme):
    page = open_page("/companies/?q=cars", width=width, theme=theme)
    page.locator("[data-row-check]").first.check()
    assert_accessible(page)
    assert_fits(page)
    for button in ("#columns-open", "#views-manage", "#export-open", "[data-bulk-act] >> nth=1"):
        page.locator(button).click()
        expect(page.locator("#drawer-body h2")).to_be_visible()
        assert_accessible(page)
        page.keyboard.press("Escape")
