"""Big first loads: in pages, in slices, while records change, with constant statements and few reads."""

import random

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from invoices.models import Invoice
from qbo_connector.mirror import load, pull, read, schedule
from qbo_connector.models import ApiUsage, LoadProgress, MirrorObject, PullSchedule
from sync.reconcile import run
from tests.checker import assert_at_rest
from tests.quickbooks import read_company, sync_company

pytestmark = pytest.mark.slow


@pytest.fixture
def big_company(us_company, quickbooks):
    """The sample company with thousands of generated records."""
    quickbooks.call(
        "POST",
        "generate",
        {"realmId": us_company.realm_id, "customers": 1200, "items": 50, "invoices": 2500, "payments": 800, "seed": 7},
    )
    return us_company


def test_a_load_in_slices_while_records_change_misses_none(big_company, quickbooks, monkeypatch):
    monkeypatch.setattr(load, "SLICE_SECONDS", 0.0)
    realm, dice = big_company.realm_id, random.Random(7)
    invoices = [row["Id"] for row in quickbooks.objects(realm, "Invoice") if not row["LinkedTxn"]]
    slices = 0
    while PullSchedule.objects.get().finished_at is None:
        PullSchedule.objects.update(due_at="2000-01-01T00:00:00Z")
        for lease in schedule.lease_due():
            pull.pull(lease)
        for invoice in dice.sample(invoices, 3):
            quickbooks.call("POST", f"objects/{realm}/Invoice/{invoice}", {"PrivateNote": f"moved {slices}"})
        gone = invoices.pop(dice.randrange(len(invoices)))
        quickbooks.call("POST", f"objects/{realm}/Invoice/{gone}", {"operation": "delete"})
        slices += 1
        assert slices < 60
    assert slices > 3
    sync_company(big_company)

    assert_at_rest(quickbooks, big_company)
    reads = sum(ApiUsage.objects.filter(cause="first_load").values_list("reads", flat=True))
    assert reads < 60


def test_a_killed_load_goes_on_where_it_was(big_company, quickbooks, monkeypatch):
    monkeypatch.setattr(load, "SLICE_SECONDS", 0.0)
    for _slice in range(4):
        PullSchedule.objects.update(due_at="2000-01-01T00:00:00Z")
        for lease in schedule.lease_due():
            pull.pull(lease)
    done = set(LoadProgress.objects.filter(state="done").values_list("entity", flat=True))
    assert done
    # A worker dies with the lease in its hand; the lease runs out.
    PullSchedule.objects.update(due_at="2000-01-01T00:00:00Z")
    dead = schedule.lease_due()
    PullSchedule.objects.update(leased_until="2000-01-01T00:00:00Z")
    started = dict(LoadProgress.objects.filter(entity__in=done).values_list("entity", "finished_at"))
    monkeypatch.undo()

    sync_company(big_company)

    assert dict(LoadProgress.objects.filter(entity__in=done).values_list("entity", "finished_at")) == started
    pull.pull(dead[0])  # the dead one wakes up late
    assert_at_rest(quickbooks, big_company)


def test_reads_and_statements_do_not_grow_with_the_rows(big_company, quickbooks):
    read_company(big_company)
    reads = sum(ApiUsage.objects.values_list("reads", flat=True))
    objects = MirrorObject.objects.count()
    assert reads <= objects / 1000 + 3 * 7 + 6
    while not run.reconcile(big_company):
        pass
    assert Invoice.objects.count() == len(quickbooks.objects(big_company.realm_id, "Invoice"))

    statements = {}
    for size in (5, run.FIRST):  # one slice each
        rows = list(MirrorObject.objects.filter(entity="Invoice", deleted=False).order_by("id")[:size])
        for row in rows:
            quickbooks.call(
                "POST", f"objects/{big_company.realm_id}/Invoice/{row.qbo_id}", {"PrivateNote": f"note {size}"}
            )
        read_company(big_company)
        with CaptureQueriesContext(database) as captured:
            assert run.reconcile(big_company)
        statements[size] = len(captured)
    assert statements[run.FIRST] <= statements[5] + 4, statements


def test_replaying_an_unchanged_load_writes_nothing(big_company):
    sync_company(big_company)
    before = set(MirrorObject.objects.values_list("pk", "mirrored_at"))
    LoadProgress.objects.all().delete()
    PullSchedule.objects.update(cursor=None, finished_at=None)

    sync_company(big_company)

    assert set(MirrorObject.objects.values_list("pk", "mirrored_at")) == before
    assert not read.unread(big_company.pk, "Invoice")
