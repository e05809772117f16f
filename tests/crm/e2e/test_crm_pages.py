"""The CRM's pages in a browser: board by mouse and keyboard, side panel, line items, notes, accessibility."""

import functools
import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from crm.models import Company, Deal
from crm.services import activities, deal_lines, deals, quotes
from crm.services.lines import LineValues
from tests.e2e.axe import assert_looks

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
Open = Callable[..., Page]


@pytest.fixture
def open_page(open_as, rep):
    """Opens a path as the sales rep."""
    return functools.partial(open_as, rep)


@pytest.fixture
def full_deal(rep, deal, product):
    """The deal with lines, a quote and what it was invoiced."""
    deal = deal_lines.set_lines(deal, [LineValues("Design", Decimal(2), Decimal(75), product_id=product.pk)], by=rep)
    deal = deals.update(deal, by=rep, close_on=timezone.localdate())
    activities.log([deal], kind="call", by=rep, body="Price is fine", outcome="connected")
    quotes.create_from_deal(deal, by=rep)
    deals.set_billing([deals.DealBillingValues(deal.pk, Decimal(150), "Cool Cars", "1037", "overdue", None, "USD")])
    return deal


def test_pages_are_accessible_and_fit_the_window(open_page: Open, full_deal, company, contact, product):
    paths = [
        "/deals/",
        "/deals/board/",
        "/deals/forecast/",
        "/activities/",
        "/companies/",
        "/contacts/?q=nothing",
        "/products/",
        "/quotes/",
        f"/deals/{full_deal.pk}/",
        f"/companies/{company.pk}/",
        f"/contacts/{contact.pk}/",
        f"/products/{product.pk}/",
        f"/quotes/{full_deal.quotes.get().pk}/",
        "/deals/new/",
        f"/contacts/{contact.pk}/edit/",
        f"/deals/{full_deal.pk}/lines/?edit=1",
    ]
    for path in paths:
        page = open_page(path)
        assert_looks(page)
        expect(page.locator("h1")).to_have_count(1)
        page.close()


@pytest.mark.parametrize("path", ["/deals/", "/deals/forecast/", "/activities/"])
def test_a_table_fits_on_paper(open_page: Open, full_deal, path):
    # Landscape A4 and Letter less their margins, in pixels of paper; browsers shrink what is a little wider.
    page = open_page(path, width=980)
    page.emulate_media(media="print")

    table = page.locator("main table").first
    expect(table).to_be_visible()
    assert table.evaluate("table => table.getBoundingClientRect().right") <= 980 * 1.25
    clipped = """table => [...table.querySelectorAll('td, th')]
        .filter((cell) => cell.checkVisibility() && !cell.querySelector('.visually-hidden'))
        .filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent)"""
    assert table.evaluate(clipped) == []
    expect(page.locator(".sidebar")).to_be_hidden()


def drag(page, card, goal):
    """Drag a card into a column, as a hand does."""
    start, end = card.bounding_box(), goal.bounding_box()
    page.mouse.move(start["x"] + 30, start["y"] + 60)
    page.mouse.down()
    page.mouse.move(end["x"] + 40, end["y"] + 20, steps=12)
    page.mouse.move(end["x"] + 60, end["y"] + 30, steps=4)
    page.mouse.up()


def test_a_card_is_dragged_to_another_stage(open_page: Open, deal, stages):
    page = open_page("/deals/board/")
    card = page.locator(f"#board-deal-{deal.pk}")
    goal = page.locator(f'[data-stage="{stages["Proposal"].pk}"]')

    drag(page, card, goal)

    expect(goal.locator(f"#board-deal-{deal.pk}")).to_be_visible()
    expect(page.locator(f"#stage-{stages['Proposal'].pk}")).to_contain_text("1")
    page.wait_for_load_state("networkidle")
    assert Deal.objects.get(pk=deal.pk).stage == stages["Proposal"]


def test_a_card_goes_back_where_the_move_got_lost(open_page: Open, deal, stages):
    page = open_page("/deals/board/")
    page.route("**/move/", lambda route: route.abort())
    card, goal = page.locator(f"#board-deal-{deal.pk}"), page.locator(f'[data-stage="{stages["Proposal"].pk}"]')
    drag(page, card, goal)

    expect(page.locator("#toasts")).to_contain_text("Nothing was changed")
    expect(page.locator(f'[data-stage="{stages["New"].pk}"] #board-deal-{deal.pk}')).to_be_visible()
    # The page stays, with what it says, also while the server can't be reached.
    page.wait_for_timeout(2000)
    expect(page.locator("#toasts")).to_contain_text("Nothing was changed")
    assert Deal.objects.get(pk=deal.pk).stage == stages["New"]


def test_a_refused_move_brings_the_board_anew(open_page: Open, deal, stages):
    page = open_page("/deals/board/")
    Deal.objects.filter(pk=deal.pk).delete()

    page.locator(f"#move-{deal.pk}").select_option(label="Won")

    expect(page.locator(f"#board-deal-{deal.pk}")).to_have_count(0)
    expect(page.locator("#toasts")).to_contain_text("That does not exist any more.")


