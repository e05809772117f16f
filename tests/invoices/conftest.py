"""A small CRM, a US and a UK company, and an accounting of plain lists."""

# ruff: noqa: PLC0415 -- pytest loads this file before Django is set up, and models need that

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User
    from crm.models import Company, Contact, Deal, Product, Stage
    from invoices.models import Invoice
    from qbo_connector.models import Connection
    from tests.invoices.fakes import Books


@pytest.fixture(autouse=True)
def accounting_books(settings: Any) -> Iterator["Books"]:
    """The configured accounting is the one of plain lists, empty at first."""
    from invoices.ports import accounting
    from tests.invoices.fakes import books

    settings.ACCOUNTING = "tests.invoices.fakes.ListAccounting"
    accounting.cache_clear()
    books.reset()
    yield books
    accounting.cache_clear()


@pytest.fixture
def connection(db: None, accounting_books: "Books") -> "Connection":
    from qbo_connector.models import Connection

    made = Connection.objects.create(
        environment="simulator", realm_id="1001", company_name="Sample Company", country="US", home_currency="USD"
    )
    accounting_books.add_company(made)
    return made


@pytest.fixture
def uk_connection(db: None, accounting_books: "Books") -> "Connection":
    from qbo_connector.models import Connection

    made = Connection.objects.create(
        environment="simulator", realm_id="1002", company_name="UK Company", country="GB", home_currency="GBP"
    )
    accounting_books.add_company(made, tax_codes=True)
    return made


def user_of(role: str, email: str) -> "User":
    from accounts.models import Role, User
    from accounts.permissions import DEFAULT_ROLES

    # Tests that commit empty the tables, also those that migrations fill.
    found, _new = Role.objects.get_or_create(name=role, defaults={"permissions": DEFAULT_ROLES[role]})
    return User.objects.create_user(email, None, name=role, role=found)


@pytest.fixture
def rep(db: None) -> "User":
    return user_of("Sales rep", "rep@example.com")


@pytest.fixture
def admin(db: None) -> "User":
    return user_of("Admin", "admin@example.com")


@pytest.fixture
def web(rep: "User") -> "Client":
    """The sales rep's browser."""
    from django.test import Client

    client = Client()
    client.force_login(rep)
    return client


@pytest.fixture
def stage(db: None) -> "Stage":
    from crm.models import Pipeline, Stage

    return Stage.objects.create(pipeline=Pipeline.objects.create(name="Sales"), name="Proposal")


@pytest.fixture
def company(db: None) -> "Company":
    from crm.models import Company

    return Company.objects.create(name="Cool Cars", email="Cool_Cars@intuit.com")


@pytest.fixture
def contact(company: "Company") -> "Contact":
    from crm.models import Contact

    return Contact.objects.create(first_name="Grace", last_name="Pariente", email="grace@cars.example", company=company)


@pytest.fixture
def product(db: None) -> "Product":
    from crm.models import Product

    return Product.objects.create(name="Design", sku="DES", unit_price=Decimal(75))


@pytest.fixture
def deal(stage: "Stage", company: "Company", contact: "Contact", product: "Product", rep: "User") -> "Deal":
    """A deal of two lines, 362.50 together, whose first product has an item."""
    from crm.models import Deal, DealContact, DealLine

    made = Deal.objects.create(name="Garden redesign", stage=stage, company=company, currency="USD", owner=rep)
    DealContact.objects.create(deal=made, contact=contact, primary=True)
    DealLine.objects.create(deal=made, position=0, product=product, name="Design", quantity=2, unit_price=75)
    DealLine.objects.create(deal=made, position=1, name="Pump", quantity=Decimal("2.5"), unit_price=85)
    return made


@pytest.fixture
def make_invoice(connection: "Connection") -> Any:
    """Invoices that QuickBooks has; anything may be overridden."""
    from invoices.enums import InvoiceStatus
    from invoices.models import Invoice
    from tests.invoices.fakes import TODAY

    count = iter(range(1, 10_000))

    def make(**fields: Any) -> "Invoice":
        number = next(count)
        total = fields.pop("total", Decimal(100))
        values: dict[str, Any] = {
            "connection": connection,
            "external_id": str(100 + number),
            "number": str(1000 + number),
            "status": InvoiceStatus.WAITING,
            "customer_name": "Cool Cars",
            "issued_on": TODAY,
            "due_on": TODAY,
            "currency": "USD",
            "total": total,
            "balance": total,
            "tracked": True,
        }
        return Invoice.objects.create(**(values | fields))

    return make
