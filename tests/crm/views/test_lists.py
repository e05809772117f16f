"""Index pages: what they show, find, filter, sort and page, and what they cost."""

import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from core.conditions import matches, to_address, values_for
from core.tables import listing
from crm.enums import BillingStatus
from crm.models import Company, Contact, Deal, Product, Quote
from crm.services import companies, deals, pipelines, quotes, tasks
from crm.services.deals import DealBillingValues
from invoices.enums import InvoiceStatus

pytestmark = pytest.mark.django_db

LISTS = ["company", "contact", "deal", "product", "quote"]
BUDGET = 8


def names(response) -> list[str]:
    """What the rows of an index page are called, in order."""
    return [str(row) for row in response.context["list"].rows]


def many(kind: str, count: int, rep, stages) -> None:
    """``count`` records of a kind, each with all its relations."""
    company = Company.objects.create(name="Cool Cars", owner=rep)
    contact = Contact.objects.create(first_name="Grace", company=company, owner=rep)
    if kind == "company":
        Company.objects.bulk_create(Company(name=f"Company {n}", owner=rep) for n in range(count))
    if kind == "contact":
        Contact.objects.bulk_create(Contact(last_name=f"L{n}", company=company, owner=rep) for n in range(count))
    if kind == "product":
        Product.objects.bulk_create(Product(name=f"P{n}", unit_price=n) for n in range(count))
    if kind in ("deal", "quote"):
        made = Deal.objects.bulk_create(
            Deal(name=f"D{n}", stage=stages["New"], company=company, owner=rep, amount=n) for n in range(count)
        )
        deals.set_billing(DealBillingValues(deal.pk, Decimal(5), "Cool Cars", "1004", "sent") for deal in made)
        if kind == "quote":
            Quote.objects.bulk_create(
                Quote(deal=deal, title=f"Q{deal.pk}", contact=contact, owner=rep) for deal in made
            )


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_costs_the_same_for_one_row_and_for_thirty(signed_in, rep, stages, kind):
    counts = []
    for size in (1, 29):
        many(kind, size, rep, stages)
        with CaptureQueriesContext(connection) as captured:
            response = signed_in.get(reverse(f"crm:{kind}-list"))
        assert response.status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert counts[0] <= BUDGET


def test_a_long_filtered_list_of_deals_stays_within_its_budget(signed_in, rep, stages):
    many("deal", 60, rep, stages)
    company = Company.objects.get()

    with CaptureQueriesContext(connection) as captured:
        response = signed_in.get(reverse("crm:deal-list"), {"company": company.pk})

    assert len(response.context["list"].rows) == 50
    options = {each.chip.name: each.options for each in response.context["list"].controls}
    assert options["company"] == [(str(company.pk), "Cool Cars")]
    assert len(captured) <= BUDGET


def test_a_filter_that_came_by_link_stays_when_another_is_chosen(signed_in, deal, contact):
    page = signed_in.get(reverse("crm:deal-list"), {"contact": contact.pk}).content.decode()

    assert f'<input type="hidden" name="contact" value="{contact.pk}">' in page


def test_a_filter_without_a_control_is_named_and_can_be_taken_off(signed_in, company):
    page = signed_in.get(reverse("crm:company-list"), {"import": "7", "q": "cool"})

    assert page.context["unseen"] == [("From an import", "?q=cool")]
    assert "Take off the filter From an import" in page.content.decode()


def test_two_contacts_of_a_deal_do_not_show_it_twice(signed_in, deal, contact):
    other = Contact.objects.create(first_name="Amy")
    deal.deal_contacts.create(contact=other)

    assert names(signed_in.get(reverse("crm:deal-list"), {"contact": [contact.pk, other.pk]})) == ["Garden redesign"]


@pytest.mark.parametrize("kind", LISTS)
def test_an_empty_list_says_what_belongs_there(signed_in, kind):
    response = signed_in.get(reverse(f"crm:{kind}-list"))

    assert str(response.context["kind"].none_yet) in response.content.decode()
    assert reverse(f"crm:{kind}-create") in response.content.decode()


@pytest.mark.parametrize("kind", LISTS)
def test_nothing_found_differs_from_nothing_there(signed_in, kind):
    response = signed_in.get(reverse(f"crm:{kind}-list"), {"q": "zebra"})

    page = response.content.decode()
    assert "Nothing matches" in page
    assert "Clear filters" in page


