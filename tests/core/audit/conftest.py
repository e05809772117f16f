"""A sales rep, an admin with a browser, and a company that the rep made."""

# ruff: noqa: PLC0415 -- models need Django set up
import pytest


@pytest.fixture
def rep(db):
    from tests import makers

    return makers.user()


@pytest.fixture
def company(rep):
    from crm.services import companies

    return companies.create(by=rep, name="Acme", domain="acme.example")
