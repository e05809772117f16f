"""An administrator and the administrator's browser."""

# ruff: noqa: PLC0415 -- models need Django set up
import pytest
from django.test import Client


@pytest.fixture
def admin(db):
    from tests import makers

    return makers.user("Admin", "admin@example.com")


@pytest.fixture
def web(admin):
    client = Client()
    client.force_login(admin)
    return client