def test_who_may_not_edit_is_not_offered_to(client, looker):
    client.force_login(looker)

    assert reverse("crm:company-create") not in client.get(reverse("crm:company-list")).content.decode()


def test_search_finds_beginnings_of_words(signed_in, company, contact, product):
    def found(kind, text):
        return names(signed_in.get(reverse(f"crm:{kind}-list"), {"q": text}))

    assert found("company", "coolc") == ["Cool Cars"]
    assert found("company", "cars cool") == ["Cool Cars"]
    assert found("company", "ool") == []
    assert found("contact", "GRACE@exam") == ["Grace Pariente"]
    assert found("product", "d-1") == ["Design"]
    assert found("product", "';--") == []


def test_deals_show_their_five_invoice_properties(signed_in, deal):
    due = datetime.date(2026, 12, 24)
    deals.set_billing(
        [
            DealBillingValues(
                deal.pk, Decimal("362.07"), "Sonnenschein", "1037", "overdue", due, "USD", outstanding=Decimal(9)
            )
        ]
    )

    page = signed_in.get(reverse("crm:deal-list")).content.decode()

    for heading in ("amount billed", "recipient", "number", "status", "due date"):
        assert f"Invoice {heading}" in page
    for value in ("$362.07", "Sonnenschein", "1037", "Overdue", "Dec 24, 2026", "$9.00"):
        assert value in page


def test_the_words_for_invoice_statuses_are_those_of_invoices():
    assert BillingStatus.choices == InvoiceStatus.choices


def test_filters_are_conditions_on_the_address(signed_in, rep, ops, stages, company):
    today = timezone.localdate()
    first = deals.create(by=rep, name="First", company=company, amount=Decimal(100), close_on=today)
    second = deals.create(by=ops, name="Second", amount=Decimal(200), stage=stages["Won"])
    deals.set_billing([DealBillingValues(second.pk, invoice_status="paid")])

    def found(**query):
        return sorted(names(signed_in.get(reverse("crm:deal-list"), query)))

    assert found() == ["First", "Second"]
    assert found(status="won") == ["Second"]
    assert found(status=["won", "open"]) == ["First", "Second"]
    assert found(stage=stages["New"].pk) == ["First"]
    assert found(owner=ops.pk) == ["Second"]
    assert found(company=company.pk) == ["First"]
    assert found(close_on=f"{today}..") == ["First"]
    assert found(close_on="..2000-01-01") == []
    assert found(amount="150..250") == ["Second"]
    assert found(invoice_status=["paid", "overdue"]) == ["Second"]
    assert found(created=f"{today - datetime.timedelta(days=1)}..", status="open") == ["First"]
    deals.archive(first, by=rep)
    assert found() == ["Second"]
    assert found(archived="1") == ["First"]


@pytest.mark.parametrize(
    "query",
    [
        {"close_on": "tomorrow.."},
        {"amount": "..lots"},
        {"owner": "x"},
        {"owner": "9" * 30},
        {"status": "a\x00b"},
        {"cursor": "no-cursor"},
        {"sort": "password"},
        {"size": "1000000"},
        {"stage": "1 OR 1=1"},
        {"q": "\x00'\"\\:*&|!()"},
        {"close_on": "0001-01-01..9999-12-31"},
    ],
)
def test_an_address_that_makes_no_sense_is_answered_in_peace(signed_in, deal, query):
    response = signed_in.get(reverse("crm:deal-list"), query)

    assert response.status_code == 200


def test_an_unreadable_filter_is_named(signed_in, deal):
    response = signed_in.get(reverse("crm:deal-list"), {"amount": "..lots"})

    assert "does not fit Amount" in response.content.decode()
    assert names(response) == ["Garden redesign"]


def test_pages_lead_there_and_back(signed_in, rep):
    for number in range(60):
        companies.create(by=rep, name=f"company {number:02}" if number % 2 else f"Company {number:02}")
    expected = [f"company {n:02}" if n % 2 else f"Company {n:02}" for n in range(60)]
    address = reverse("crm:company-list")

    first = signed_in.get(address, {"size": "25"})
    second = signed_in.get(address, {"size": "25", "cursor": first.context["list"].page.next})
    third = signed_in.get(address, {"size": "25", "cursor": second.context["list"].page.next})
    assert [*names(first), *names(second), *names(third)] == expected
    assert (first.context["list"].page.previous, third.context["list"].page.next) == ("", "")

    back = signed_in.get(address, {"size": "25", "cursor": third.context["list"].page.previous})
    assert names(back) == names(second)
    assert "60 records" in first.content.decode()


