"""The follow-up workflow: built from nothing, set off by an overdue invoice, its e-mail read, its run seen."""

import datetime
import email
import email.policy
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from invoices.models import Invoice
from qbo_connector.models import PullSchedule
from tests.books import Books, open_books
from tests.e2e.axe import assert_accessible
from tests.e2e.conftest import sign_in
from tests.makers import user
from tests.workers import wait_until
from workflows.models import Workflow

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.one_at_a_time("workers")]


@pytest.fixture
def mails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the worker puts its e-mails."""
    folder = tmp_path / "mails"
    monkeypatch.setenv("EMAIL_URL", f"filemail:///{folder}")
    return folder


@pytest.fixture
def company(quickbooks, transactional_db, mails) -> Books:
    """A company with a customer's invoice that is due in ten days, loaded."""
    books = open_books(quickbooks)
    item = books.item("Pond")
    line = {"Amount": 120, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": item}}}
    due = timezone.localdate() + datetime.timedelta(days=10)
    books.make(
        "Invoice", CustomerRef={"value": books.customer()}, Line=[line], DueDate=due.isoformat(),
        BillEmail={"Address": "hello@bright.example"}, DocNumber="7001",
    )  # fmt: skip
    books.sync()
    return books


def save(page: Page) -> None:
    """Save what is in the panel, and wait for the flow that shows it."""
    with page.expect_response(lambda answer: answer.request.method == "GET" and "/workflows/" in answer.url):
        page.locator("#drawer-body").get_by_role("button", name="Save").click()
    expect(page.locator("#drawer")).to_be_hidden()


def decide(page: Page, field: str, value: str) -> None:
    """Choose what else is asked, and wait for the form that asks it."""
    chosen = page.locator(field)
    asked_before = chosen.element_handle()
    chosen.select_option(value)
    asked_before.wait_for_element_state("hidden")
    expect(chosen).to_be_focused()


def add(page: Page, button: str, step: str) -> None:
    """Choose a type of step at a place."""
    page.locator(f"#{button}").click()
    page.locator("#drawer-body .step-type", has_text=step).click()


def build(page: Page, address: str) -> Workflow:
    """A follow-up for overdue invoices with money open, to whom it was sent."""
    page.goto(f"{address}/workflows/new/")
    page.get_by_label("Name").fill("Follow up")
    page.get_by_label("It is about").select_option("invoice")
    page.get_by_role("button", name="Create workflow").click()
    expect(page.get_by_role("heading", name="Follow up")).to_be_visible()

    page.get_by_role("link", name="Change what starts it").click()
    decide(page, "#id_kind", "event")
    decide(page, "#id_event", "invoice.overdue")
    save(page)
    expect(page.get_by_text("Invoice becomes overdue")).to_be_visible()

    page.get_by_role("link", name="Change the conditions").click()
    row = page.get_by_role("group", name="Condition 1", exact=True)
    row.get_by_role("combobox", name="Property").click()
    page.keyboard.type("Balance")
    page.keyboard.press("Enter")
    row.get_by_label("Comparison").select_option(">")
    row.get_by_label("Value").fill("0")
    save(page)
    expect(page.get_by_text("Balance is more than 0")).to_be_visible()

    add(page, "add--0", "Send an e-mail")
    decide(page, "#id_set-to", "recipient")
    page.get_by_label("Subject").fill("Invoice {{ number }} is overdue")
    page.get_by_label("Text").fill("Hello {{ customer_name }}, please pay ")
    page.get_by_text("Insert into text").click()
    page.locator("[data-into=id_set-body][data-insert=balance]").click()
    expect(page.get_by_label("Text")).to_have_value("Hello {{ customer_name }}, please pay {{ balance }}")
    assert_accessible(page)
    save(page)
    expect(page.locator("#step-s1")).to_contain_text("Send an e-mail")
    expect(page.get_by_text("Ready to be published")).to_be_visible()
    return Workflow.objects.get()


def test_the_follow_up_is_built_set_off_read_and_seen(company, everything, window, mails):
    user("Admin", "admin@example.com")
    page = window()
    sign_in(page, everything.url, "admin@example.com")
    workflow = build(page, everything.url)
    invoice = Invoice.objects.get()

    page.get_by_role("link", name="Test on a record").click()
    page.locator("#drawer-body .ts-control").click()
    page.locator("#drawer-body .ts-dropdown .option", has_text="7001").click()
    page.locator("#drawer-body").get_by_role("button", name="Test").click()
    expect(page.locator(".test-results")).to_contain_text("Invoice 7001 is overdue")
    assert not mails.exists()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Publish and switch on").click()
    expect(page.locator(".toast-text")).to_contain_text("The workflow is on.")
    assert_accessible(page)

    yesterday = timezone.localdate() - datetime.timedelta(days=2)
    company.act("Invoice", invoice.external_id, operation="update", fields={"DueDate": yesterday.isoformat()})
    # As after a webhook: the company is read now, not when its interval is over.
    PullSchedule.objects.update(due_at=timezone.now())
    written = wait_until(lambda: [*mails.glob("*")] if mails.exists() else [], seconds=60, what="the e-mail is there")

    mail = email.message_from_bytes(written[0].read_bytes(), policy=email.policy.default)
    assert mail["To"] == "hello@bright.example"
    assert mail["Subject"] == "Invoice 7001 is overdue"
    assert "Hello Bright Gardens, please pay $120.00" in mail.get_body(("plain",)).get_content()
    wait_until(lambda: workflow.enrolments.filter(state="finished").exists(), what="the run has ended")
    page.goto(f"{everything.url}/workflows/{workflow.pk}/runs/")
    page.get_by_role("link", name="7001").click()
    expect(page.get_by_text("“Invoice 7001 is overdue” to hello@bright.example")).to_be_visible()
    assert_accessible(page)
