"""What the tests of workflows share."""

# ruff: noqa: PLC0415 -- pytest loads this file before Django is set up, and models need that

import pytest


@pytest.fixture
def boss(db):
    """Somebody who may everything."""
    from tests.makers import user

    return user("Admin", "boss@example.com")


@pytest.fixture
def acme(boss):
    """A company."""
    from crm.services import companies

    return companies.create(by=boss, name="Acme")


@pytest.fixture
def add_type(monkeypatch):
    """Adds a type of step for the test."""
    from tests.workflows.makers import fake
    from workflows.steps.registry import step_types

    def add(name, run):
        monkeypatch.setitem(step_types, name, fake(name, run))

    return add


@pytest.fixture(autouse=True)
def _test_steps(add_type):
    from tests.workflows.makers import make_company, wait_a_day

    add_type("make", make_company)
    add_type("rest", wait_a_day)
