"""What is done with an invoice that QuickBooks has, in Chromium: preview, send, edit, add existing, link, void."""

import re
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from invoices.enums import SendState
from invoices.models import Invoice, InvoiceLine, InvoiceSend
from invoices.ports import FoundInvoice, FoundInvoices
from invoices.services import links
from tests.e2e.axe import assert_accessible, assert_fits
from tests.invoices.fakes import books

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def invoice(make_invoice: Any, deal: Any) -> Invoice:
    made: Invoice = make_invoice(number="1037", deal=deal, recipient="cars@x.example", total=Decimal(150))
    InvoiceLine.objects.create(
        invoice=made, external_id="1", item_external_id="4", item_name="Design", quantity=2, unit_price=75, amount=150
    )
    return made


def found(invoice: Invoice) -> FoundInvoice:
    return FoundInvoice(
        invoice.external_id, invoice.number, invoice.customer_name, invoice.issued_on, invoice.total,
        invoice.balance, "USD", invoice.pk, invoice.deal_id, str(invoice.deal or ""),
    )  # fmt: skip


def test_from_the_card_to_the_preview_and_the_sent_email(
    sign_in: Any, live_server: Any, rep: Any, deal: Any, invoice: Invoice
) -> None:
    books.pdf = None  # the CRM's own print stands in
    page: Page = sign_in(rep)
    page.goto(f"{live_server.url}/deals/{deal.pk}/")
    page.get_by_role("link", name="1037", exact=True).click()
    frame = page.frame_locator("#drawer iframe")
    expect(frame.get_by_role("heading", name="Invoice 1037")).to_be_visible()
    expect(frame.get_by_text("did not answer within 10 seconds")).to_be_visible()
    page.keyboard.press("Escape")

    page.locator('.invoice-line summary[aria-label="Actions for invoice 1037"]').click()
    page.get_by_role("link", name="Send", exact=True).click()
    expect(page.locator("#id_recipient")).to_have_value("cars@x.example")
    page.locator("#id_cc").fill("boss@x.example")
    assert_accessible(page)
    page.locator("#drawer").get_by_role("button", name="Send").click()
    expect(page.locator("#drawer")).to_be_hidden()
    row = InvoiceSend.objects.get()
    assert (row.state, row.recipient, row.cc) == (SendState.WAITING, "cars@x.example", "boss@x.example")

    page.goto(f"{live_server.url}/invoices/{invoice.pk}/")
    expect(page.locator("#card-invoice-sends")).to_contain_text("On its way")
    InvoiceSend.objects.update(state=SendState.SENT, sent_at=row.asked_at)
    Invoice.objects.update(emailed=True, status="sent")
    expect(page.locator(".record-header")).to_contain_text("Sent to customer", timeout=8000)
    assert_accessible(page)


def test_an_invoice_is_edited_with_live_totals(sign_in: Any, live_server: Any, admin: Any, invoice: Invoice) -> None:
    page: Page = sign_in(admin)
    page.goto(f"{live_server.url}/invoices/{invoice.pk}/")
    page.locator("#invoice-edit").click()
    quantity = page.locator("[name=line_quantity]").first
    quantity.fill("4")
    expect(page.locator("#edit-totals")).to_contain_text("$300.00")
    page.locator("#discount").fill("10%")
    expect(page.locator("#edit-totals")).to_contain_text("$270.00")
    page.locator("#terms_external_id").select_option("3")
    expect(page.locator("#due_on")).to_have_value("2026-12-22")
    page.locator("#message").fill("Thank you")
    assert_accessible(page)
    page.locator("#deposit").fill("lots")
    page.locator("#edit-save").click()
    expect(page.get_by_role("link", name="“lots” is not an amount.")).to_be_visible()
    expect(page.locator("#message")).to_have_value("Thank you")
    page.locator("#deposit").fill("")
    page.locator("#edit-save").click()

    expect(page.get_by_role("heading", name="Invoice 1037")).to_be_visible()
    invoice.refresh_from_db()
    assert (invoice.message, invoice.discount_percent, invoice.lines.get().quantity) == ("Thank you", 10, 4)


def test_existing_invoices_are_added_over_two_searches(
    sign_in: Any, live_server: Any, rep: Any, company: Any, make_invoice: Any
) -> None:
    first, second = make_invoice(number="2001"), make_invoice(number="2002")
    books.found = FoundInvoices([found(first), found(second)])
    page: Page = sign_in(rep)
    page.goto(f"{live_server.url}/companies/{company.pk}/")
    page.get_by_role("button", name="Add existing invoice").click()
    page.get_by_role("checkbox", name=re.compile("2001")).check()
    with page.expect_response(re.compile("part=results")):
        page.locator("#add-words").fill("2002")
    expect(page.get_by_role("group", name="Ticked")).to_contain_text("2001")
    page.get_by_role("checkbox", name=re.compile("2002")).check()
    assert_accessible(page)
    page.locator("#add-chosen").click()

    expect(page.locator("#drawer")).to_be_hidden()
    expect(page.locator(".invoice-card")).to_contain_text("2001")
    expect(page.locator(".invoice-card")).to_contain_text("2002")
    assert company.invoices.count() == 2


def test_a_suggestion_is_taken_and_an_invoice_taken_off_again(
    sign_in: Any, live_server: Any, rep: Any, deal: Any, company: Any, make_invoice: Any
) -> None:
    free = make_invoice(number="3001")
    links.add([free.pk], company, by=rep)
    page: Page = sign_in(rep)
    page.goto(f"{live_server.url}/invoices/{free.pk}/")
    page.get_by_role("button", name="Yes, invoice 3001 belongs to Garden redesign").click()
    expect(page.get_by_role("button", name=re.compile("Yes, invoice"))).to_have_count(0)
    expect(page.locator("#card-invoice-deal").get_by_role("link", name="Garden redesign")).to_be_visible()
    free.refresh_from_db()
    assert free.deal == deal

    page.locator("#card-invoice-deal").get_by_role("button", name=re.compile("Take invoice 3001 off")).click()
    page.locator("#confirm-dialog").get_by_role("button", name="Take it off").click()
    expect(page.get_by_text("This invoice counts for no deal.")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Yes, invoice"))).to_have_count(0)


def test_voiding_is_confirmed_first(sign_in: Any, live_server: Any, admin: Any, invoice: Invoice) -> None:
    page: Page = sign_in(admin)
    page.goto(f"{live_server.url}/invoices/{invoice.pk}/")
    page.locator('.page-actions summary[aria-label="More actions"]').click()
    page.get_by_role("button", name="Void", exact=True).click()
    page.locator("#confirm-dialog").get_by_role("button", name="Void invoice").click()
    expect(page.get_by_text("Being voided in QuickBooks", exact=True)).to_be_visible()
    invoice.refresh_from_db()
    assert invoice.ending == "void"


@pytest.mark.parametrize("path", ["", "edit/"])
def test_on_a_phone_nothing_is_cut_off(sign_in: Any, live_server: Any, admin: Any, invoice: Invoice, path: str) -> None:
    page: Page = sign_in(admin)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_server.url}/invoices/{invoice.pk}/{path}")
    assert_fits(page)
    assert_accessible(page)
