"""Record pages: what they show and cost; their timeline and cards."""

import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.models import Event
from crm.enums import BillingPeriod
from crm.labels import LABELS
from crm.models import Company, Contact, Deal
from crm.services import companies, contacts, deal_contacts, deal_lines, deals, products, quotes, timeline
from crm.services.deals import DealBillingValues
from crm.services.lines import LineValues

pytestmark = pytest.mark.django_db
BUDGET = 8


def cost(client, address) -> int:
    """How many statements the page takes."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def grow(record, rep, count: int) -> None:
    """Give a record ``count`` of everything that its page shows."""
    for number in range(count):
        timeline.add_note(record, f"note {number}", by=rep)
    if isinstance(record, Company):
        for number in range(count):
            contact = Contact.objects.create(first_name=f"P{number}", company=record)
            deals.create(by=rep, name=f"D{number}", company=record, contacts=[contact])
    if isinstance(record, Contact):
        for number in range(count):
            deals.create(by=rep, name=f"D{number}", contacts=[record])
    if isinstance(record, Deal):
        deal_lines.set_lines(record, [LineValues(f"L{number}") for number in range(count)], by=rep)
        for number in range(count):
            deal_contacts.add(record, Contact.objects.create(first_name=f"P{number}"), by=rep)
        for _number in range(count):
            quotes.create_from_deal(record, by=rep)


def test_a_record_page_costs_the_same_for_one_and_for_thirty(signed_in, rep, company, contact, deal, product):
    quote = quotes.create_from_deal(deal, by=rep)
    for record in (company, contact, deal, product, quote):
        address = reverse(f"crm:{record._meta.model_name}-detail", args=[record.pk])
        grow(record, rep, 1)
        few = cost(signed_in, address)
        grow(record, rep, 30)
        assert cost(signed_in, address) == few
        assert few <= BUDGET, record


@pytest.mark.parametrize("card", ["company-contacts-card", "company-deals-card", "contact-deals-card",
                                  "deal-contacts-card", "deal-quotes-card"])  # fmt: skip
def test_a_card_costs_the_same_for_one_and_for_thirty(signed_in, rep, company, contact, deal, card):
    record = {"company": company, "contact": contact, "deal": deal}[card.split("-")[0]]
    address = reverse(f"crm:{card}", args=[record.pk])
    grow(record, rep, 1)
    few = cost(signed_in, address)
    grow(record, rep, 30)
    assert cost(signed_in, address) == few
    assert few <= BUDGET


def test_a_deal_shows_the_five_invoice_properties_and_the_sums(signed_in, deal):
    due = datetime.date(2026, 12, 24)
    deals.set_billing(
        [
            DealBillingValues(
                deal.pk, Decimal("362.07"), "Sonnenschein", "1037", "partial", due, "USD",
                Decimal(500), Decimal(120), Decimal(380), Decimal(70), due, 2,
            )
        ]
    )  # fmt: skip

    page = signed_in.get(reverse("crm:deal-detail", args=[deal.pk])).content.decode()

    for text in (
        "Invoice amount billed", "Invoice recipient", "Invoice number", "Invoice status", "Invoice due date",
        "$362.07", "Sonnenschein", "1037", "Partial payment", "Dec 24, 2026", "$500.00", "$120.00", "$380.00", "$70.00",
    ):  # fmt: skip
        assert text in page, text


def test_a_deal_without_invoices_shows_empty_properties(signed_in, deal):
    page = signed_in.get(reverse("crm:deal-detail", args=[deal.pk])).content.decode()

    assert "Invoice amount billed" in page
    assert "Billed in all" not in page


def test_a_record_that_is_not_there_is_not_found(signed_in):
    for kind in ("company", "contact", "deal", "product", "quote"):
        assert signed_in.get(reverse(f"crm:{kind}-detail", args=[999_999])).status_code == 404


def test_the_timeline_tells_the_story(signed_in, rep, deal, stages):
    deal_lines.set_lines(deal, [LineValues("Design", Decimal(2), Decimal(75))], by=rep)
    deals.update(deal, by=rep, name="New name")
    deals.update(deal, by=rep, close_on=datetime.date(2026, 12, 24))
    deals.move_to_stage(deal, stages["Won"], by=rep)
    timeline.add_note(deal, "Called <Grace>", by=rep)

    page = signed_in.get(reverse("crm:deal-detail", args=[deal.pk])).content.decode()

    for sentence in (
        "created the deal Garden redesign",
        "changed the line items of the deal to $150.00",
        "changed Name of the deal from Garden redesign to New name",
        "changed Close date of the deal from nothing to Dec 24, 2026",
        "moved New name from New to Won",
        "won New name, $150.00",
        "Called &lt;Grace&gt;",
    ):
        assert sentence in page, sentence


def test_the_timeline_tells_in_words_how_a_product_is_billed(signed_in, rep):
    product = products.create(by=rep, name="Care", currency="USD")
    products.update(product, by=rep, billing_period=BillingPeriod.MONTH)
    products.update(product, by=rep, billing_period=BillingPeriod.YEAR, billing_count=3)

    page = signed_in.get(reverse("crm:product-detail", args=[product.pk])).content.decode()

    assert "changed Billed of the product from One-time to Monthly" in page
    assert "changed Number of periods and Billed of the product" in page


@pytest.mark.parametrize("service", [companies, contacts, deals, products, quotes])
def test_every_column_that_can_be_changed_has_a_name(service):
    assert [name for name in service.FIELDS if name not in LABELS and f"{name}_id" not in LABELS] == []


def test_the_timeline_is_filtered_by_kind_and_goes_back_by_key(signed_in, rep, company):
    for number in range(45):
        timeline.add_note(company, f"note {number}", by=rep)
    address = reverse("crm:timeline", args=["company", company.pk])

    def told(response):
        return [line.said.get("body", "") for line in response.context["timeline_lines"]]

    first = signed_in.get(address, {"kind": "note"})
    seen = told(first)
    more = first.context["timeline_more"]
    while more:
        response = signed_in.get(more)
        seen += told(response)
        more = response.context["timeline_more"]
    assert seen == [f"note {number}" for number in reversed(range(45))]
    assert all(line.activity for line in first.context["timeline_lines"])
    assert told(signed_in.get(address, {"kind": "change"})) == [""]
    assert signed_in.get(address, {"kind": "x", "before": "y.1"}).status_code == 200
    assert signed_in.get(reverse("crm:timeline", args=["invoice", 1])).status_code == 404


def test_a_note_is_written_from_the_page(signed_in, company):
    address = reverse("crm:activity-add", args=["company", company.pk, "note"])

    answer = signed_in.post(address, {"body": "Hello"}, headers={"HX-Request": "true"})
    assert "Hello" in answer.content.decode()
    plain = signed_in.post(address, {"body": "Without script"})
    assert plain.status_code == 302

    refused = signed_in.post(address, {"body": "  "}, headers={"HX-Request": "true"})
    assert refused.status_code == 422
    assert "Write something first." in refused.content.decode()
    long = signed_in.post(address, {"body": "x" * 10_001}, headers={"HX-Request": "true"})
    assert long.status_code == 422
    assert "x" * 10_001 in long.content.decode()
    assert Event.objects.filter(name="note.added").count() == 2


def test_contacts_of_a_deal_change_on_their_card(signed_in, deal, contact):
    other = Contact.objects.create(first_name="Amy")
    address = reverse("crm:deal-contact-change", args=[deal.pk])

    def send(**data):
        return signed_in.post(address, data, headers={"HX-Request": "true"})

    assert "Amy" in send(act="add", contact=other.pk).content.decode()
    send(act="primary", contact=other.pk)
    assert deal.deal_contacts.get(primary=True).contact == other
    send(act="remove", contact=other.pk)
    assert deal.deal_contacts.get().contact == contact
    for wrong in ({"act": "add", "contact": "x"}, {"act": "burn", "contact": contact.pk}, {}):
        assert send(**wrong).status_code == 422
    assert send(act="add", contact=999_999).status_code == 404
    assert deal.deal_contacts.count() == 1


def test_pickers_find_what_can_be_chosen(signed_in, rep, company, contact, product, deal):
    companies.archive(companies.create(by=rep, name="Cool archive"), by=rep)
    products.update(products.create(by=rep, name="Design old"), by=rep, active=False)

    def offered(kind, text):
        answer = signed_in.get(reverse(f"crm:{kind}-choices"), {"q": text}).json()
        return [(found["value"], found["text"]) for found in answer["results"]]

    assert offered("company", "cool") == [(str(company.pk), "Cool Cars")]
    assert offered("contact", "gra") == [(str(contact.pk), "Grace Pariente")]
    assert offered("product", "des") == [(str(product.pk), "Design")]
    assert offered("deal", "garden") == [(str(deal.pk), "Garden redesign")]
    assert offered("company", "") == [(str(company.pk), "Cool Cars")]
    assert offered("company", "!!") == []


def test_the_search_of_the_site_finds_records(signed_in, deal, contact, company, product):
    page = signed_in.get(reverse("core:search"), {"q": "g"}).content.decode()

    assert reverse("crm:deal-detail", args=[deal.pk]) in page
    assert reverse("crm:contact-detail", args=[contact.pk]) in page


def test_a_quote_is_published_from_its_page(signed_in, deal, rep):
    quote = quotes.create_from_deal(deal, by=rep)
    address = reverse("crm:quote-publish", args=[quote.pk])

    empty = signed_in.post(address, follow=True)
    assert "Add a line item before you publish the quote." in empty.content.decode()
    quotes.set_lines(quote, [LineValues("Design")], by=rep)
    done = signed_in.post(address, follow=True)
    assert "Quote published." in done.content.decode()
    again = signed_in.post(address, follow=True)
    assert "published already" in again.content.decode()
    assert reverse("crm:quote-edit", args=[quote.pk]) not in again.content.decode()
    quote.refresh_from_db()
    assert quote.status == "published"
