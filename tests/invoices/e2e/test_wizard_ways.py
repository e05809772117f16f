"""Ways through the wizard in Chromium: from a quote, from scratch by keyboard, tax outside the US, other currencies."""

import datetime
import re
from decimal import Decimal

import pytest
from playwright.sync_api import Page, Route, expect

from core.models import Event
from crm.enums import QuoteStatus
from crm.models import Quote, QuoteLine
from invoices.models import Invoice, InvoiceDraft
from invoices.ports import CustomerChoice, FormOptions, ItemChoice
from tests.e2e.axe import assert_accessible
from tests.invoices.conftest import user_of
from tests.invoices.e2e.test_wizard import press, step
from tests.invoices.fakes import TODAY, books

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def quote(deal, product) -> Quote:
    made = Quote.objects.create(
        deal=deal, title="Garden offer", status=QuoteStatus.PUBLISHED, number="Q-7", amount=Decimal(120)
    )
    QuoteLine.objects.create(
        quote=made, product=product, name="Design", quantity=2, unit_price=75, discount_percent=Decimal(20)
    )
    return made


def open_wizard(page: Page, live_server, deal) -> None:
    page.goto(f"{live_server.url}/deals/{deal.pk}/")
    page.locator("#invoice-create").click()
    expect(page.locator("#wizard")).to_be_visible()


def test_from_a_quote_with_its_discount_to_the_invoice(sign_in, live_server, rep, deal, product, connection, quote):
    books.product_items[product.pk] = ItemChoice("4", "Design", reason="Linked")
    books.matches[deal.pk] = [CustomerChoice("3", "Cool Cars", "cars@x.example", reason="Linked", certain=True)]
    page = sign_in(rep)
    open_wizard(page, live_server, deal)
    assert_accessible(page)

    page.get_by_role("button", name=re.compile("Garden offer")).click()
    step(page, "customer")
    page.get_by_role("button", name="Next").click()
    step(page, "products")
    expect(page.locator("#discount-l1")).to_have_value("20")
    expect(page.locator("#wizard-totals")).to_contain_text("$120.00")
    for name in ("terms", "message", "review"):
        page.get_by_role("button", name="Next").click()
        step(page, name)
    expect(page.locator("#wizard")).to_contain_text("Creates an invoice over $120.00 in “Sample Company”")
    page.get_by_role("button", name="Create invoice", exact=True).last.click()
    expect(page.locator("#drawer")).to_be_hidden()
    invoice = Invoice.objects.get()
    assert (invoice.quote, invoice.source, invoice.subtotal) == (quote, "quote", Decimal(120))

    page.reload()
    page.locator("#invoice-create").click()
    expect(page.get_by_text("Invoiced already")).to_be_visible()
    page.get_by_role("button", name=re.compile("Garden offer")).click()
    expect(page.locator("#wizard-again")).to_be_focused()
    page.get_by_role("button", name="Invoice it again").click()
    step(page, "customer")


def test_an_expired_quote_needs_a_reason_that_the_timeline_tells(sign_in, live_server, deal, connection, quote):
    Quote.objects.filter(pk=quote.pk).update(expires_on=datetime.date(2020, 1, 31))
    page = sign_in(user_of("Sales manager", "manager@example.com"))
    open_wizard(page, live_server, deal)
    expect(page.locator(".wizard-misfit")).to_contain_text("It expired on Jan 31, 2020.")

    page.get_by_text("Invoice it all the same").click()
    page.get_by_label("Why?").fill("Price agreed by phone")
    page.get_by_role("button", name="Start the invoice").click()
    step(page, "customer")
    page.locator("#customer-search").fill("cool")
    page.get_by_role("radio", name=re.compile("Cool Cars")).check()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Create it in QuickBooks").click()
    expect(page.get_by_text("Created in QuickBooks on the way")).to_be_visible()
    for name in ("terms", "message", "review"):
        page.get_by_role("button", name="Next").click()
        step(page, name)
    expect(page.locator("#wizard")).to_contain_text("Price agreed by phone")
    page.get_by_role("button", name="Create invoice", exact=True).last.click()

    expect(page.locator("#drawer")).to_be_hidden()
    told = Event.objects.get(name="invoice.quote_overridden")
    assert told.data["reason"] == "Price agreed by phone"
    page.reload()
    expect(page.get_by_text("Price agreed by phone")).to_be_visible()


