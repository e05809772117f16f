"""Each refusal that a write can meet: what its record says, what can be done, and that nothing is sent by itself."""

from dataclasses import dataclass
from typing import Any

import pytest

from core.models import Event
from core.redis import redis_client
from crm.models import Company
from crm.services import companies, products
from qbo_connector.enums import ConnectionStatus
from qbo_connector.models import Connection, MirrorObject, Operation
from sync.enums import Outcome
from sync.models import Link
from sync.publish import records
from sync.services import names, retries
from tests.books import Books, open_books
from tests.makers import user


@pytest.fixture
def books(quickbooks, transactional_db):
    """A small company, read, with everything switched on."""
    opened = open_books(quickbooks)
    opened.sync()
    return opened


@dataclass(frozen=True)
class Refusal:
    """A fault, and what is said about it: a part of the reason, the kind of remedy, the outcome."""

    code: str
    says: str
    kind: str
    detail: str = "In QuickBooks' own words."
    element: str = ""
    outcome: Outcome = Outcome.FAILING


REFUSALS = [
    Refusal("500", "can't do this with such a record: update", "unsupported"),
    Refusal("610", "was made inactive or deleted", "reference"),
    Refusal("2010", "does not know “Phone” in this form", "field", element="PrimaryPhone"),
    Refusal("2020", "needs “Phone”, which is empty", "field", detail="Required parameter PrimaryPhone is missing"),
    Refusal("2040", "“Phone” holds characters", "field", element="PrimaryPhone"),
    Refusal("2050", "“Phone” is too long", "field", element="PrimaryPhone"),
    Refusal("2080", "can't read the number in “Phone”", "field", element="PrimaryPhone"),
    Refusal("2170", "does not know the choice in “Phone”", "field", element="PrimaryPhone"),
    Refusal("2210", "“Phone” is no e-mail address", "field", element="PrimaryPhone"),
    Refusal(
        "2500", "the account “999”", "reference", detail="Invalid Reference Id : Accounts element id 999 not found"
    ),
    Refusal("6000", "forbids this: Not on Sundays.", "rule", detail="Business Validation Error: Not on Sundays."),
    Refusal("6070", "is not the amount in “Phone”", "field", element="PrimaryPhone"),
    Refusal("6140", "is already used in QuickBooks", "number"),
    Refusal("6190", "subscription of this company is not active", "subscription"),
    Refusal("6210", "books are closed for this date", "period"),
    Refusal("6240", "Use another name", "name"),
    Refusal("6540", "part of a bank deposit", "deposit"),
    Refusal("7777", "QuickBooks refused this", "again"),
]


def linked(books: Books) -> Company:
    """A company that QuickBooks has."""
    company = companies.create(by=user("Admin"), name="Green Garden", email="hello@green.example", phone="555 1")
    records.publish_records("company", [company.pk])
    books.settle()
    return company


def publish(books: Books, company: Company) -> Link:
    """The company's changes are sent; its link afterwards."""
    records.publish_records("company", [company.pk])
    books.settle()
    return books.link("company", object_id=company.pk)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.code)
def test_a_refusal_is_told_and_waits(refusal, books):
    company = linked(books)
    companies.update(company, by=user("Admin"), phone="555 2")
    books.quickbooks.fault(
        method="POST", entity="Customer", kind="update", times=1, action="body", status=400, body=fault(refusal)
    )

    link = publish(books, company)

    assert refusal.says in link.reason
    assert link.outcome == refusal.outcome
    assert link.detail == refusal.detail
    assert link.remedy["kind"] == refusal.kind
    Connection.objects.update(status=ConnectionStatus.ACTIVE)
    again = publish(books, company)
    assert (again.outcome, again.reason) == (link.outcome, link.reason)
    assert Operation.objects.filter(verb="update").count() == 1

    retries.send_again([link], by=user("Admin"))
    books.settle()
    assert books.link("company").outcome == Outcome.IN_SYNC
    assert books.read("Customer", link.qbo_id)["PrimaryPhone"]["FreeFormNumber"] == "555 2"


def fault(refusal: Refusal) -> dict[str, Any]:
    error = {"Message": "Message", "Detail": refusal.detail, "code": refusal.code, "element": refusal.element}
    return {"Fault": {"Error": [error], "type": "ValidationFault"}, "time": "2026-11-22T09:00:00.000-08:00"}


@pytest.mark.parametrize("code", ["3001", "10000"])
def test_what_is_not_a_refusal_is_tried_again_by_itself(code, books):
    company = linked(books)
    companies.update(company, by=user("Admin"), phone="555 2")
    status = 429 if code == "3001" else 500
    books.quickbooks.fault(method="POST", entity="Customer", times=1, action="fault", code=code, status=status)
    link = publish(books, company)
    assert link.outcome == Outcome.PENDING

    from_now(books)

    assert books.link("company").outcome == Outcome.IN_SYNC
    assert Operation.objects.get(verb="update").attempts == 2


def from_now(books: Books) -> None:
    """What waits is due, and QuickBooks may be called again."""
    redis_client().flushdb()
    Operation.objects.update(due_at="2000-01-01T00:00:00Z")
    books.settle()


def test_what_was_refused_is_sent_when_it_changes(books):
    company = linked(books)
    companies.update(company, by=user("Admin"), phone="555 2")
    books.quickbooks.fault(method="POST", entity="Customer", kind="update", times=1, action="fault", code="6000")
    assert publish(books, company).outcome == Outcome.FAILING
    companies.update(company, by=user("Admin"), phone="555 3")

    assert publish(books, company).outcome == Outcome.IN_SYNC


