"""What invoices add to the page of a quote: estimate, parts, what is left; permissions and statement counts."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.services import quote_life, quotes
from crm.services.lines import LineValues
from invoices.card_sections import sections_of
from invoices.enums import SyncState
from invoices.models import Estimate, InvoiceDraft
from invoices.ports import CustomerChoice, ItemChoice, SyncMark, TaxCodeChoice
from tests.invoices.fakes import books

pytestmark = pytest.mark.django_db


@pytest.fixture
def quote(deal, rep):
    draft = quotes.create_from_deal(deal, by=rep)
    return quotes.publish(quotes.set_lines(draft, [LineValues("Advice", Decimal(2), Decimal(50))], by=rep), by=rep)


def made(quote, connection, **values):
    return Estimate.objects.create(
        **{"connection": connection, "quote": quote, "external_id": "7", "number": "1001", "currency": "USD"} | values,
        issued_on=timezone.localdate(),
    )


def address(name, quote):
    return reverse(f"invoices:{name}", args=[quote.pk])


def text(response):
    return response.content.decode()


def test_the_card_offers_what_is_possible(web, quote, connection):
    page = text(web.get(address("quote-card", quote)))
    assert "QuickBooks has no estimate of this quote." in page
    assert address("estimate-create", quote) in page
    assert address("quote-invoice", quote) in page


def test_the_card_shows_the_estimate_its_state_and_what_is_left(web, quote, connection, make_invoice):
    estimate = made(quote, connection, total=Decimal(108))
    books.document_marks["estimate", estimate.pk] = SyncMark(SyncState.FAILED, reason="The item is inactive.")
    make_invoice(quote=quote, deal=quote.deal, subtotal=Decimal(30), total=Decimal(30), currency="USD")
    page = text(web.get(address("quote-card", quote)))
    for words in ("1001 · Pending", "$108.00 with tax", "The item is inactive.", "Send again", "$30.00", "$70.00"):
        assert words in page
    assert "Create as estimate" not in page
    web.post(address("estimate-retry", quote))
    assert books.retried_documents == [("estimate", estimate.pk)]


def test_the_card_costs_the_same_for_one_invoice_and_for_fifteen(
    web, quote, connection, make_invoice, django_assert_max_num_queries
):
    made(quote, connection)
    make_invoice(quote=quote, deal=quote.deal)
    with django_assert_max_num_queries(14) as one:
        web.get(address("quote-card", quote))
    for _ in range(14):
        make_invoice(quote=quote, deal=quote.deal)
    with django_assert_max_num_queries(14) as many:
        web.get(address("quote-card", quote))
    assert len(one) == len(many)


def test_an_estimate_is_asked_for_with_a_matched_customer(web, quote, connection):
    choice = CustomerChoice("58", "Cool Cars", reason="Linked", certain=True, currency="USD")
    books.matches[quote.deal_id] = [choice]
    page = text(web.get(address("estimate-create", quote)))
    assert "Cool Cars — Linked" in page
    assert "Is created in QuickBooks as a new item" in page

    answer = web.post(address("estimate-create", quote), {"connection": connection.pk, "customer": "58"})

    assert answer["Location"] == reverse("crm:quote-detail", args=[quote.pk])
    estimate = Estimate.objects.get()
    assert (estimate.customer_external_id, estimate.new_customer, estimate.status) == ("58", None, "Pending")
    assert estimate.lines.get().new_item["name"] == "Advice"


def test_the_company_that_keeps_the_quote_s_currency_is_proposed_for_its_estimate(
    web, quote, uk_connection, connection
):
    assert f'name="connection" value="{connection.pk}"' in text(web.get(address("estimate-create", quote)))


def test_a_quote_without_anybody_to_bill_says_so_instead_of_an_empty_choice(web, quote, connection):
    type(quote).objects.filter(pk=quote.pk).update(contact=None, company=None)
    type(quote.deal).objects.filter(pk=quote.deal_id).update(company=None)
    quote.deal.contacts.clear()

    page = text(web.get(address("estimate-create", quote)))

    assert "The quote needs a contact or a company: it becomes the customer." in page
    assert 'name="customer"' not in page


def test_outside_the_us_each_line_needs_a_tax_code(web, quote, uk_connection):
    quote.refresh_from_db()
    type(quote).objects.filter(pk=quote.pk).update(currency="GBP")
    books.tax_codes[uk_connection.pk] = [TaxCodeChoice("4", "20.0% S", percent=Decimal(20))]
    data = {"connection": uk_connection.pk, "customer": "", "tax_0": ""}
    page = web.post(address("estimate-create", quote), data)
    assert page.status_code == 422
    assert not Estimate.objects.exists()
    web.post(address("estimate-create", quote), {**data, "tax_0": "4"})
    line = Estimate.objects.get().lines.get()
    assert (line.tax_code_external_id, line.tax_code_name) == ("4", "20.0% S")


def test_a_tax_code_that_the_quote_names_is_chosen(web, quote, rep, uk_connection):
    second = quote_life.revise(quote, by=rep)
    quotes.set_lines(second, [LineValues("Advice", Decimal(1), Decimal(9), tax_code="20.0% s")], by=rep)
    books.tax_codes[uk_connection.pk] = [TaxCodeChoice("4", "20.0% S"), TaxCodeChoice("5", "0% Z")]
    page = text(web.get(address("estimate-create", second)))
    assert '<option value="4" selected>' in page


def test_a_part_opens_the_wizard(web, quote, connection):
    books.product_items[0] = ItemChoice("1", "Services")
    answer = web.post(address("quote-invoice", quote), {"way": "deposit", "percent": "30"})
    draft = InvoiceDraft.objects.get()
    assert answer["Location"] == reverse("invoices:draft-open", args=[draft.request_id])
    assert [(line["quantity"], line["unit_price"]) for line in draft.data["lines"]] == [("1", "30")]
    assert draft.data["quote_id"] == quote.pk


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"way": "deposit"}, "Type a percentage or an amount."),
        ({"way": "percent"}, "Type a percentage."),
        ({"way": "lines"}, "Choose at least one line."),
        ({"way": "deposit", "amount": "1000"}, "is left to invoice"),
    ],
)
def test_a_part_that_can_not_be_is_said_at_its_field(web, quote, connection, data, words):
    page = web.post(address("quote-invoice", quote), data)
    assert page.status_code == 422
    assert words in text(page)
    assert not InvoiceDraft.objects.exists()


def test_estimates_stand_on_the_invoice_card_of_their_records(rep, quote, connection, django_assert_max_num_queries):
    made(quote, connection)
    for kind, pk in (("deal", quote.deal_id), ("contact", quote.contact_id), ("company", quote.company_id)):
        with django_assert_max_num_queries(2):  # estimates and credit memos
            found = [section for section in sections_of(kind, pk, rep) if section.key == "estimates"]
        assert [row.number for row in found[0].rows] == ["1001"]


def test_without_the_permission_nothing_is_shown(quote, connection):
    looker = Client()
    looker.force_login(quote.owner.__class__.objects.create_user("l@example.com", "a long enough password", name="L"))
    assert looker.get(address("quote-card", quote)).status_code == 403
    assert looker.post(address("estimate-create", quote)).status_code == 403
