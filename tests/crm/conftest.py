"""People, a pipeline and makers of records for the tests of the CRM."""

# ruff: noqa: PLC0415 -- pytest loads this file before Django is set up, and models need that

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from accounts.models import User
    from crm.models import Company, Contact, Deal, Pipeline, Product

PASSWORD = "a long enough password"


def _user(email: str, name: str, role: str) -> "User":
    from accounts.models import Role, User
    from accounts.permissions import DEFAULT_ROLES

    found, _new = Role.objects.get_or_create(name=role, defaults={"permissions": DEFAULT_ROLES.get(role, [])})
    return User.objects.create_user(email, PASSWORD, name=name, role=found)


@pytest.fixture
def rep(db) -> "User":
    """A sales rep."""
    return _user("rep@example.com", "Rita Rep", "Sales rep")


@pytest.fixture
def ops(db) -> "User":
    """An operations person."""
    return _user("ops@example.com", "Oscar Ops", "Ops")


@pytest.fixture
def admin(db) -> "User":
    """An admin."""
    return _user("admin@example.com", "Ada Admin", "Admin")


@pytest.fixture
def looker(db) -> "User":
    """Somebody who may look but change nothing."""
    return _user("looker@example.com", "Lou Looker", "Looker")


@pytest.fixture
def pipeline(db) -> "Pipeline":
    """The default pipeline."""
    from crm.services import pipelines

    return pipelines.ensure_default()


@pytest.fixture
def stages(pipeline):
    """The stages of the default pipeline by name."""
    return {stage.name: stage for stage in pipeline.stages.all()}


@pytest.fixture
def company(rep) -> "Company":
    """A company."""
    from crm.services import companies

    return companies.create(by=rep, name="Cool Cars", domain="coolcars.example", email="cars@example.com")


@pytest.fixture
def contact(rep, company) -> "Contact":
    """A contact of that company."""
    from crm.services import contacts

    return contacts.create(by=rep, first_name="Grace", last_name="Pariente", email="grace@example.com", company=company)


@pytest.fixture
def product(rep) -> "Product":
    """A product."""
    from crm.services import products

    return products.create(by=rep, name="Design", sku="D-1", unit_price=Decimal(75))


@pytest.fixture
def deal(rep, stages, company, contact) -> "Deal":
    """An open deal with a company and a contact."""
    from crm.services import deals

    return deals.create(by=rep, name="Garden redesign", company=company, contacts=[contact], currency="USD")


@pytest.fixture
def signed_in(client, rep):
    """A browser in which the sales rep is signed in."""
    client.force_login(rep)
    return client