def test_from_scratch_by_keyboard_alone(sign_in, live_server, rep, deal, connection):
    page = sign_in(rep)
    page.goto(f"{live_server.url}/deals/{deal.pk}/")
    page.locator("#invoice-create").focus()
    page.keyboard.press("Enter")
    press(page, "From scratch Pick products from QuickBooks yourself")
    step(page, "customer")
    page.locator("#customer-search").focus()
    page.keyboard.type("bird")
    bird = page.get_by_role("radio", name=re.compile("Bird Sanctuary"))
    expect(bird).to_be_visible()
    page.keyboard.press("Tab")
    expect(bird).to_be_focused()
    page.keyboard.press("Space")
    press(page, "Next")

    step(page, "products")
    page.locator("#item-search").focus()
    page.keyboard.type("rock")
    press(page, "Rock Fountain RF-1 · Rock Fountain $275.00")
    expect(page.locator("#quantity-l1")).to_be_focused()
    page.locator("#discount-l1").focus()
    page.keyboard.type("10")
    expect(page.locator("#wizard-totals")).to_contain_text("$247.50")
    page.locator("#whole > summary").focus()
    page.keyboard.press("Enter")
    page.locator("#deposit").focus()
    page.keyboard.type("47.50")
    expect(page.locator("#wizard-totals")).to_contain_text("$200.00")
    assert_accessible(page)
    page.keyboard.press("Enter")
    step(page, "terms")
    press(page, "Next")
    step(page, "message")
    press(page, "Next")
    step(page, "review")
    press(page, "Create invoice")

    expect(page.locator("#drawer")).to_be_hidden()
    invoice = Invoice.objects.get()
    assert (invoice.subtotal, invoice.deposit, invoice.customer_external_id) == (Decimal("247.5"), Decimal("47.5"), "1")


def test_who_leaves_while_a_product_is_being_added_leaves_with_it(sign_in, live_server, rep, deal, connection):
    page = sign_in(rep)
    open_wizard(page, live_server, deal)
    page.get_by_role("button", name=re.compile("From scratch")).click()
    page.locator("#customer-search").fill("bird")
    page.get_by_role("radio", name=re.compile("Bird Sanctuary")).check()
    page.get_by_role("button", name="Next").click()
    step(page, "products")
    page.locator("#item-search").fill("rock")
    rock = page.get_by_role("button", name=re.compile("Rock Fountain"))
    expect(rock).to_be_visible()
    held: list[Route] = []
    page.route("**/lines/", lambda route: route.continue_() if held else held.append(route))

    with page.expect_request("**/lines/"):
        rock.click()
    rock.click()
    page.get_by_role("button", name="Next").click()
    step(page, "products")
    held[0].continue_()

    step(page, "terms")
    assert [line["key"] for line in InvoiceDraft.objects.get().data["lines"]] == ["l1", "l2"]


