"""A thousand customers and products cost as many statements as ten."""

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from crm.models import Company, Product
from qbo_connector.models import Connection, MirrorObject, ParkedRecord
from sync.enums import Winner
from sync.models import Conflict, Link, ObjectSettings
from sync.reconcile import run
from tests.books import Books

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def whole_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is: statements are counted here, not seconds."""
    monkeypatch.setattr(run, "next_size", lambda _size, _seconds: run.BATCH)
    monkeypatch.setattr(run, "FIRST", run.BATCH)


def statements(company: Connection) -> int:
    with CaptureQueriesContext(database) as captured:
        while not run.reconcile(company):
            pass
    return len(captured)


@pytest.mark.parametrize("winner", [Winner.QUICKBOOKS, Winner.ASK])
def test_statements_do_not_grow_with_the_rows(books: Books, winner: Winner) -> None:
    realm = books.connection.realm_id
    books.quickbooks.call("POST", "generate", {"realmId": realm, "customers": 900, "items": 900, "seed": 7})
    ObjectSettings.objects.update(winner=winner, without_email="included")
    books.sync()
    assert Product.objects.count() >= 900
    counts = {}
    for size in (10, 900):
        # Both sides change a field of all of them, and each one of its own.
        Company.objects.update(phone=f"crm {size}", website="https://crm.example")
        Product.objects.update(sku="", description="crm")
        Link.objects.filter(object_type="company").update(snapshot={"phone": "before", "email": "before"})
        for entity in ("Customer", "Item"):
            rows = MirrorObject.objects.filter(entity=entity).order_by("pk").values("pk")[:size]
            MirrorObject.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(unread=True)
        counts[size] = statements(books.connection)
        assert not ParkedRecord.objects.exists()
    assert Conflict.objects.exists() == (winner == Winner.ASK)
    assert counts[900] <= counts[10] + 6, counts
    assert counts[10] < 100, counts
