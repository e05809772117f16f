"""Which records an invoice belongs to: added from a record, linked, taken off, suggested."""

import datetime
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from core.models import Event
from crm.models import Company, Contact, Deal, DealBilling
from invoices.models import KeptApart
from invoices.ports import FoundInvoice, FoundInvoices, InvoiceSearch
from invoices.services import association_rules, links
from invoices.services.associations import about_of, add_missing
from tests.invoices.fakes import TODAY, books

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return " ".join(response.content.decode().split())


def found(invoice, **more) -> FoundInvoice:
    values = {
        "external_id": invoice.external_id, "number": invoice.number, "customer_name": invoice.customer_name,
        "issued_on": invoice.issued_on, "total": invoice.total, "balance": invoice.balance, "currency": "USD",
        "invoice_id": invoice.pk,
    }  # fmt: skip
    return FoundInvoice(**(values | more))


def add_to(record) -> str:
    return reverse("invoices:invoice-add", args=[record._meta.model_name, record.pk])


def test_the_dialog_searches_by_words_and_dates_in_the_chosen_company(web, rep, deal, make_invoice, uk_connection):
    invoice = make_invoice(number="1037")
    books.found = FoundInvoices([found(invoice)], next=7)

    page = text(web.get(add_to(deal)))
    assert "1037 · Cool Cars" in page
    assert "UK Company" in page
    assert books.searches[-1] == InvoiceSearch(record=("deal", deal.pk), seen_by=rep)

    query = {"part": "results", "q": "362.07", "from": "2026-11-01", "to": "2026-11-30", "account": uk_connection.pk}
    page = text(web.get(add_to(deal), query))
    day = datetime.date(2026, 11, 1)
    assert books.searches[-1] == InvoiceSearch("362.07", day, datetime.date(2026, 11, 30), seen_by=rep)
    assert "after=7" in page


def test_a_record_without_invoices_of_its_own_is_offered_those_of_the_company_at_once(web, rep, deal, connection):
    page = text(web.get(add_to(deal)))

    assert books.searches == [InvoiceSearch(record=("deal", deal.pk), seen_by=rep), InvoiceSearch(seen_by=rep)]
    assert 'name="own" value="yes">' in page


def test_what_is_ticked_stays_when_the_search_changes(web, deal, make_invoice):
    first, second = make_invoice(number="1"), make_invoice(number="2")
    books.found = FoundInvoices([found(first), found(second)])

    page = text(web.get(add_to(deal), {"part": "results", "q": "2", "invoice": first.external_id}))

    ticked, others = page.split("Invoices found")
    assert f'value="{first.external_id}" checked' in ticked
    assert f'value="{second.external_id}"' in others
    assert first.external_id not in others


def test_several_are_added_at_once_and_count_for_the_deal(web, deal, make_invoice, connection):
    invoices = [make_invoice(total=Decimal(10), tracked=False) for _ in range(3)]

    answer = web.post(add_to(deal), {"account": connection.pk, "invoice": [i.external_id for i in invoices]})

    assert answer.status_code == 204
    assert "3 invoices added." in answer["HX-Trigger"]
    assert {i.tracked for i in deal.invoices.all()} == {True}
    assert DealBilling.objects.get(deal=deal).billed == 30
    assert Event.objects.filter(name="invoice.linked", links__object_type="deal").count() == 3


def test_one_on_another_deal_is_asked_for_first(web, deal, stage, make_invoice, connection):
    other = Deal.objects.create(name="Other deal", stage=stage)
    invoice, free = make_invoice(deal=other), make_invoice()
    books.found = FoundInvoices([found(invoice, deal_id=other.pk, deal_name="Other deal")])
    assert "on the deal Other deal" in text(web.get(add_to(deal)))
    data = {"account": connection.pk, "invoice": [invoice.external_id, free.external_id]}

    asked = web.post(add_to(deal), data)

    assert asked.status_code == 422
    assert "counts for another deal now" in text(asked)
    invoice.refresh_from_db()
    free.refresh_from_db()
    assert (invoice.deal_id, free.deal_id) == (other.pk, deal.pk)

    assert web.post(add_to(deal), data | {"move": [invoice.external_id]}).status_code == 204
    invoice.refresh_from_db()
    assert invoice.deal_id == deal.pk


def test_nothing_ticked_is_told(web, company, connection):
    answer = web.post(add_to(company), {"account": connection.pk})
    assert answer.status_code == 422
    assert "Tick at least one invoice." in text(answer)


@pytest.mark.parametrize("count", [1, 30])
def test_adding_costs_the_same_for_one_and_many(deal, rep, make_invoice, django_assert_max_num_queries, count):
    ids = [make_invoice().pk for _ in range(count)]
    with django_assert_max_num_queries(20):
        links.add(ids, deal, by=rep)
    company = Company.objects.create(name="Another")
    with django_assert_max_num_queries(12):
        links.add(ids, company, by=rep)
    assert company.invoices.count() == count


