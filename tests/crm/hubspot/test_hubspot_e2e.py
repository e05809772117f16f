"""An import from HubSpot in a browser, from several files to undoing all of it, on pages that look right."""

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from crm.hubspot import batches
from crm.imports import runs
from crm.imports.tasks import work_on_hubspot_import, work_on_import
from crm.models import Company, Contact, Deal, HubspotImport, Pipeline
from invoices.enums import InvoiceStatus
from invoices.models import Invoice
from invoices.tasks import compare_hubspot
from qbo_connector.models import Connection
from tests.crm.hubspot.conftest import FILES
from tests.e2e.axe import AT_REST, LOOKS, assert_looks

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
# A folder for pictures of the pages, to look at.
PICTURES = os.environ.get("PICTURES", "")
DOORS: dict[str, Callable[..., Any]] = {
    runs.TASK: work_on_import,
    batches.TASK: work_on_hubspot_import,
    "invoices.compare_hubspot": compare_hubspot,
}


@pytest.fixture
def work(tasks):
    """A function that does what was sent to workers until nothing more is, or ``most`` messages."""

    def done(most: int = 1000) -> None:
        for _message in range(most):
            if not tasks:
                return
            task, args = tasks.pop(0)
            if task in DOORS:
                DOORS[task](*args)

    return done


def looked_at(page: Page, name: str) -> None:
    assert_looks(page)
    if PICTURES:
        for width, scheme in (*LOOKS, (1280, "light"), (390, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            page.evaluate(AT_REST)
            page.screenshot(path=str(Path(PICTURES, f"{name}-{width}-{scheme}.png")), full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")


@pytest.fixture
def books(db):
    """QuickBooks has one of the invoices that HubSpot tells of, with the same amount, and another one with another."""
    connection = Connection.objects.create(environment="simulator", realm_id="1", company_name="Books")
    for number, customer, recipient, total, status in (
        ("1037", "Cool Cars", "grace@coolcars.example", "362.07", InvoiceStatus.OVERDUE),
        ("1044", "Berger Gardens", "otto@berger.example", "95.00", InvoiceStatus.SENT),
    ):
        Invoice.objects.create(
            connection=connection, number=number, external_id=number, customer_name=customer, recipient=recipient,
            currency="USD", total=Decimal(total), balance=Decimal(total), status=status,
            issued_on=timezone.now().date(),
        )  # fmt: skip
    return connection


def test_an_export_from_its_files_to_undoing_all_of_it(open_as, admin, ops, books, work):
    page = open_as(admin, "/imports/")
    page.get_by_role("link", name="HubSpot").first.click()
    expect(page.get_by_role("heading", level=1, name="Import from HubSpot")).to_be_visible()
    looked_at(page, "1-create")
    # A file that is none of HubSpot's is refused in words.
    page.get_by_label("Files").set_input_files([{"name": "a.csv", "mimeType": "text/csv", "buffer": b"Colour\nred\n"}])
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("“a.csv” is not recognised as an export of HubSpot").first).to_be_visible()
    looked_at(page, "2-refused")

    names = (
        "contacts.csv",
        "companies.csv",
        "deals.csv",
        "line-items.csv",
        "products.csv",
        "quotes.csv",
        "invoices.csv",
    )
    page.get_by_label("Files").set_input_files([str(FILES / name) for name in names])
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("The files are being read.")).to_be_visible()
    looked_at(page, "3-reading")
    work()

    # The page asks by itself: what was recognised, and what there is not yet.
    owner = page.get_by_label("Former Employee")
    expect(owner).to_be_visible()
    files = page.get_by_role("table", name="Files of this export")
    for kind in ("Companies", "Contacts", "Deals", "Line items", "Products", "Quotes", "Invoices"):
        expect(files.get_by_role("cell", name=kind, exact=True)).to_be_visible()
    expect(page.get_by_label("Site visit")).to_have_value("new:open")
    expect(page.get_by_label("Closed Won")).to_have_value("new:won")
    expect(page.get_by_label("Customer tier")).to_have_value("new:choice")
    looked_at(page, "4-asked")
    owner.select_option(label="Oscar Ops")
    page.get_by_role("button", name="Check the files").click()
    work()
    expect(page.get_by_text("Nothing is written yet.")).to_be_visible()
    assert not Company.objects.exists()
    looked_at(page, "5-checked")
    page.get_by_role("link", name="companies.csv").click()
    expect(page.get_by_role("link", name="All files of this export")).to_be_visible()
    expect(page.get_by_text("Berger Gardens").first).to_be_visible()
    looked_at(page, "6-file")
    page.get_by_role("link", name="All files of this export").click()

    page.get_by_role("button", name="Start the import").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    work(most=5)
    expect(page.get_by_text("of 21 rows")).to_be_visible()
    looked_at(page, "7-running")
    work()
    expect(page.get_by_text("associations were made.")).to_be_visible()
    assert Company.objects.get(name="Berger Gardens").owner == ops
    assert Pipeline.objects.filter(name="Garden Pipeline").exists()
    assert Invoice.objects.get(number="1037").deal == Deal.objects.get(name="Garden redesign")
    looked_at(page, "8-done")

    page.get_by_role("link", name="Compare with QuickBooks").click()
    report = page.get_by_role("table", name="Invoices of HubSpot beside those of QuickBooks")
    expect(report.get_by_text("The invoice was put on the deal.").first).to_be_visible()
    expect(report.get_by_text("$80.00 in HubSpot, $95.00 in QuickBooks").first).to_be_visible()
    looked_at(page, "9-parity")
    page.get_by_label("Number, recipient or customer").fill("1044")
    page.get_by_role("button", name="Search").nth(-1).click()
    expect(report.get_by_role("rowheader")).to_have_count(1)
    page.go_back()
    page.get_by_role("link", name="Export ").click()

    page.get_by_role("button", name="Undo all of it").click()
    looked_at(page, "10-undo")
    page.get_by_role("dialog").get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Being undone").first).to_be_visible()
    work()
    expect(page.get_by_text("The import is undone.")).to_be_visible()
    assert not Contact.objects.filter(archived_at=None).exists()
    assert Invoice.objects.get(number="1037").deal is None
    assert HubspotImport.objects.get().state == "undone"
    looked_at(page, "11-undone")
    page.goto(page.url.split("/imports/")[0] + "/imports/")
    expect(page.get_by_text("Undone").first).to_be_visible()
    looked_at(page, "12-list")


def test_an_import_that_runs_is_stopped_on_its_page(open_as, admin, work):
    page = open_as(admin, "/imports/hubspot/")
    page.get_by_label("Files").set_input_files([str(FILES / "companies.csv"), str(FILES / "contacts.csv")])
    page.get_by_role("button", name="Upload").click()
    work()
    page.get_by_role("button", name="Check the files").click()
    work()
    page.get_by_role("button", name="Start the import").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    work(most=3)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("The import was stopped.")).to_be_visible()
    work()

    assert (Company.objects.count(), Contact.objects.count()) == (3, 0)
    expect(page.get_by_role("button", name="Undo all of it")).to_be_visible()
    looked_at(page, "13-stopped")
