"""Void, delete: the buttons of an invoice's page."""

from decimal import Decimal

import pytest
from django.urls import reverse

from tests.invoices.fakes import books

pytestmark = pytest.mark.django_db


@pytest.fixture
def invoice(make_invoice):
    return make_invoice(external_id="130", number="1037", total=Decimal(300), balance=Decimal(100))


def address(name: str, invoice) -> str:
    return reverse(f"invoices:{name}", args=[invoice.pk])


@pytest.mark.parametrize(("name", "ending"), [("invoice-void", "void"), ("invoice-delete", "delete")])
def test_a_wish_is_kept_shown_and_can_be_taken_back(client, admin, invoice, name, ending):
    client.force_login(admin)

    client.post(address(name, invoice))

    invoice.refresh_from_db()
    assert (invoice.ending, invoice.ending_by) == (ending, admin)
    page = client.get(address("invoice-detail", invoice)).content.decode()
    assert "in QuickBooks" in page
    assert 'hx-trigger="every 2s"' in page
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