@pytest.mark.parametrize("entity", ["Vendor", "Employee"])
def test_a_retry_after_the_next_read_takes_a_free_name(entity, books):
    """The name was given away in QuickBooks after the last read, so it looked free."""
    books.make(entity, DisplayName="Green Garden")
    company = companies.create(by=user("Admin"), name="Green Garden", email="hello@green.example")
    link = publish(books, company)
    assert link.outcome == Outcome.FAILING
    assert "a customer, vendor or employee called “Green Garden”" in link.reason

    books.sync()
    retries.send_again([link], by=user("Admin"))
    books.settle()

    link = books.link("company")
    assert link.outcome == Outcome.IN_SYNC
    assert books.read("Customer", link.qbo_id)["DisplayName"] == "Green Garden (2)"


def name_clash(books: Books, entity: str = "Customer") -> Link:
    """A company whose name QuickBooks gave away between our look and our write."""
    company = companies.create(by=user("Admin"), name="Green Garden", email="hello@green.example")
    records.publish_records("company", [company.pk])
    books.make(entity, DisplayName="Green Garden")
    books.settings(incoming="update")
    books.sync()
    books.settle()
    return books.link("company", object_id=company.pk)


@pytest.mark.parametrize(
    ("entity", "says", "can_link"),
    [
        ("Customer", "QuickBooks already has the customer “Green Garden”. Link to it, or use another name.", True),
        (
            "Vendor",
            "QuickBooks already has the vendor “Green Garden”, and a customer can't share its name. Use another name.",
            False,
        ),
        (
            "Employee",
            "QuickBooks already has the employee “Green Garden”, and a customer can't share this name. "
            "Use another name.",
            False,
        ),
    ],
)
def test_the_owner_of_a_name_is_named(entity, says, can_link, books):
    link = name_clash(books, entity)

    assert link.reason == says
    assert link.remedy["owner"]["entity"] == entity
    assert link.remedy["can_link"] is can_link
    assert link.outcome == Outcome.FAILING


def test_a_record_is_linked_to_the_owner_of_its_name(books):
    link = name_clash(books)
    owner = link.remedy["owner"]["qbo_id"]

    names.link_to_owner(link, by=user("Admin"))
    books.settle()

    link = books.link("company")
    assert (link.qbo_id, link.outcome) == (owner, Outcome.IN_SYNC)
    assert books.read("Customer", owner)["PrimaryEmailAddr"] == {"Address": "hello@green.example"}
    assert len(books.quickbooks.objects(books.connection.realm_id, "Customer")) == 1
    assert Event.objects.filter(name="sync.linked", object_type="company").count() == 1


def test_a_vendor_is_no_customer_to_link_to(books):
    link = name_clash(books, "Vendor")

    with pytest.raises(names.NoOwner):
        names.link_to_owner(link, by=user("Admin"))

    link.refresh_from_db()
    assert (link.qbo_id, link.outcome) == ("", Outcome.FAILING)


def test_a_record_is_sent_under_another_name(books):
    link = name_clash(books, "Vendor")
    with pytest.raises(names.NameTaken, match="already uses the name “Green Garden”"):
        names.rename(link, " green garden ", by=user("Admin"))

    names.rename(link, "Green Garden: West", by=user("Admin"))
    books.settle()

    link = books.link("company")
    customer = books.read("Customer", link.qbo_id)
    assert (customer["DisplayName"], customer["CompanyName"]) == ("Green Garden- West", "Green Garden")
    assert link.outcome == Outcome.IN_SYNC
    assert Company.objects.get(pk=link.object_id).name == "Green Garden"


def test_a_customer_that_is_gone_breaks_its_link(books):
    company = linked(books)
    link = books.link("company")
    other = books.customer("Other", email="other@green.example")
    books.act("Customer", link.qbo_id, operation="merge", into=other)
    companies.update(company, by=user("Admin"), phone="555 2")

    publish(books, company)

    link.refresh_from_db()
    assert MirrorObject.objects.get(entity="Customer", qbo_id=link.qbo_id).deleted or link.qbo_id == other


def test_a_version_that_is_always_older_gives_up_after_three_tries(books):
    company = linked(books)
    companies.update(company, by=user("Admin"), phone="555 2")
    books.quickbooks.fault(method="POST", entity="Customer", kind="update", times=9, action="fault", code="5010")

    link = publish(books, company)

    assert link.outcome == Outcome.FAILING
    assert "3 tries met a newer version" in link.reason
    tries = Operation.objects.filter(verb="update")
    assert tries.count() == 3
    assert len(set(tries.values_list("request_id", flat=True))) == 3


def test_an_item_without_an_income_account_says_what_is_missing(books):
    MirrorObject.objects.filter(entity="Account").update(active=False)
    product = products.create(by=user("Admin"), name="Hedge")
    records.publish_records("product", [product.pk])

    link = books.link("product", object_id=product.pk)
    assert link.outcome == Outcome.FAILING
    assert "no income account" in link.reason
    assert not Operation.objects.exists()


def test_one_refusal_in_a_batch_settles_only_that_one(books):
    made = [
        companies.create(by=user("Admin"), name=f"Garden {number}", email=f"garden{number}@green.example")
        for number in range(6)
    ]
    records.publish_records("company", [company.pk for company in made])
    books.make("Vendor", DisplayName="Garden 3")
    books.settle()

    assert books.quickbooks.call("GET", "calls?kind=batch")["calls"]
    outcomes = {link.object_id: link.outcome for link in Link.objects.filter(object_type="company")}
    assert [outcomes[company.pk] for company in made] == [
        Outcome.FAILING if number == 3 else Outcome.IN_SYNC for number in range(6)
    ]
