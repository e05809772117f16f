"""Data that older versions left is brought to what the rules of today expect."""

import importlib

import pytest
from django.apps import apps

from qbo_connector.models import Connection
from sync.models import ConnectionSettings
from tests.quickbooks import QuickBooks, connect

pytestmark = pytest.mark.django_db(transaction=True)


def test_companies_that_were_read_only_hold_their_writes(quickbooks: QuickBooks) -> None:
    held, free = connect(quickbooks, "us"), connect(quickbooks, "uk")
    ConnectionSettings.objects.update_or_create(connection=held, defaults={"read_only": True})

    migration = importlib.import_module("sync.migrations.0010_hold_writes_of_read_only_companies")
    migration.hold(apps, None)

    assert Connection.objects.get(pk=held.pk).holds_writes
    assert not Connection.objects.get(pk=free.pk).holds_writes
