"""The main job, as people do it: connect QuickBooks, load, invoice a deal, get paid, see it on the deal."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from core.models import Event
from crm.models import Company, Contact, Deal, DealBilling
from invoices.models import Invoice
from qbo_connector.models import Connection
from tests.checker import marked
from tests.e2e.axe import assert_accessible
from tests.e2e.conftest import PASSWORD, sign_in
from tests.makers import deal_of, user
from tests.quickbooks import enable, sync_company
from tests.workers import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.one_at_a_time("workers")]


def connect_company(page: Page, address: str, company: str) -> None:
    """Settings, Connected apps, QuickBooks Online, Connect; then the consent page and back."""
    page.goto(f"{address}/settings/connected-apps/quickbooks/")
    page.get_by_role("button", name="Connect QuickBooks account").first.click()
    page.wait_for_url(re.compile("/connect/oauth2"))
    page.get_by_label(re.compile(company)).check()
    page.get_by_role("button", name="Connect", exact=True).click()
    page.wait_for_url(re.compile(r"/settings/connected-apps/quickbooks/\d+/"))


def next_step(page: Page, step: str) -> None:
    """Next, until the wizard shows ``step``."""
    page.locator("#wizard-next").click()
    expect(page.locator(f"#wizard[data-step={step}]")).to_be_visible()


@pytest.fixture
def connected(everything, window):
    """An admin's window on a connected US company with everything loaded and switched on."""
    user("Admin", "admin@example.com")
    page = window()
    sign_in(page, everything.url, "admin@example.com")
    connect_company(page, everything.url, "Sandbox Company_US_1")
    expect(page.get_by_role("heading", name="Up to date")).to_be_visible(timeout=40_000)
    for name in ("contact", "product", "invoice"):
        page.locator(f"#switch-{name}").click()
        expect(page.locator(f"#switch-{name}")).to_have_attribute("aria-checked", "true")
    wait_until(lambda: Invoice.objects.count() == 31 and Company.objects.exists(), what="invoices are applied")
    return page


@pytest.fixture
def loaded(everything, us_company, window):
    """An admin's window where a US company was connected and read before."""
    enable(us_company)
    sync_company(us_company)
    user("Admin", "admin@example.com")
    page = window()
    sign_in(page, everything.url, "admin@example.com")
    return page


def test_from_connecting_to_paid(everything, connected, window, quickbooks):
    assert_accessible(connected)
    rep = user()
    deal = deal_of("Cool Cars", rep)
    page = window()
    sign_in(page, everything.url, rep.email)
    page.goto(f"{everything.url}/deals/{deal.pk}/")
    card = page.locator(f"#invoice-card-deal-{deal.pk}")
    expect(card.get_by_text("No invoices yet")).to_be_visible()
    assert_accessible(page)

    card.get_by_role("button", name="Create invoice").click()
    page.get_by_role("button", name="From this deal’s lines").click()
    expect(page.locator("#wizard[data-step=customer]")).to_be_visible()
    expect(page.get_by_text("Linked to Cool Cars")).to_be_visible()
    assert_accessible(page)
    next_step(page, "products")
    assert_accessible(page)
    next_step(page, "terms")
    next_step(page, "message")
    page.locator("#wizard textarea[name=message]").fill("Thank you for your garden!")
    next_step(page, "review")
    expect(page.locator("#wizard").get_by_text("Thank you for your garden!")).to_be_visible()
    assert_accessible(page)
    page.locator("#wizard-create").click()

    expect(card.get_by_text("Waiting to be sent")).to_be_visible(timeout=15_000)
    invoice = wait_until(lambda: Invoice.objects.filter(deal=deal).exclude(number="").first(), what="it has a number")
    expect(card.get_by_text(invoice.number)).to_be_visible(timeout=10_000)
    assert len(marked(quickbooks, Connection.objects.get())) == 1

    accountant = window()
    accountant.goto(f"{quickbooks.url}/companies/{Connection.objects.get().realm_id}/invoices/{invoice.external_id}")
    accountant.get_by_label("Amount").fill("100")
    accountant.get_by_role("button", name="Record payment").click()

    # No click on our side: beat, broker, worker and the card's own polling bring it.
    expect(card.get_by_text("Partial payment")).to_be_visible(timeout=30_000)
    billing = DealBilling.objects.get(deal=deal)
    assert (billing.invoice_status, billing.paid) == ("partial", Decimal(100))
    wait_until(lambda: Event.objects.filter(name="payment.received").exists(), what="the payment has its event")
    expect(page.locator("#deal-billing").get_by_text("Partial payment")).to_be_visible(timeout=30_000)
    expect(page.locator("#timeline-entries").get_by_text("Payment of $100.00 received")).to_be_visible(timeout=80_000)

    accountant.goto(f"{quickbooks.url}/companies/{Connection.objects.get().realm_id}/invoices/{invoice.external_id}")
    accountant.get_by_role("button", name="Record payment").click()
    card.get_by_role("button", name="Sync now").click()
    expect(card.get_by_text("Paid in full")).to_be_visible(timeout=15_000)
    assert_accessible(page)


def test_a_draft_survives_closing_the_browser(everything, loaded, window):
    rep = user()
    deal = deal_of("Cool Cars", rep)
    first = window()
    sign_in(first, everything.url, rep.email)
    first.goto(f"{everything.url}/deals/{deal.pk}/")
    first.locator("#invoice-create").click()
    first.get_by_role("button", name="From this deal’s lines").click()
    expect(first.locator("#wizard[data-step=customer]")).to_be_visible()
    next_step(first, "products")
    first.locator("#wizard input[name^=quantity-]").first.fill("7")
    with first.expect_response(re.compile("/save/")):
        first.locator("#wizard input[name^=quantity-]").first.press("Tab")
    first.context.close()

    second = window()
    sign_in(second, everything.url, rep.email)
    second.goto(f"{everything.url}/deals/{deal.pk}/")
    second.get_by_role("button", name="Continue draft").click()
    expect(second.locator("#wizard[data-step=products]")).to_be_visible()
    expect(second.locator("#wizard input[name^=quantity-]").first).to_have_value("7")
    assert not Invoice.objects.filter(deal=deal).exists()


def test_consent_is_denied(everything, window):
    user("Admin", "admin@example.com")
    page = window()
    sign_in(page, everything.url, "admin@example.com", PASSWORD)
    page.goto(f"{everything.url}/settings/connected-apps/quickbooks/")
    page.get_by_role("button", name="Connect QuickBooks account").first.click()
    page.wait_for_url(re.compile("/connect/oauth2"))
    page.get_by_role("button", name="No thanks").click()

    expect(page.get_by_role("heading", name="Nothing was connected")).to_be_visible()
    assert_accessible(page)
    assert not Connection.objects.exists()


def test_the_invoice_index_finds_filters_and_sums(everything, loaded):
    page = loaded
    page.goto(f"{everything.url}/invoices/")
    assert_accessible(page)
    page.goto(f"{everything.url}/invoices/?q=362.07")
    expect(page.get_by_role("link", name="1037")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.goto(f"{everything.url}/invoices/?status=overdue")
    overdue = Invoice.objects.filter(status="overdue")
    expect(page.locator("tbody tr")).to_have_count(overdue.count())
    page.get_by_role("link", name=overdue.first().number, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(overdue.first().number)
    assert_accessible(page)
    assert Contact.objects.exists()
    assert not Deal.objects.exists()
