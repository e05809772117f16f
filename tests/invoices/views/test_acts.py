"""Record a payment, void, delete: the buttons of an invoice's page."""

import datetime
import uuid
from decimal import Decimal

import pytest
from django.urls import reverse

from core.models import Event
from invoices.models import Payment
from invoices.ports import PaymentMethodChoice
from tests.invoices.fakes import books

pytestmark = pytest.mark.django_db


@pytest.fixture
def invoice(make_invoice):
    return make_invoice(external_id="130", number="1037", total=Decimal(300), balance=Decimal(100))


def address(name: str, invoice) -> str:
    return reverse(f"invoices:{name}", args=[invoice.pk])


def test_a_payment_is_recorded_once_and_the_balance_waits_for_quickbooks(client, admin, invoice):
    client.force_login(admin)
    books.payment_methods = [PaymentMethodChoice("1", "Cheque")]
    page = client.get(address("payment-record", invoice)).content.decode()
    assert 'value="100.00"' in page
    given = {
        "request_id": str(uuid.uuid4()), "amount": "120", "received_on": "2026-11-20", "method": "1", "reference": "77",
    }  # fmt: skip

    for _click in range(2):
        assert client.post(address("payment-record", invoice), given).status_code == 302

    payment = Payment.objects.get()
    assert (payment.amount, payment.unapplied, payment.method_name) == (Decimal(120), Decimal(20), "Cheque")
    assert payment.received_on == datetime.date(2026, 11, 20)
    assert [(a.invoice, a.amount) for a in payment.applications.all()] == [(invoice, Decimal(100))]
    invoice.refresh_from_db()
    assert invoice.balance == 100
    assert Event.objects.filter(name="payment.requested").count() == 1
    assert "On its way" in client.get(address("invoice-payments", invoice)).content.decode()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [({"amount": "much"}, "is not an amount"), ({"amount": "0"}, "more than 0"), ({"received_on": ""}, "required")],
)
def test_what_can_not_be_recorded_is_said_at_the_form(client, admin, invoice, given, sentence):
    client.force_login(admin)
    whole = {"request_id": str(uuid.uuid4()), "amount": "10", "received_on": "2026-11-20", **given}

    response = client.post(address("payment-record", invoice), whole)

    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Payment.objects.exists()


@pytest.mark.parametrize(("name", "ending"), [("invoice-void", "void"), ("invoice-delete", "delete")])
def test_a_wish_is_kept_shown_and_can_be_taken_back(client, admin, invoice, name, ending):
    client.force_login(admin)

    client.post(address(name, invoice))

    invoice.refresh_from_db()
    assert (invoice.ending, invoice.ending_by) == (ending, admin)
    assert "in QuickBooks" in client.get(address("invoice-detail", invoice)).content.decode()
    client.post(address("invoice-keep", invoice))
    invoice.refresh_from_db()
    assert invoice.ending == ""


def test_what_can_not_be_ended_says_why(client, admin, invoice):
    client.force_login(admin)
    books.edit_refusal = "Invoices flow one way."

    page = client.post(address("invoice-void", invoice), follow=True).content.decode()

    assert "Invoices flow one way." in page
    invoice.refresh_from_db()
    assert invoice.ending == ""
