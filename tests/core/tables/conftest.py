"""Two people with companies of their own."""

# ruff: noqa: PLC0415 -- models need Django set up
import pytest
from django.test import Client


@pytest.fixture
def ops(db):
    from tests import makers

    return makers.user("Ops", "ops@example.com")


@pytest.fixture
def rep(db):
    from tests import makers

    return makers.user()


@pytest.fixture
def web(ops):
    """The browser of somebody who may export."""
    client = Client()
    client.force_login(ops)
    return client


@pytest.fixture
def other(rep):
    """The sales rep's browser."""
    client = Client()
    client.force_login(rep)
    return client


@pytest.fixture
def companies(ops, rep):
    """Alpha and Beta of Ops, Gamma of the rep, by name."""
    from crm.models import Company

    owners = {"Alpha": ops, "Beta": ops, "Gamma": rep}
    return {name: Company.objects.create(name=name, owner=owner) for name, owner in owners.items()}
