"""From the deal page to the created invoice, by keyboard alone, in Chromium."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from invoices.enums import SyncState
from invoices.models import Invoice, InvoiceDraft
from invoices.ports import CustomerChoice, ItemChoice, SyncMark
from tests.e2e.axe import assert_accessible
from tests.invoices.fakes import books

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def deal_page(sign_in, live_server, rep, deal, product, connection) -> Page:
    books.product_items[product.pk] = ItemChoice("4", "Design", reason="Same SKU")
    books.matches[deal.pk] = [CustomerChoice("3", "Cool Cars", "cars@x.example", reason="Linked", certain=True)]
    page = sign_in(rep)
    page.goto(f"{live_server.url}/deals/{deal.pk}/")
    expect(page.get_by_text("No invoices yet")).to_be_visible()
    return page


def press(page: Page, name: str) -> None:
    """Go to a button by Tab, as somebody without a mouse does, and press Enter on it."""
    button = page.locator("#drawer").get_by_role("button", name=name, exact=True).first
    expect(button).to_be_visible()
    for _ in range(80):
        if button.evaluate("(element) => element === document.activeElement"):
            page.keyboard.press("Enter")
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab never reached {name}")


def step(page: Page, name: str) -> None:
    expect(page.locator(f'#wizard[data-step="{name}"]')).to_be_visible()


def test_by_keyboard_alone_from_the_deal_to_the_created_invoice(deal_page, deal):
    page = deal_page
    page.locator("#invoice-create").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#drawer").get_by_role("heading", name="Create invoice")).to_be_visible()
    press(page, "From this deal’s lines 2 lines, matched with QuickBooks’ products")
    step(page, "customer")
    expect(page.get_by_text("Linked", exact=True)).to_be_visible()
    assert_accessible(page)
    press(page, "Next")

    step(page, "products")
    expect(page.locator("#wizard-totals")).to_contain_text("$362.50")
    press(page, "Choose a QuickBooks product")
    expect(page.locator("#item-search")).to_be_focused()
    page.keyboard.type("rock")
    press(page, "Rock Fountain RF-1 · Rock Fountain $275.00")
    expect(page.get_by_text("Not in QuickBooks")).to_have_count(0)
    expect(page.locator("#quantity-l2")).to_be_focused()
    page.keyboard.type("4")
    expect(page.locator("#wizard-totals")).to_contain_text("$490.00")
    assert_accessible(page)
    page.keyboard.press("Enter")

    step(page, "terms")
    expect(page.locator("#due_on")).to_have_value("2026-12-22")
    page.locator("#terms").focus()
    page.keyboard.press("Home")
    page.keyboard.type("Due on receipt")
    expect(page.locator("#due_on")).to_have_value("2026-11-22")
    press(page, "Next")

    step(page, "message")
    expect(page.locator("#message")).to_be_focused()
    page.keyboard.type("Thank you!")
    press(page, "Next")

    step(page, "review")
    for words in ("Cool Cars", "Due on receipt", "Thank you!", "$490.00"):
        expect(page.locator("#wizard")).to_contain_text(words)
    assert_accessible(page)
    assert not Invoice.objects.exists()
    press(page, "Create invoice")

    expect(page.locator("#drawer")).to_be_hidden()
    expect(page.locator(".invoice-card")).to_contain_text("New invoice")
    invoice = Invoice.objects.get()
    assert (invoice.total, invoice.message, invoice.deal_id) == (Decimal(490), "Thank you!", deal.pk)


def test_the_number_appears_by_itself(deal_page, deal, make_invoice):
    page = deal_page
    invoice = make_invoice(deal=deal, external_id="", number="")
    books.marks[invoice.pk] = SyncMark(SyncState.CREATING)
    page.reload()
    expect(page.locator(".invoice-card")).to_contain_text("Creating")
    assert_accessible(page)

    Invoice.objects.filter(pk=invoice.pk).update(number="1038", external_id="131")
    books.marks[invoice.pk] = SyncMark(SyncState.IN_SYNC)

    expect(page.locator(".invoice-card")).to_contain_text("1038", timeout=5000)
    expect(page.locator(".invoice-card")).to_contain_text("In sync")


def test_a_closed_browser_loses_nothing(deal_page, deal, live_server):
    page = deal_page
    page.locator("#invoice-create").click()
    page.get_by_role("button", name=re.compile("From this deal")).click()
    page.get_by_role("button", name="Next").click()
    step(page, "products")
    with page.expect_response(re.compile("/save/")):
        page.locator("#description-l1").fill("Half typed")
    page.goto("about:blank")

    page.goto(f"{live_server.url}/deals/{deal.pk}/")
    page.get_by_role("button", name="Continue draft").click()
    step(page, "products")
    expect(page.locator("#description-l1")).to_have_value("Half typed")
    page.get_by_role("button", name="Previous").click()
    step(page, "customer")
    page.get_by_role("button", name="Next").click()
    expect(page.locator("#description-l1")).to_have_value("Half typed")

    page.get_by_role("button", name="Discard").click()
    page.locator("#confirm-dialog").get_by_role("button", name="Discard").click()
    expect(page.locator("#drawer")).to_be_hidden()
    expect(page.get_by_role("button", name="Create invoice")).to_be_visible()
    assert not InvoiceDraft.objects.exists()


def test_a_mistake_is_told_at_its_field_and_kept(deal_page):
    page = deal_page
    page.locator("#invoice-create").click()
    page.get_by_role("button", name=re.compile("From this deal")).click()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Create it in QuickBooks").click()
    expect(page.get_by_text("Created in QuickBooks on the way")).to_be_visible()
    page.locator("#quantity-l1").fill("0")
    page.locator("#unit_price-l2").fill("cheap")
    page.get_by_role("button", name="Next").click()

    expect(page.locator("#wizard-problems")).to_be_focused()
    expect(page.locator("#quantity-l1_error")).to_have_text("The quantity has to be more than 0.")
    expect(page.locator("#unit_price-l2")).to_have_value("cheap")
    assert_accessible(page)
    page.get_by_role("link", name="“cheap” is not a number.").click()
    expect(page.locator("#unit_price-l2")).to_be_focused()


def test_outside_the_us_tax_codes_are_chosen_in_their_panel(sign_in, live_server, rep, deal, uk_connection):
    page = sign_in(rep)
    page.goto(f"{live_server.url}/invoices/new-of-deal/{deal.pk}/")
    page.get_by_role("button", name=re.compile("From this deal")).click()
    page.locator("#customer-search").fill("bird")
    page.get_by_role("radio", name=re.compile("Bird Sanctuary")).check()
    page.get_by_role("button", name="Next").click()
    step(page, "products")
    page.get_by_role("button", name="Create it in QuickBooks").first.click()
    expect(page.get_by_role("button", name="Create it in QuickBooks")).to_have_count(1)
    page.get_by_role("button", name="Create it in QuickBooks").first.click()
    expect(page.get_by_role("button", name="Create it in QuickBooks")).to_have_count(0)
    expect(page.get_by_text("View product tax codes")).to_be_visible()
    expect(page.get_by_text("No tax code")).to_have_count(2)
    use = page.get_by_role("button", name="Use 20.0% S on all lines")
    use.scroll_into_view_if_needed()
    use.hover()
    page.mouse.down()
    # An answer that comes between press and release takes the button away, and brings another one.
    again = "htmx.ajax('GET', document.querySelector('#wizard-form').action, {target: '#wizard', swap: 'outerHTML'})"
    page.evaluate(again)
    page.mouse.up()
    expect(page.get_by_text("No tax code")).to_have_count(0)
    page.locator("#tax_code-l2").select_option("5")
    expect(page.locator("#tax-l2")).to_contain_text("0.0% Z")
    assert_accessible(page)
    page.get_by_role("button", name="Next").click()
    step(page, "terms")


def test_on_a_phone_nothing_is_cut_off(sign_in, live_server, rep, deal, connection, make_invoice):
    page = sign_in(rep)
    page.set_viewport_size({"width": 390, "height": 844})
    invoice = make_invoice(deal=deal)
    for path in ("/invoices/", f"/invoices/{invoice.pk}/", f"/invoices/new-of-deal/{deal.pk}/"):
        page.goto(f"{live_server.url}{path}")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, path
        assert_accessible(page)


def test_index_filters_live_and_the_address_keeps_it(sign_in, live_server, rep, make_invoice):
    make_invoice(number="1037", total=Decimal("362.07"))
    make_invoice(number="1038", total=Decimal(5), status="paid", balance=Decimal(0))
    page = sign_in(rep)
    page.goto(f"{live_server.url}/invoices/")
    expect(page.locator(".sums")).to_contain_text("2 in USD")
    page.locator("[data-list-search]").fill("362.07")
    expect(page.get_by_role("link", name="1038")).to_have_count(0)
    expect(page.locator(".sums")).to_contain_text("1 in USD")
    expect(page).to_have_url(re.compile("q=362.07"))
    page.reload()
    expect(page.get_by_role("link", name="1037")).to_be_visible()
    expect(page.get_by_role("link", name="1038")).to_have_count(0)
    assert_accessible(page)