def test_outside_the_us_the_tax_is_reckoned_live_and_may_be_left_out(sign_in, live_server, rep, deal, uk_connection):
    page = sign_in(rep)
    open_wizard(page, live_server, deal)
    page.get_by_role("button", name=re.compile("From this deal")).click()
    page.locator("#customer-search").fill("bird")
    page.get_by_role("radio", name=re.compile("Bird Sanctuary")).check()
    page.get_by_role("button", name="Next").click()
    step(page, "products")
    page.get_by_role("button", name="Create all 2 in QuickBooks").click()
    expect(page.get_by_text("No tax code")).to_have_count(2)
    page.get_by_role("button", name="Use 20.0% S on all lines").click()
    expect(page.locator("#wizard-totals")).to_contain_text("20.0% S on £362.50")
    expect(page.locator("#wizard-totals")).to_contain_text("£435.00")

    page.locator("#tax_mode").select_option("inclusive")
    expect(page.locator("#wizard-totals")).to_contain_text("£60.42")
    expect(page.locator("#wizard-totals")).to_contain_text("£362.50")
    page.locator("#tax_code-l2").select_option("5")
    expect(page.locator("#tax-l2")).to_contain_text("0.0% Z")
    assert_accessible(page)
    page.locator("#tax_mode").select_option("none")
    expect(page.locator("#wizard-totals")).not_to_contain_text("20.0% S")
    page.locator("#tax_mode").select_option("exclusive")
    expect(page.locator("#wizard-totals")).to_contain_text("£392.50")
    page.get_by_role("button", name="Next").click()
    step(page, "terms")


