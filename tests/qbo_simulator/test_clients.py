"""python-quickbooks over HTTP, its raw methods and its objects."""

import json

import pytest
import requests
from quickbooks import QuickBooks
from quickbooks.batch import batch_create
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import AuthorizationException, ObjectNotFoundException, QuickbooksException
from quickbooks.objects.base import Ref
from quickbooks.objects.customer import Customer
from quickbooks.objects.detailline import SalesItemLine, SalesItemLineDetail
from quickbooks.objects.invoice import Invoice
from quickbooks.objects.item import Item
from quickbooks.objects.payment import Payment, PaymentLine
from quickbooks.objects.taxcode import TaxCode


class Session(requests.Session):
    """What the library takes for an OAuth session."""

    access_token: str


def connected(api):
    """The library on a company, over a session of our own."""
    session = Session()
    session.access_token = api.tokens["access_token"]
    session.headers["Authorization"] = api.headers["Authorization"]
    found = QuickBooks(company_id=api.realm, minorversion=75)
    found.session = session
    found.sandbox = True
    found.sandbox_api_url_v3 = f"{api.url}/v3"
    return found


@pytest.fixture
def client(us):
    found = connected(us)
    yield found
    found.session.close()


def new_invoice(client, amount=100):
    detail = SalesItemLineDetail()
    detail.UnitPrice, detail.Qty, detail.ItemRef = amount, 1, Item.get(1, qb=client).to_ref()
    line = SalesItemLine()
    line.Amount, line.SalesItemLineDetail = amount, detail
    invoice = Invoice()
    invoice.CustomerRef, invoice.Line = Customer.get(1, qb=client).to_ref(), [line]
    return invoice


def test_the_zeros_that_the_library_fills_in_leave_the_amount_alone(client):
    invoice = new_invoice(client)
    invoice.Line[0].SalesItemLineDetail = SalesItemLineDetail()
    invoice.Line[0].SalesItemLineDetail.ItemRef = Item.get(1, qb=client).to_ref()
    invoice.save(qb=client)
    made = Invoice.get(invoice.Id, qb=client)
    assert (made.TotalAmt, made.Line[0].Amount) == (100, 100)


def test_raw_methods(client):
    body = {"DisplayName": "Raw", "Notes": "first"}
    made = client.create_object("Customer", json.dumps(body), request_id="raw-1")["Customer"]
    assert client.create_object("Customer", json.dumps(body), request_id="raw-1")["Customer"] == made
    change = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Notes": "second"}
    assert client.update_object("Customer", json.dumps(change))["Customer"]["Notes"] == "second"
    assert client.get_single_object("Customer", made["Id"])["Customer"]["SyncToken"] == "1"
    found = client.query("SELECT * FROM Customer WHERE DisplayName = 'Raw'")
    assert found["QueryResponse"]["Customer"][0]["Id"] == made["Id"]
    voided = client.misc_operation("invoice?operation=void", json.dumps({"Id": "129", "SyncToken": "0"}))
    assert voided["Invoice"]["TotalAmt"] == 0
    assert client.download_pdf("Invoice", "130").startswith(b"%PDF-")
    changed = client.change_data_capture("Customer", "2030-01-01T00:00:00Z")
    assert changed["CDCResponse"][0]["QueryResponse"] == [{}]


def test_invoice_object_from_creation_to_void(client):
    invoice = new_invoice(client)
    invoice.save(qb=client)

    fetched = Invoice.get(invoice.Id, qb=client)
    assert fetched.TotalAmt == 100
    fetched.PrivateNote = "changed"
    fetched.save(qb=client)
    fetched = Invoice.get(invoice.Id, qb=client)
    assert (fetched.PrivateNote, fetched.SyncToken) == ("changed", "1")

    fetched.void(qb=client)
    voided = Invoice.get(invoice.Id, qb=client)
    assert (voided.Balance, voided.TotalAmt) == (0, 0)
    assert "Voided" in voided.PrivateNote


def test_invoice_object_delete_and_send(client):
    invoice = new_invoice(client)
    invoice.save(qb=client)
    invoice.send(qb=client, send_to="somebody@example.com")
    assert Invoice.get(invoice.Id, qb=client).EmailStatus == "EmailSent"
    invoice = Invoice.get(invoice.Id, qb=client)
    invoice.delete(qb=client)
    assert Invoice.filter(Id=invoice.Id, qb=client) == []
    with pytest.raises(ObjectNotFoundException):
        Invoice.get(invoice.Id, qb=client)


def test_payment_object(client):
    invoice = new_invoice(client)
    invoice.save(qb=client)
    line = PaymentLine()
    line.Amount = 40
    line.LinkedTxn = [invoice.to_linked_txn()]
    payment = Payment()
    payment.CustomerRef, payment.TotalAmt, payment.Line = invoice.CustomerRef, 40, [line]
    payment.save(qb=client)

    assert Invoice.get(invoice.Id, qb=client).Balance == 60
    payment = Payment.get(payment.Id, qb=client)
    payment.void(qb=client)
    assert Invoice.get(invoice.Id, qb=client).Balance == 100


def test_lists_filters_counts_batches_and_changes(client):
    assert len(Customer.all(qb=client, max_results=5)) == 5
    assert [row.Id for row in Customer.filter(DisplayName="Amy's Bird Sanctuary", qb=client)] == ["1"]
    assert len(Customer.choose(["1", "2"], field="Id", qb=client)) == 2
    assert Customer.count("DisplayName LIKE 'C%'", qb=client) == 1
    assert len(Item.all(qb=client)) == 18
    assert len(TaxCode.all(max_results=1, qb=client)) == 4
    names = [Customer(), Customer()]
    names[0].DisplayName, names[1].DisplayName = "Batch one", "Cool Cars"
    result = batch_create(names, qb=client)
    assert [row.DisplayName for row in result.successes] == ["Batch one"]
    assert result.faults[0].Error[0].code == "6240"
    changes = change_data_capture([Customer, Invoice], "2026-11-01T00:00:00Z", qb=client)
    assert "Batch one" in [row.DisplayName for row in changes.Customer]


def test_refusals_become_the_librarys_exceptions(client, us):
    taken = Customer()
    taken.DisplayName = "Cool Cars"
    with pytest.raises(QuickbooksException) as refusal:
        taken.save(qb=client)
    assert refusal.value.error_code == 6240
    unknown = new_invoice(client)
    unknown.CustomerRef = Ref()
    unknown.CustomerRef.value = "9999"
    with pytest.raises(QuickbooksException) as refusal:
        unknown.save(qb=client)
    assert refusal.value.error_code == 2500
    us.control("POST", "tokens/expire", {"realmId": us.realm})
    with pytest.raises(AuthorizationException):
        Customer.get(1, qb=client)
