"""A customer that becomes a record only later brings its invoices along."""

import pytest

from invoices.models import Invoice
from tests.books import Books, open_books


@pytest.fixture
def books(quickbooks, transactional_db):
    """A small company with everything switched on, not read yet."""
    return open_books(quickbooks)


def test_what_a_customer_bought_before_belongs_to_the_company_that_it_becomes(books: Books) -> None:
    books.settings("contact", without_email="excluded")
    customer, item = books.customer(email=""), books.item()
    detail = {"ItemRef": {"value": item}, "Qty": 1, "UnitPrice": 50}
    line = {"DetailType": "SalesItemLineDetail", "Amount": 50, "SalesItemLineDetail": detail}
    books.make("Invoice", CustomerRef={"value": customer}, Line=[line])
    books.sync()
    assert not Invoice.objects.get().companies.exists()

    books.act("Customer", customer, PrimaryEmailAddr={"Address": "hello@bright.example"})
    books.sync()

    (company,) = Invoice.objects.get().companies.all()
    assert company.name == "Bright Gardens"
