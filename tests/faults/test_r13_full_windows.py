"""R13: change data answers at most 1,000 objects; a full window is noticed, read in pages, and nothing is missed."""

import datetime

import pytest
from django.utils import timezone

from qbo_connector.mirror import load, paging
from qbo_connector.models import ApiUsage, LoadProgress, MirrorObject, PullSchedule
from tests.checker import assert_at_rest
from tests.faults.mirror import Accountant, assert_mirrored, read_once, read_until_quiet
from tests.faults.seeds import seeds
from tests.quickbooks import sync_company

# Objects by kind; "spread" stays under the cap in each entity, but not over all of them.
CHANGES = {
    "999 in one": {"customers": 999, "items": 0, "invoices": 0, "payments": 0},
    "1000 in one": {"customers": 1000, "items": 0, "invoices": 0, "payments": 0},
    "1001 in one": {"customers": 1001, "items": 0, "invoices": 0, "payments": 0},
    "1001 spread": {"customers": 400, "items": 201, "invoices": 300, "payments": 100},
    "5000 in one": {"customers": 5000, "items": 0, "invoices": 0, "payments": 0},
}


@pytest.fixture
def generate(us_company, quickbooks):
    """Bulk changes in QuickBooks, all of them newer than what was read."""

    def make(seed=7, **numbers):
        quickbooks.call("POST", "generate", {"realmId": us_company.realm_id, "seed": seed, "days": 1, **numbers})
        PullSchedule.objects.update(cursor=timezone.now() - datetime.timedelta(days=2))

    yield make
    quickbooks.call("POST", "clock", {"offset": 0})


def causes():
    """Reads so far by cause."""
    return dict(ApiUsage.objects.values_list("cause", "reads"))


@pytest.mark.slow
@pytest.mark.parametrize("changes", CHANGES)
def test_a_window_is_read_whole_however_full_it_is(changes, us_company, quickbooks, generate):
    read_until_quiet(us_company)
    generate(**CHANGES[changes])

    read_until_quiet(us_company)

    assert_mirrored(quickbooks, us_company)


def test_a_deletion_in_a_full_window_is_not_missed(us_company, quickbooks, generate):
    sync_company(us_company)
    unpaid = [row["Id"] for row in quickbooks.objects(us_company.realm_id, "Invoice") if not row["LinkedTxn"]]
    assert MirrorObject.objects.filter(entity="Invoice", qbo_id=unpaid[0], deleted=False).exists()
    quickbooks.call("POST", f"objects/{us_company.realm_id}/Invoice/{unpaid[0]}", {"operation": "delete"})
    quickbooks.call("POST", "clock", {"offset": 3600})
    generate(customers=5, items=1, invoices=1100)

    read_until_quiet(us_company)
    sync_company(us_company)

    assert_at_rest(quickbooks, us_company)


@pytest.mark.parametrize("seed", seeds(10))
def test_a_full_window_is_gone_on_with_after_a_kill(seed, us_company, quickbooks, generate, monkeypatch):
    """Pages of a window are committed one by one: a worker that dies loses at most the page it was at."""
    monkeypatch.setattr(load, "SLICE_SECONDS", 0.0)
    monkeypatch.setattr(paging, "PAGE_SIZE", 200)
    read_until_quiet(us_company)
    someone = Accountant(quickbooks, us_company, seed)
    generate(seed=seed, customers=1100)
    read_once(us_company)
    assert LoadProgress.objects.get(entity="Customer").state != "done"
    since = [LoadProgress.objects.get(entity="Customer").since]
    for _kill in range(3):
        someone.something()
        # A kill: the lease is never given back, and runs out.
        read_once(us_company)
        since.append(LoadProgress.objects.get(entity="Customer").since)

    assert since == sorted(since)
    assert since[-1] > since[0], "every try began at the start of the window"
    read_until_quiet(us_company)
    assert_mirrored(quickbooks, us_company)


def test_a_continuous_import_is_never_listed_from_the_beginning(us_company, quickbooks, generate):
    """Every window is full for a while, and more comes between count and listing; nothing was deleted."""
    read_until_quiet(us_company)
    started = LoadProgress.objects.get(entity="Customer").started_at
    for number in range(3):
        generate(seed=number, customers=1050)
        read_once(us_company)

    read_until_quiet(us_company)

    assert_mirrored(quickbooks, us_company, "Customer")
    assert LoadProgress.objects.get(entity="Customer").started_at == started, "listed anew without need"
