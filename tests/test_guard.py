"""What the work on QuickBooks' data may cost, in figures that no machine changes: reads, statements, rows, memory.

How long it takes is measured by ``make bench``; what pages of records cost is in tests/crm/test_page_costs.py.
"""

import gc
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bench.meter import BOOKKEEPING
from core.models import Event
from crm.models import Company
from invoices.models import Invoice, Payment
from qbo_connector.mirror.paging import PAGE_SIZE
from qbo_connector.models import ApiUsage, Connection, LoadProgress, MirrorObject, PullSchedule
from reports.ready import all_ready
from sync.enums import SyncObject
from sync.models import ObjectSettings
from sync.reconcile import run
from sync.services import again
from tests import makers
from tests.quickbooks import QuickBooks, connect_realm, enable, read_company, sync_company

SIZES = {"customers": 300, "items": 20, "invoices": 1100, "payments": 200}
# Every list of QuickBooks once and again where it has more pages, counts, and the change data at the end.
LOAD_READS = 28
LOAD_STATEMENTS = 460
IDLE_STATEMENTS = 20
MIRROR_STATEMENTS = 15
REPORT_BUDGET = 12


@pytest.fixture(autouse=True)
def whole_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is: statements are counted here, not seconds."""
    monkeypatch.setattr(run, "next_size", lambda _size, _seconds: run.BATCH)
    monkeypatch.setattr(run, "FIRST", run.BATCH)


@dataclass
class Taken:
    """What a piece of work took; ``written`` holds rows by table, bookkeeping aside."""

    statements: int = 0
    reads: int = 0
    written: dict[str, int] | None = None


def reads() -> int:
    """Metered reads so far."""
    return sum(ApiUsage.objects.values_list("reads", flat=True))


def rows_written() -> dict[str, int]:
    """Rows written so far, by table."""
    with database.cursor() as cursor:
        # A session tells what it wrote only now and then.
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables WHERE schemaname = 'public'"
        )
        return dict(cursor.fetchall())


@contextmanager
def measured() -> Iterator[Taken]:
    """What the block takes."""
    taken, read, before = Taken(), reads(), rows_written()
    with CaptureQueriesContext(database) as captured:
        yield taken
    after = rows_written()
    taken.statements = len(captured)
    taken.reads = reads() - read
    grown = {table: count - before.get(table, 0) for table, count in after.items() if table not in BOOKKEEPING}
    taken.written = {table: count for table, count in grown.items() if count}


def company(quickbooks: QuickBooks, sizes: dict[str, int]) -> Connection:
    """A company of these sizes, connected, everything switched on, not read yet."""
    made = quickbooks.call("POST", "companies", {"name": f"Guard {sizes}", "template": "us", "empty": True})
    quickbooks.call("POST", "generate", {"realmId": made["realmId"], "seed": 7, **sizes})
    connection = connect_realm(quickbooks, made["realmId"])
    enable(connection)
    return connection


@pytest.mark.django_db(transaction=True)
def test_loading_replaying_and_looking_again_cost_what_they_have_to(quickbooks: QuickBooks) -> None:
    connection = company(quickbooks, SIZES)

    with measured() as load:
        sync_company(connection)
    assert (Invoice.objects.count(), Payment.objects.count()) == (SIZES["invoices"], SIZES["payments"])
    assert load.reads <= LOAD_READS, load
    assert load.statements <= LOAD_STATEMENTS, load

    sync_company(connection)
    with measured() as idle:
        sync_company(connection)
    assert (idle.reads, idle.written) == (1, {})
    assert idle.statements <= IDLE_STATEMENTS, idle

    events = Event.objects.latest("pk").pk
    PullSchedule.objects.update(cursor=None, finished_at=None)
    LoadProgress.objects.all().delete()
    with measured() as replay:
        sync_company(connection)
    # It ends with the one event that tells of it.
    assert list(Event.objects.filter(pk__gt=events).values_list("name", flat=True)) == ["connection.loaded"]
    assert replay.written == {"core_event": 1, "core_eventlink": 1}
    assert replay.reads <= load.reads
    assert replay.statements <= load.statements

    with measured() as looked_again:
        again.look_again(connection, [SyncObject.CONTACT])
        sync_company(connection)
    # The cycle's own; the mirror is asked, not QuickBooks.
    assert looked_again.reads == 1
    assert Company.objects.exists()
    assert not MirrorObject.objects.filter(unread=True).exists()


@pytest.mark.django_db(transaction=True)
def test_a_mirror_alone_is_read_in_a_statement_whatever_its_size(quickbooks: QuickBooks) -> None:
    counts = []
    for customers in (5, 300):
        connection = company(quickbooks, {"customers": customers, "invoices": customers, "payments": 5})
        ObjectSettings.objects.filter(connection=connection).update(enabled=False)
        read_company(connection)
        with CaptureQueriesContext(database) as captured:
            assert run.reconcile(connection)
        counts.append(len(captured))
        assert not MirrorObject.objects.filter(connection=connection, unread=True).exists()

    assert counts[0] == counts[1] <= MIRROR_STATEMENTS
    enable(connection)
    again.look_again(connection, list(SyncObject))
    sync_company(connection)
    assert Invoice.objects.filter(connection=connection).count() == 300


def peak_of_reading(quickbooks: QuickBooks, customers: int) -> int:
    """The most bytes that reading so many customers into the mirror held at a time."""
    connection = company(quickbooks, {"customers": customers})
    gc.collect()
    tracemalloc.start()
    try:
        read_company(connection)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.django_db(transaction=True)
def test_reading_holds_no_more_than_some_pages_at_a_time(quickbooks: QuickBooks) -> None:
    few = peak_of_reading(quickbooks, PAGE_SIZE)
    many = peak_of_reading(quickbooks, 4 * PAGE_SIZE)

    assert many <= 2 * few


@pytest.mark.django_db
def test_pages_of_ready_reports_take_few_statements(client: Any) -> None:
    client.force_login(makers.user("Admin", "admin@example.com"))
    client.get(reverse("reports:list"))

    for report in all_ready():
        with CaptureQueriesContext(database) as captured:
            assert client.get(reverse("reports:ready", args=[report.key])).status_code == 200
        assert len(captured) <= REPORT_BUDGET, (report.key, [query["sql"][:160] for query in captured])
