"""Payments and credit in Chromium: the amount is spread, what follows is said, and it is recorded once."""

import datetime
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from invoices.models import CreditDocument, Payment
from tests.e2e.axe import assert_accessible

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_a_payment_is_spread_over_two_invoices_and_its_page_opens(sign_in, live_server, admin, make_invoice):
    first = make_invoice(number="1037", customer_external_id="3", total=Decimal(100))
    second = make_invoice(number="1020", customer_external_id="3", total=Decimal(40))
    page = sign_in(admin)
    page.goto(f"{live_server.url}/invoices/{first.pk}/")

    page.click("#record-payment")
    amount = page.locator("#drawer #id_amount")
    expect(amount).to_have_value("100.00")
    amount.fill("125")
    amount.press("Tab")
    expect(page.locator(f"#id_part_{second.pk}")).to_have_value("25.00")
    expect(page.locator("#payment-outcome")).to_have_text("$15.00 of invoice 1020 stays open.")
    page.fill(f"#id_part_{second.pk}", "10")
    page.press(f"#id_part_{second.pk}", "Tab")
    expect(page.locator("#payment-outcome")).to_contain_text("$15.00 stays as credit of Cool Cars")
    assert_accessible(page)
    page.get_by_role("button", name="Record payment").last.click()
    expect(page.get_by_text("On its way").first).to_be_visible()

    made = Payment.objects.get()
    assert sorted(made.applications.values_list("amount", flat=True)) == [10, 100]
    assert made.unapplied == 15
    page.goto(f"{live_server.url}/payments/{made.pk}/")
    expect(page.get_by_role("heading", name="Payment of $125.00")).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    assert_accessible(page)
    page.goto(f"{live_server.url}/payments/?view=all")
    expect(page.get_by_role("link", name="Cool Cars")).to_be_visible()
    assert_accessible(page)


def test_an_invoice_is_credited_from_its_page(sign_in, live_server, admin, make_invoice):
    invoice = make_invoice(number="1037", customer_external_id="3", total=Decimal(100))
    invoice.lines.create(item_external_id="4", item_name="Design", quantity=2, unit_price=50, amount=100)
    page = sign_in(admin)
    page.goto(f"{live_server.url}/invoices/{invoice.pk}/")

    page.click("#credit-invoice")
    credit = page.get_by_label("Amount of Design")
    expect(credit).to_have_value("100.00")
    credit.fill("50")
    assert_accessible(page)
    page.get_by_role("button", name="Create credit memo").click()
    expect(page.get_by_text("New credit memo")).to_be_visible()

    memo = CreditDocument.objects.get()
    assert (memo.total, memo.issued_on >= datetime.date(2026, 1, 1)) == (50, True)
    page.goto(f"{live_server.url}/credits/{memo.pk}/")
    expect(page.get_by_role("heading", name="Credit memo")).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    assert_accessible(page)
