"""Changing invoices that QuickBooks has over the API: by the form and the service of the edit page."""

import pytest

from invoices.models import Invoice, InvoiceEdit
from tests import makers
from tests.api.carrying import carry_over, first
from tests.api.programs import program_of
from tests.quickbooks import sync_company


@pytest.fixture
def books(us_company):
    """The US sample company, read."""
    sync_company(us_company)
    return us_company


@pytest.fixture
def program(us_company):
    """A program of an administrator, beside a company that is connected."""
    return program_of()


@pytest.fixture
def posted(program, books):
    """An invoice of a deal that QuickBooks has."""
    deal = makers.deal_of("Cool Cars", program.user)
    made = program.post("invoices", {"deal": deal.pk})
    carry_over(books)
    return f"invoices/{made.json()['id']}"


def test_what_is_changed_reaches_quickbooks_and_is_followed(program, books, posted, quickbooks):
    read = program.get(posted)
    one, two = read.json()["lines"]
    item = first(program, f"connections/{books.pk}/items?search=Rock")
    terms = next(t for t in program.get(f"connections/{books.pk}/terms").json()["data"] if t["due_days"] == 15)
    change = {
        "issued_on": "2026-11-02",
        "terms": terms["id"],
        "message": "Thank you!",
        "cc": "boss@example.com",
        "billing_address": {"line1": "1 Road", "city": "Half Moon Bay"},
        "discount_percent": "10",
        "lines": [
            {"id": two["id"], "quantity": "3"},
            {"item": item["id"], "quantity": "2", "unit_price": "50", "discount_percent": "10"},
            {"id": one["id"]},
        ],
    }

    answers = [program.patch(posted, change, If_Match=read["ETag"], Idempotency_Key="once") for _time in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202], answers[0].content
    assert answers[1].json() == answers[0].json()
    body, follow = answers[0].json(), answers[0]["Location"].removeprefix("/api/v1/")
    assert (body["due_on"], body["message"], body["discount_percent"]) == ("2026-11-17", "Thank you!", "10")
    assert [line["id"] for line in body["lines"]][::2] == [two["id"], one["id"]]
    assert program.get(follow).json()["done"] is False

    carry_over(books)

    done = program.get(follow).json()
    assert (done["done"], done["sync"]["state"]) == (True, "in_sync")
    there = next(x for x in quickbooks.objects(books.realm_id, "Invoice") if x["Id"] == done["external_id"])
    assert (there["DueDate"], there["CustomerMemo"]["value"]) == ("2026-11-17", "Thank you!")
    assert (there["BillAddr"]["Line1"], there["BillEmailCc"]["Address"]) == ("1 Road", "boss@example.com")
    figures = [line["Amount"] for line in there["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    assert [float(each) for each in figures] == [float(two["unit_price"]) * 3, 90, float(one["amount"])]
    assert program.patch(posted, {"message": "Late"}, If_Match=read["ETag"]).status_code == 412
    assert Invoice.objects.get(external_id=done["external_id"]).message == "Thank you!"


def test_what_the_page_refuses_is_refused_with_its_place_and_changes_nothing(program, books, posted):
    read = program.get(posted)
    one = read.json()["lines"][0]["id"]

    def places(**given):
        answer = program.patch(posted, given, If_Match=read["ETag"])
        assert answer.status_code == 422, (given, answer.content)
        assert answer["Content-Type"] == "application/problem+json"
        return [each["pointer"] for each in answer.json()["errors"]]

    assert places(due_on="2001-01-01") == ["/due_on"]
    assert places(cc="nobody") == ["/cc"]
    assert places(terms="999", location="999") == ["/location", "/terms", "/location"]
    assert places(discount_percent="101") == ["/discount_percent"]
    assert places(number="A-1") == ["/number"]
    assert places(lines=[{"id": 999_999}, {"quantity": "2"}]) == ["/lines/0/id", "/lines/1"]
    assert places(lines=[{"item": "999999"}, {"product": 999}]) == ["/lines/0/item", "/lines/1/product"]
    assert places(lines=[{"id": one}, {"id": one}]) == ["/lines/1"]
    assert places(lines=[{"id": one, "quantity": "0"}]) == ["/lines/0"]
    assert places(lines=[{"id": one, "discount_percent": "101"}]) == ["/lines/0/discount_percent"]
    assert places(lines=[{"id": one, "tax_code": "999"}]) == ["/lines/0/tax_code"]
    assert not InvoiceEdit.objects.exists()
    assert program.get(posted)["ETag"] == read["ETag"]

    Invoice.objects.update(voided=True)
    refused = program.patch(posted, {"message": "Late"}, If_Match="*")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:crm-sync:problem:not-editable")


def test_who_may_not_edit_invoices_changes_nothing_of_them(program, books, posted):
    role = program.user.role
    role.permissions = [each for each in role.permissions if each != "invoices.edit"]
    role.save()

    refused = program.patch(posted, {"message": "Mine"}, If_Match="*")
    allowed = program.patch(posted, {"deal": None}, If_Match="*")

    assert (refused.status_code, allowed.status_code) == (403, 200)
    assert not Invoice.objects.filter(message="Mine").exists()
    assert not InvoiceEdit.objects.exists()