ORDERS = "name -name amount -amount close_on -close_on outstanding -outstanding invoice_number -invoice_due_on"


@pytest.mark.parametrize("sort", [*ORDERS.split(), "updated", "-updated"])
def test_every_order_pages_without_loss(signed_in, rep, stages, sort):
    made = Deal.objects.bulk_create(
        Deal(
            name=f"D{n % 7}",
            stage=stages["New"],
            amount=None if n % 5 == 0 else n % 3,
            close_on=None if n % 4 == 0 else datetime.date(2026, 1, 1 + n % 9),
        )
        for n in range(60)
    )
    deals.set_billing(
        DealBillingValues(deal.pk, outstanding=Decimal(deal.pk % 4), invoice_number=str(deal.pk % 6))
        for deal in made[::2]
    )
    seen, cursor = [], ""
    for _page in range(4):
        response = signed_in.get(reverse("crm:deal-list"), {"sort": sort, "size": "25", "cursor": cursor})
        page = response.context["list"].page
        seen += [row.pk for row in page.rows]
        cursor = page.next
        if not cursor:
            break
    assert sorted(seen) == sorted(deal.pk for deal in made)


def test_counts_stop_at_a_limit(signed_in, rep, monkeypatch):
    monkeypatch.setattr(listing, "COUNT_UP_TO", 3)
    Company.objects.bulk_create(Company(name=f"C{number}") for number in range(30))

    assert "3+ records" in signed_in.get(reverse("crm:company-list"), {"size": "25"}).content.decode()


def test_names_are_printed_not_run(signed_in, rep, stages):
    nasty = "<script>alert(1)</script>"
    company = companies.create(by=rep, name=nasty, email='"><img src=x>@example.com')
    contact = Contact.objects.create(first_name=nasty, company=company)
    product = Product.objects.create(name=nasty, description=nasty)
    deal = deals.create(by=rep, name=nasty, company=company, contacts=[contact], description=nasty)
    quote = quotes.create_from_deal(deal, by=rep)
    pages = [reverse(f"crm:{kind}-list") for kind in LISTS] + [reverse("crm:deal-board")]
    for record in (company, contact, product, deal, quote):
        kind = record._meta.model_name
        pages += [reverse(f"crm:{kind}-detail", args=[record.pk]), reverse(f"crm:{kind}-edit", args=[record.pk])]
    pages += [reverse("crm:deal-contacts-card", args=[deal.pk]), reverse("crm:deal-quotes-card", args=[deal.pk])]

    for page in pages:
        text = signed_in.get(page).content.decode()
        assert "<script>alert" not in text, page
        assert "<img src=x" not in text, page
        assert "&lt;script&gt;" in text, page


def test_a_quote_past_its_date_is_marked(signed_in, deal, rep):
    quote = quotes.create_from_deal(deal, by=rep)
    Quote.objects.filter(pk=quote.pk).update(
        status="published", expires_on=timezone.localdate() - datetime.timedelta(1)
    )

    assert "Expired" in signed_in.get(reverse("crm:quote-list")).content.decode()


def test_next_steps_and_rotting_deals_are_columns_and_conditions(signed_in, rep, admin, stages):
    pipelines.update_stage(stages["New"], by=admin, rotting_days=7)
    stale, fresh = (deals.create(by=rep, name=name) for name in ("Stale", "Fresh"))
    Deal.objects.filter(pk=stale.pk).update(stage_entered_at=timezone.now() - datetime.timedelta(days=9))
    tasks.create(by=rep, about=fresh, title="Call Amy")
    lonely = {"all": [{"field": "next_step", "op": "in", "value": ["no"]},
                      {"field": "rotting", "op": "in", "value": ["yes"]}]}  # fmt: skip

    columns = "name,next_step,days_in_stage,rotting"
    response = signed_in.get(reverse("crm:deal-list"), {"where": to_address(lonely), "columns": columns})

    assert names(response) == ["Stale"]
    assert [str(cell.text) for cell in response.context["list"].lines[0].cells][1:] == ["9", "Yes"]
    assert "Call Amy" in signed_in.get(reverse("crm:deal-list"), {"columns": columns}).content.decode()
    known = [stale, fresh]
    assert [matches(lonely, "deal", values) for values in values_for(known, lonely)] == [True, False]
