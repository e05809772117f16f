"""Invoices made in QuickBooks find their deal by rule; what no rule decides is only suggested."""

from typing import Any

import pytest

from accounts.models import User
from core.models import Event
from crm.models import Company, Deal, DealBilling
from crm.services import deals, pipelines
from invoices import suggestions
from invoices.models import AssociationRules, Invoice
from invoices.services import association_rules, links
from invoices.services.association_rules import Reference
from tests import makers
from tests.books import Books

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rep(db: None) -> User:
    return makers.user("Admin")


@pytest.fixture
def customer(books: Books) -> str:
    """A customer whose company the CRM has."""
    found = books.customer("Bright Gardens")
    books.item()
    books.sync()
    return found


def deal_of(rep: User, name: str = "Fountain for the park", company: str | None = "Bright Gardens") -> Deal:
    owner = Company.objects.get(name=company) if company else None
    return deals.create(
        by=rep, name=name, stage=pipelines.ensure_default().stages.first(), company=owner, currency="USD"
    )


def invoice(books: Books, customer: str, **fields: Any) -> Invoice:
    item = books.quickbooks.objects(books.connection.realm_id, "Item")[0]["Id"]
    detail = {"ItemRef": {"value": item}, "Qty": 1, "UnitPrice": 100}
    line = {"Amount": 100, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    made = books.make("Invoice", CustomerRef={"value": customer}, Line=[line], **fields)
    books.sync()
    return Invoice.objects.get(connection=books.connection, external_id=made)


def rules(books: Books, **values: Any) -> None:
    AssociationRules.objects.update_or_create(connection=books.connection, defaults=values)


def test_the_one_open_deal_of_the_customer_gets_it_and_the_timeline_says_why(
    books: Books, customer: str, rep: User
) -> None:
    deal = deal_of(rep)

    found = invoice(books, customer)

    assert found.deal == deal
    assert DealBilling.objects.get(deal=deal).billed == 100
    told = Event.objects.get(name="invoice.linked", object_id=found.pk)
    assert (told.data["rule"], told.data["deal"]) == ("open_deal", deal.name)


def test_of_several_open_deals_none_is_taken_but_all_are_suggested(books: Books, customer: str, rep: User) -> None:
    wanted = {deal_of(rep, "First"), deal_of(rep, "Second")}

    found = invoice(books, customer)

    assert found.deal is None
    assert {each.deal for each in suggestions.deals_for(found, rep)} == wanted
    assert all(suggestions.invoices_for(deal, rep)[0].invoice == found for deal in wanted)


def test_a_reference_counts_more_than_the_open_deal(books: Books, customer: str, rep: User) -> None:
    deal_of(rep, "Another one")
    deal = deal_of(rep, "A deal of nobody", company=None)

    by_memo = invoice(books, customer, CustomerMemo={"value": f"For your deal #{deal.pk}, thank you"})
    by_name = invoice(books, customer, PrivateNote="This is for the another one project")

    assert by_memo.deal == deal
    assert by_name.deal == Deal.objects.get(name="Another one")
    names = dict(Event.objects.filter(name="invoice.linked").values_list("object_id", "data__rule"))
    assert names == {by_memo.pk: "memo", by_name.pk: "memo"}


def test_the_chosen_custom_field_may_hold_a_bare_number(books: Books, customer: str, rep: User) -> None:
    deal = deal_of(rep, "Numbered", company=None)
    rules(books, custom_field="Deal", by_open_deal=False)
    found = invoice(books, customer)
    assert found.deal is None

    def associate(custom: dict[str, str]) -> dict[int, int]:
        return association_rules.associate(books.connection.pk, {found.pk: Reference(custom)}, quiet=False)

    assert associate({"PO number": str(deal.pk)}) == {}
    assert associate({"deal": str(deal.pk)}) == {found.pk: deal.pk}


def test_two_deals_of_the_same_name_are_no_reference(books: Books, customer: str, rep: User) -> None:
    for _twin in range(2):
        deal_of(rep, "Twins", company=None)
    deal_of(rep)
    found = invoice(books, customer)
    links.take_off(found, found.deal, by=rep)
    reference = {found.pk: Reference({"Sales deal": "twins"})}
    assert association_rules.associate(books.connection.pk, reference, quiet=False) == {}


def test_rules_that_are_off_link_nothing(books: Books, customer: str, rep: User) -> None:
    deal = deal_of(rep)
    rules(books, by_open_deal=False, by_memo=False)

    assert invoice(books, customer, PrivateNote=f"deal {deal.pk}").deal is None


def test_what_a_person_took_off_no_rule_puts_back(books: Books, customer: str, rep: User) -> None:
    deal = deal_of(rep)
    found = invoice(books, customer)
    links.take_off(found, deal, by=rep)
    books.act("Invoice", found.external_id, operation="update", fields={"PrivateNote": f"deal {deal.pk}"})
    books.sync()

    found.refresh_from_db()
    assert found.deal is None
    assert [each.deal for each in suggestions.deals_for(found, rep)] == []


def test_an_invoice_made_here_without_a_deal_stays_without(books: Books, customer: str, rep: User) -> None:
    found = invoice(books, customer)
    Invoice.objects.update(origin="crm")
    deal = deal_of(rep)
    reference = {found.pk: Reference({}, f"deal {deal.pk}")}

    assert association_rules.associate(books.connection.pk, reference, quiet=False) == {}
    assert [each.deal for each in suggestions.deals_for(found, rep)] == [deal]


@pytest.mark.parametrize("count", [1, 25])
def test_it_costs_the_same_for_one_and_many(
    books: Books, customer: str, rep: User, django_assert_max_num_queries: Any, count: int
) -> None:
    deal_of(rep)
    rules(books, by_open_deal=False)
    for _invoice in range(count):
        invoice(books, customer)
    rules(books, by_open_deal=True)
    references = {pk: Reference({}, f"deal {pk}") for pk in Invoice.objects.values_list("pk", flat=True)}

    with django_assert_max_num_queries(22):
        found = association_rules.associate(books.connection.pk, references, quiet=False)

    assert len(found) == count
