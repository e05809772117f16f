"""Invoices and payments over the API, with QuickBooks behind them."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, Sees
from crm.models import Company
from crm.services import companies
from invoices.models import Invoice, InvoiceDraft, Payment
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


def test_a_deal_becomes_an_invoice_that_is_followed_sent_paid_and_voided(program, books, quickbooks):
    deal = makers.deal_of("Cool Cars", program.user)

    made = program.post("invoices", {"deal": deal.pk, "message": "Thank you!"}, Idempotency_Key="one")
    again = program.post("invoices", {"deal": deal.pk, "message": "Thank you!"}, Idempotency_Key="one")

    assert made.status_code == 202, made.content
    body = made.json()
    assert again.json() == body
    assert (body["deal"], body["customer_name"], body["sync"]["state"], body["message"]) == (
        deal.pk, "Cool Cars", "creating", "Thank you!",
    )  # fmt: skip
    assert [line["amount"] for line in body["lines"]] == ["150", "275"]
    follow = made["Location"].removeprefix("/api/v1/")
    assert program.get(follow).json()["done"] is False

    carry_over(books)

    done = program.get(follow).json()
    assert (done["done"], done["sync"]["state"], done["status"]) == (True, "in_sync", "waiting")
    assert done["external_id"] in [each["Id"] for each in quickbooks.objects(books.realm_id, "Invoice")]
    assert Invoice.objects.filter(deal=deal).count() == 1

    sent = program.post(f"invoices/{body['id']}/send", {"recipient": "cars@example.com"})
    assert (sent.status_code, sent.json()["state"]) == (202, "waiting")
    carry_over(books)
    assert program.get(sent["Location"].removeprefix("/api/v1/")).json()["state"] == "sent"

    balance = Decimal(done["balance"])
    paid = program.post(
        "payments",
        {
            "amount": str(balance),
            "received_on": "2026-11-20",
            "invoices": [{"invoice": body["id"], "amount": "100"}],
            "reference": "4711",
        },
    )
    assert (paid.status_code, paid.json()["unapplied"]) == (202, str((balance - 100).normalize()))
    carry_over(books)
    now = program.get(f"invoices/{body['id']}")
    assert (now.json()["status"], Decimal(now.json()["balance"])) == ("partial", balance - 100)
    assert now.json()["payments"][0]["reference"] == "4711"
    payment = program.get(f"payments/{paid.json()['id']}").json()
    assert (payment["sync"]["state"], payment["invoices"]) == ("in_sync", [{"invoice": body["id"], "amount": "100"}])

    assert program.post(f"invoices/{body['id']}/void", If_Match=made["ETag"]).status_code == 412
    voided = program.post(f"invoices/{body['id']}/void", If_Match=now["ETag"])
    assert (voided.status_code, voided.json()["ending"]) == (202, "void")
    carry_over(books)
    assert program.get(f"invoices/{body['id']}").json()["status"] == "voided"
    for path in (f"invoices/{body['id']}", f"payments/{paid.json()['id']}"):
        told = program.get(f"{path}/timeline?limit=1").json()
        rest = (
            program.get(f"{path}/timeline?cursor={told['next_cursor']}").json()["data"] if told["next_cursor"] else []
        )
        assert {line["event"].partition(".")[0] for line in told["data"] + rest} <= {"invoice", "payment"}
        assert told["data"][0]["text"]


def test_an_invoice_of_ones_own_lines_to_a_customer_of_quickbooks(program, books):
    connection_id = first(program, "connections")["id"]
    customer = first(program, f"connections/{connection_id}/customers?search=Amy")
    item = first(program, f"connections/{connection_id}/items?search=Rock")
    terms = next(t for t in program.get(f"connections/{connection_id}/terms").json()["data"] if t["due_days"] == 15)

    made = program.post(
        "invoices",
        {
            "connection": connection_id,
            "customer": {"id": customer["id"]},
            "issued_on": "2026-11-01",
            "terms": terms["id"],
            "discount_percent": "10",
            "lines": [
                {"item": item["id"], "quantity": "2", "unit_price": "300"},
                {"name": "Paint", "unit_price": "20.50"},
                {"description": "Thank you for waiting."},
            ],
        },
    )

    assert made.status_code == 202, made.content
    body = made.json()
    assert (body["customer_name"], body["due_on"], body["subtotal"], body["discount_total"]) == (
        customer["name"], "2026-11-16", "620.5", "62.05",
    )  # fmt: skip
    assert [line["kind"] for line in body["lines"]] == ["item", "item", "text"]
    carry_over(books)
    assert program.get(f"invoices/{body['id']}/status").json()["sync"]["state"] == "in_sync"


def test_every_mistake_of_an_invoice_is_named_with_its_place(program, books):
    known = {"customer": {"name": "New Gardens"}, "lines": [{"name": "Paint", "unit_price": "1"}]}

    def places(**given):
        answer = program.post("invoices", {**known, **given})
        assert answer.status_code == 422, answer.content
        return [each["pointer"] for each in answer.json()["errors"]]

    assert places(connection=999) == ["/connection"]
    assert places(deal=999) == ["/deal"]
    assert places(customer={"id": "999999"}) == ["/customer/id"]
    assert places(lines=[{"item": "999999"}, {"product": 999}]) == ["/lines/0/item", "/lines/1/product"]
    assert places(lines=[{"name": "Paint"}]) == ["/lines/0/unit_price"]
    assert places(lines=[{"name": "Paint", "unit_price": "0"}]) == ["/allow_free"]
    assert places(terms="999") == ["/terms"]
    assert places(cc="nobody") == ["/cc"]
    assert places(lines=[{"name": "Paint", "unit_price": "1", "quantity": "0"}]) == ["/lines/0/quantity"]
    assert not Invoice.objects.filter(origin="crm").exists()
    assert not InvoiceDraft.objects.exists()


def test_who_may_not_post_hands_over_for_approval(program, books):
    role = program.user.role
    role.permissions = [each for each in role.permissions if each not in ("invoices.post", "invoices.approve")]
    role.save()

    made = program.post("invoices", {"customer": {"name": "New"}, "lines": [{"name": "Paint", "unit_price": "1"}]})

    assert (made.status_code, made.json()["approval"], made.json()["invoice"]) == (202, "asked", None)
    assert program.get(made["Location"].removeprefix("/api/v1/")).json() == made.json()
    assert not Invoice.objects.filter(origin="crm").exists()


def test_a_payment_that_can_not_be_is_refused_with_its_place(program, books):
    invoice = Invoice.objects.exclude(balance=0).first()
    known = {"amount": "1", "received_on": "2026-11-20", "invoices": [{"invoice": invoice.pk, "amount": "1"}]}

    answers = [
        program.post("payments", {**known, **other})
        for other in (
            {"invoices": [{"invoice": 999_999, "amount": "1"}]},
            {"method": "999"},
            {"invoices": [{"invoice": invoice.pk, "amount": "2"}]},
        )
    ]

    assert [answer.json()["errors"][0]["pointer"] for answer in answers] == ["/invoices/0/invoice", "/method", ""]
    assert not Payment.objects.filter(request_id__isnull=False).exists()


def test_lists_and_searches_of_invoices(program, books):
    listed = program.get("invoices?limit=3&sort=-total&fields=number,total")
    totals = [Decimal(row["total"]) for row in listed.json()["data"]]
    assert (len(totals), totals) == (3, sorted(totals, reverse=True))
    assert set(listed.json()["data"][0]) == {"id", "number", "total"}

    late = program.post("invoices/search", {"where": {"field": "balance", "op": ">", "value": "300"}, "limit": 200})
    assert late.status_code == 200, late.content
    wanted = set(Invoice.objects.filter(balance__gt=300, removed_at=None).values_list("pk", flat=True))
    assert {row["id"] for row in late.json()["data"]} == wanted != set()

    counts = []
    for limit in (1, 30):
        with CaptureQueriesContext(connection) as queries:
            assert program.get(f"invoices?limit={limit}").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 16, counts


def test_without_the_scope_of_invoices_there_are_none(books):
    program = program_of(scopes=["crm:read", "crm:write"])

    assert program.get("invoices").status_code == 403
    assert program.get("payments").status_code == 403


def test_a_customer_of_a_strangers_company_is_not_there(books):
    boss, rep = program_of(), program_of("Sales rep")
    path = f"connections/{books.pk}/customers?search=Amy"
    customer = first(boss, path)
    Role.objects.filter(pk=rep.user.role_id).update(sees=Sees.OWN)
    linked = Company.objects.get(name=customer["name"])
    companies.update(linked, by=boss.user, owner=boss.user)

    assert rep.get(path).json()["data"] == []
    asked = {"connection": books.pk, "customer": {"id": customer["id"]}, "lines": [{"name": "A", "unit_price": "1"}]}
    refused = rep.post("invoices", asked)
    assert refused.status_code == 422
    assert customer["name"] not in refused.text

    companies.update(linked, by=boss.user, owner=rep.user)
    assert first(rep, path)["id"] == customer["id"]