def test_a_card_moves_by_keyboard_and_keeps_the_focus(open_page: Open, deal, stages):
    page = open_page("/deals/board/")

    page.locator(f"#board-deal-{deal.pk} .board-link").focus()
    page.keyboard.press("Tab")
    page.locator(f"#move-{deal.pk}").select_option(label="Won")

    expect(page.locator(f'[data-stage="{stages["Won"].pk}"] #board-deal-{deal.pk}')).to_be_visible()
    expect(page.locator(f"#move-{deal.pk}")).to_be_focused()
    assert Deal.objects.get(pk=deal.pk).status == "won"


def test_a_company_is_made_in_the_side_panel(open_page: Open, rep):
    page = open_page("/companies/")

    page.keyboard.press("c")
    panel = page.locator("#drawer")
    panel.get_by_label("E-mail").fill("oops")
    panel.get_by_role("button", name="Create").click()
    expect(panel.get_by_role("alert")).to_contain_text("Please correct")
    expect(panel.get_by_label("E-mail")).to_have_value("oops")
    panel.get_by_label("Name").fill("Cool Cars")
    panel.get_by_label("E-mail").fill("cars@example.com")
    panel.get_by_role("button", name="Create").click()

    expect(page.locator("h1")).to_have_text("Cool Cars")
    expect(page.locator("#toasts")).to_contain_text("Company created.")
    assert Company.objects.get().email == "cars@example.com"


def test_lines_are_edited_with_live_amounts(open_page: Open, deal, product):
    page = open_page(f"/deals/{deal.pk}/")

    page.get_by_role("link", name="Add line items").click()
    page.locator(".lines-picker .ts-control input").fill("des")
    page.locator(".ts-dropdown .option", has_text="Design").click()
    quantity = page.get_by_label("Quantity")
    expect(quantity).to_be_focused()
    quantity.fill("4")
    expect(page.locator("#lines-total")).to_have_text("$300.00")
    page.get_by_role("button", name="Add a free line").click()
    expect(page.locator("[data-line]")).to_have_count(2)
    page.get_by_role("button", name="Save line items").click()
    expect(page.locator(".field-error")).to_contain_text("Name the product or service.")
    page.get_by_role("button", name="Remove line").last.click()
    page.get_by_role("button", name="Save line items").click()

    expect(page.locator("#card-lines tfoot")).to_contain_text("$300.00")
    expect(page.locator(".page-subtitle")).to_contain_text("$300.00")
    assert Deal.objects.get(pk=deal.pk).amount == Decimal(300)


def test_a_note_and_a_contact_come_without_a_reload(open_page: Open, deal, rep):
    page = open_page(f"/deals/{deal.pk}/")

    page.get_by_label("Note", exact=True).fill("Called, wants roses")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator(".timeline-note").first).to_have_text("Called, wants roses")
    expect(page.locator("#card-contacts .card-count")).to_have_text("1")
    page.get_by_label("Actions for Grace Pariente").click()
    page.get_by_role("button", name="Take off the deal").click()
    expect(page.locator("#card-contacts")).to_contain_text("Nobody yet")


def test_a_call_is_logged_a_note_pinned_and_a_property_changed_in_place(open_page: Open, deal, contact, company):
    page = open_page(f"/deals/{deal.pk}/")

    page.get_by_role("link", name="Call", exact=True).click()
    page.get_by_label("What was said").fill("Wants roses <b>now</b>")
    page.get_by_label("Outcome").select_option(label="Connected")
    page.get_by_role("button", name="Log call").click()
    expect(page.locator(".timeline-note").first).to_have_text("Wants roses <b>now</b>")
    page.get_by_label("Actions for this entry").first.click()
    page.get_by_role("button", name="Pin", exact=True).click()
    expect(page.locator(".timeline-pinned .timeline-note")).to_have_text("Wants roses <b>now</b>")

    row = page.locator("#property-amount")
    row.get_by_role("button", name="Change Amount").click()
    field = row.get_by_label("Amount", exact=True)
    expect(field).to_be_focused()
    field.fill("ten")
    field.press("Enter")
    expect(row.get_by_role("alert")).to_contain_text("is not a number")
    row.locator("input[name=value]").press("Escape")
    expect(row.locator(".property-value")).to_have_text("–")
    row.get_by_role("button", name="Change Amount").click()
    row.locator("input[name=value]").fill("1,250")
    row.locator("input[name=value]").press("Enter")
    expect(row).to_contain_text("$1,250.00")
    expect(row.get_by_role("button", name="Change Amount")).to_be_focused()
    row.get_by_role("link", name="History of Amount").click()
    expect(page.locator("#drawer")).to_contain_text("$1,250.00")
    expect(page.locator("#drawer")).to_contain_text("Rita Rep")
    page.keyboard.press("Escape")

    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.locator("#card-tasks [data-card-toggle]").click()
    expect(page.locator("#card-tasks-body")).to_be_hidden()
    page.reload()
    expect(page.locator("#card-tasks-body")).to_be_hidden()


def test_a_list_is_searched_while_typing_and_the_address_follows(open_page: Open, company, rep):
    Company.objects.create(name="Another one")
    page = open_page("/companies/")

    page.get_by_label("Search this list").fill("cool")
    expect(page.locator(".table-data tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile("q=cool"))
    page.reload()
    expect(page.locator(".table-data tbody tr")).to_have_count(1)
