"""An import in a browser, from the upload to its undoing; its pages are accessible and fit the window."""

import functools
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from crm.imports import runs
from crm.models import Contact, Import
from tests.e2e.axe import assert_accessible, assert_fits

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
# A folder for pictures of the pages, to look at.
PICTURES = os.environ.get("PICTURES", "")


@pytest.fixture
def open_page(open_as, ops):
    """Opens a path as the operations person."""
    return functools.partial(open_as, ops)


def looked_at(page: Page, name: str) -> None:
    assert_accessible(page)
    assert_fits(page)
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES, f"{name}.png")), full_page=True)


def test_from_the_upload_to_its_undoing(open_page: Callable[..., Page], company, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text(
        "First name,Last name,E-mail,Company,Last seen,Phone\n"
        "Nora,New,nora@new.example,New Gardens,31.01.2026,+49 89 123\n"
        "Grace,Pariente,grace@cars.example,Cool Cars,01.02.2026,\n"
        "Otto,Old,not an address,,,\n"
    )
    page = open_page("/contacts/")
    page.get_by_role("link", name="Import").click()
    page.get_by_label("File").set_input_files(str(file))
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("cell", name="nora@new.example")).to_be_visible()
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_label("E-mail", exact=True)).to_have_value("email")
    # The second choice is made while the answer to the first one is on its way: neither is lost.
    waiting = []
    page.route("**/columns/", lambda route: waiting.append(route) if not waiting else route.continue_())
    page.get_by_label("Phone", exact=True).select_option("mobile")
    with page.expect_response("**/columns/") as answer:
        page.get_by_label("Last seen").select_option("job_title")
    answer.value.finished()
    page.unroute("**/columns/")
    page.wait_for_load_state("networkidle")
    expect(page.get_by_label("Last seen")).to_have_value("job_title")
    expect(page.get_by_label("Phone", exact=True)).to_have_value("mobile")
    looked_at(page, "3-columns")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Find records by")).to_have_value("email")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()

    job = Import.objects.get()
    runs.work(job.pk)
    # The page asks by itself.
    expect(page.get_by_role("button", name="Start the import")).to_be_visible()
    expect(page.get_by_text("“not an address” is not an e-mail address")).to_be_visible()
    looked_at(page, "6-checked")
    page.get_by_role("button", name="Start the import").click()
    runs.work(job.pk)
    expect(page.get_by_role("link", name="Show the new records")).to_be_visible()
    looked_at(page, "7-done")

    page.get_by_role("button", name="Undo").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Being undone")).to_be_visible()
    runs.work(job.pk)
    expect(page.get_by_text("The import is undone: 3 records are as they were.")).to_be_visible()
    assert Contact.objects.filter(archived_at=None).count() == 0


@pytest.mark.parametrize(("width", "theme"), [(1280, "dark"), (390, "light")])
def test_pages_are_accessible_and_fit_the_window(open_page: Callable[..., Page], checked, company, width, theme):
    job = checked([
        ["Email", "Last name", "Company name", "A rather long heading of a column that nobody wants"],
        ["a@example.com", "A", "Fresh Fields", "x" * 60], ["b", "B", "", ""],
    ])  # fmt: skip
    page = open_page("/imports/", width=width, theme=theme)
    looked_at(page, f"{theme}-{width}-list")
    for name in ("file", "columns", "options", "outcome"):
        page.goto(page.url.split("/imports/")[0] + f"/imports/{job.pk}/{name}/")
        looked_at(page, f"{theme}-{width}-{name}")