def test_what_a_person_took_off_does_not_come_back_by_itself(web, rep, make_invoice, company, contact):
    invoice = make_invoice()
    for record in (company, contact):
        links.add([invoice.pk], record, by=rep)
    data = {"kind": "company", "record": company.pk}

    assert web.post(reverse("invoices:invoice-unlink", args=[invoice.pk]), data).status_code == 204

    assert not invoice.companies.exists()
    add_missing({invoice.pk: ([contact.pk], [company.pk])}, about_of({invoice.pk: None}))
    assert not invoice.companies.exists()
    assert list(invoice.contacts.all()) == [contact]
    told = Event.objects.filter(name="invoice.unlinked").values_list("data__record", flat=True)
    assert list(told) == [company.name]

    # A person may put it back.
    answer = web.post(reverse("invoices:invoice-link", args=[invoice.pk]), data)
    assert answer.status_code == 204
    assert list(invoice.companies.all()) == [company]
    assert not KeptApart.objects.exists()


def test_records_to_link_are_searched(web, make_invoice, company):
    address = reverse("invoices:invoice-link", args=[make_invoice().pk])
    assert "Cool Cars" in text(web.get(address, {"kind": "company"}))
    assert "Nothing begins like that." in text(web.get(address, {"kind": "contact", "q": "zzz"}))
    assert web.get(address, {"kind": "deal"}).status_code == 404


def test_a_suggestion_is_accepted_or_never_shown_again(web, rep, deal, stage, company, make_invoice):
    deal.created_at = timezone.make_aware(datetime.datetime(2026, 11, 1))  # noqa: DTZ001 -- made aware here
    deal.save(update_fields=["created_at"])
    invoice, other = make_invoice(number="77"), make_invoice(number="88")
    for each in (invoice, other):
        links.add([each.pk], company, by=rep)
    detail = reverse("invoices:invoice-detail", args=[invoice.pk])
    card = reverse("invoices:deal-card", args=[deal.pk])
    assert "Belongs to the deal" in text(web.get(detail))
    assert "belong here?" in text(web.get(card))

    web.post(reverse("invoices:invoice-belongs", args=[invoice.pk]), {"deal": deal.pk, "answer": "yes"})
    web.post(reverse("invoices:invoice-belongs", args=[other.pk]), {"deal": deal.pk, "answer": "no"})

    invoice.refresh_from_db()
    other.refresh_from_db()
    assert (invoice.deal, other.deal) == (deal, None)
    assert "belong here?" not in text(web.get(card))
    assert "Belongs to the deal" not in text(web.get(reverse("invoices:invoice-detail", args=[other.pk])))
    assert Event.objects.filter(name="invoice.suggestion_dismissed").count() == 1


def test_an_invoice_from_long_before_the_deal_is_not_suggested(web, rep, deal, company, make_invoice):
    old = make_invoice(number="1", issued_on=TODAY - datetime.timedelta(days=400))
    links.add([old.pk], company, by=rep)
    assert "belong here?" not in text(web.get(reverse("invoices:deal-card", args=[deal.pk])))


def test_those_who_may_not_create_invoices_link_nothing(client, db, deal, contact, make_invoice):
    from tests.invoices.conftest import user_of  # noqa: PLC0415 -- needs Django set up

    looker = user_of("Sales rep", "looker@example.com")
    looker.role.permissions = ["invoices.view"]
    looker.role.save()
    client.force_login(looker)
    invoice = make_invoice()
    for address in (add_to(deal), reverse("invoices:invoice-link", args=[invoice.pk])):
        assert client.get(address).status_code == 403
    answer = client.post(reverse("invoices:invoice-unlink", args=[invoice.pk]), {"kind": "deal", "record": deal.pk})
    assert answer.status_code == 403
    assert "Belongs to the deal" not in text(client.get(reverse("invoices:invoice-detail", args=[invoice.pk])))
    assert Contact.objects.count() == 1


def test_an_admin_sets_the_rules_of_a_company(client, admin, connection, uk_connection):
    client.force_login(admin)
    address = reverse("invoices:association-rules")
    page = text(client.get(address))
    assert "Sample Company" in page
    assert "UK Company" in page

    data = {
        "account": connection.pk,
        f"{connection.pk}-custom_field": " Deal ",
        f"{connection.pk}-by_custom_field": "on",
    }
    assert client.post(address, data).status_code == 302

    rules = association_rules.rules_of(connection.pk)
    assert (rules.by_custom_field, rules.custom_field, rules.by_memo, rules.by_open_deal) == (
        True,
        "Deal",
        False,
        False,
    )
    assert association_rules.rules_of(uk_connection.pk).by_open_deal