def test_a_customer_in_another_currency_brings_it_with_a_rate_that_can_be_changed(
    sign_in, live_server, rep, deal, product, accounting_books
):
    from qbo_connector.models import Connection  # noqa: PLC0415 -- models are loaded by the fixtures

    canadian = Connection.objects.create(
        environment="simulator", realm_id="1003", company_name="Maple", country="CA", home_currency="CAD"
    )
    accounting_books.add_company(canadian, tax_codes=True)
    books.options = FormOptions(multicurrency=True, custom_numbers=True)
    books.next_number = "INV-0100"
    books.numbers_taken["INV-0042"] = "Invoice INV-0042 of Amy"
    books.exchange_rates["USD"] = (Decimal("1.3577"), TODAY)
    books.product_items[product.pk] = ItemChoice("4", "Design", tax_code_external_id="2")
    books.customers[canadian.pk].append(CustomerChoice("9", "Cool Cars:Seattle", "sea@x.example", currency="USD"))
    books.matches[deal.pk] = [
        CustomerChoice("9", "Cool Cars:Seattle", "sea@x.example", currency="USD", reason="Linked", certain=True)
    ]
    page = sign_in(rep)
    open_wizard(page, live_server, deal)
    page.get_by_role("button", name=re.compile("From this deal")).click()
    step(page, "customer")
    expect(page.get_by_text("Part of Cool Cars")).to_be_visible()
    expect(page.get_by_text("Invoiced in USD: in QuickBooks each customer has one currency")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Create it in QuickBooks").click()
    expect(page.get_by_text("Created in QuickBooks on the way")).to_be_visible()
    page.get_by_role("button", name="Use 20.0% S on all lines").click()
    expect(page.get_by_text("No tax code")).to_have_count(0)
    page.get_by_role("button", name="Next").click()

    step(page, "terms")
    expect(page.locator("#rate-help")).to_contain_text("QuickBooks’ rate of Nov 22, 2026: 1 USD = 1.3577 CAD")
    expect(page.locator("#number")).to_have_value("INV-0100")
    page.locator("#exchange_rate").fill("1.4")
    page.locator("#number").fill("INV-0042")
    page.get_by_role("button", name="Next").click()
    expect(page.locator("#number_error")).to_contain_text("INV-0042 is taken by Invoice INV-0042 of Amy")
    expect(page.locator("#exchange_rate")).to_have_value("1.4")
    page.locator("#number").fill("INV-0100")
    for name in ("message", "review"):
        page.get_by_role("button", name="Next").click()
        step(page, name)
    assert_accessible(page)
    page.get_by_role("button", name="Create invoice", exact=True).last.click()
    expect(page.locator("#drawer")).to_be_hidden()
    invoice = Invoice.objects.get()
    assert (invoice.currency, invoice.exchange_rate, invoice.number) == ("USD", Decimal("1.4"), "INV-0100")


def test_an_expired_session_comes_back_to_the_draft_with_what_was_typed(
    sign_in, live_server, rep, deal, connection, django_user_model
):
    rep.set_password("a long enough password")
    rep.save()
    page = sign_in(rep)
    open_wizard(page, live_server, deal)
    page.get_by_role("button", name=re.compile("From this deal")).click()
    page.locator('input[value="create"]').check()
    page.locator("#name").fill("Half")
    expect(page.locator("#wizard-kept")).to_be_visible()
    page.wait_for_timeout(1000)
    page.context.clear_cookies(name="sessionid")

    page.locator("#name").fill("Half typed name")

    expect(page.locator("#id_username")).to_be_visible()
    page.locator("#id_username").fill(rep.email)
    page.locator("#id_password").fill("a long enough password")
    page.locator("#login-form button[type=submit]").click()
    step(page, "customer")
    expect(page.locator("#wizard-typed")).to_be_visible()
    page.get_by_role("button", name="Put it back").click()
    expect(page.locator("#name")).to_have_value("Half typed name")
    expect(page.locator("#wizard-typed")).to_be_hidden()
    page.wait_for_timeout(1200)
    assert InvoiceDraft.objects.get().data["new_customer"]["name"] == "Half typed name"


def test_a_draft_open_twice_asks_whose_words_count(sign_in, live_server, rep, deal, connection):
    page = sign_in(rep)
    open_wizard(page, live_server, deal)
    page.get_by_role("button", name=re.compile("From this deal")).click()
    step(page, "customer")
    draft = InvoiceDraft.objects.get()
    address = f"{live_server.url}/invoice-drafts/{draft.request_id}/message/"
    page.goto(address)
    other = page.context.new_page()
    other.goto(address)
    with other.expect_response(re.compile("/save/")):
        other.locator("#message").fill("From the second window")

    page.locator("#message").fill("From the first window")

    expect(page.get_by_text("This draft was changed in another window")).to_be_visible()
    draft.refresh_from_db()
    assert draft.data["message"] == "From the second window"
    page.get_by_role("button", name="Keep what I typed here").click()
    expect(page.get_by_text("This draft was changed in another window")).to_have_count(0)
    draft.refresh_from_db()
    assert draft.data["message"] == "From the first window"
    other.locator("#message").fill("Again from the second")
    expect(other.get_by_text("This draft was changed in another window")).to_be_visible()
    other.get_by_role("button", name="Show what is saved").click()
    expect(other.locator("#message")).to_have_value("From the first window")


def test_a_closed_tab_sends_what_was_typed_last(sign_in, live_server, rep, deal, connection):
    page = sign_in(rep)
    open_wizard(page, live_server, deal)
    page.get_by_role("button", name=re.compile("From this deal")).click()
    step(page, "customer")
    draft = InvoiceDraft.objects.get()
    page.goto(f"{live_server.url}/invoice-drafts/{draft.request_id}/message/")

    page.locator("#message").fill("Typed and gone")
    page.goto("about:blank")

    page.wait_for_timeout(1000)
    draft.refresh_from_db()
    assert draft.data["message"] == "Typed and gone"


def test_files_that_were_chosen_go_along_with_the_step(sign_in, live_server, rep, deal, connection):
    page = sign_in(rep)
    open_wizard(page, live_server, deal)
    page.get_by_role("button", name=re.compile("From this deal")).click()
    step(page, "customer")
    page.goto(f"{live_server.url}/invoice-drafts/{InvoiceDraft.objects.get().request_id}/message/")

    page.locator("#file-invoicedraft").set_input_files(
        {"name": "plan.txt", "mimeType": "text/plain", "buffer": b"roses"}
    )
    page.locator("#step-review").click()

    step(page, "review")
    expect(page.locator(".wizard-writes")).to_contain_text("Attaches “plan.txt”")
