"""R14: a company off for longer than change data reaches back is listed anew, and what is gone is concluded."""

import datetime

import pytest
from django.utils import timezone

from crm.models import DealBilling
from invoices.models import Invoice
from qbo_connector.models import ApiUsage, PullSchedule
from tests.checker import assert_at_rest
from tests.faults.mirror import Accountant, assert_mirrored, read_until_quiet
from tests.faults.seeds import seeds
from tests.makers import deal_of, requested_invoice, user
from tests.quickbooks import drain_until_settled, sync_company


@pytest.fixture
def later(quickbooks):
    """Lets time pass in QuickBooks, so that change data no longer tells what happened before."""
    yield lambda days: quickbooks.call("POST", "clock", {"offset": days * 86400})
    quickbooks.call("POST", "clock", {"offset": 0})


@pytest.mark.parametrize("days", [30, 31, 90])
def test_what_was_deleted_in_the_gap_is_gone_afterwards(days, us_company, quickbooks, later):
    sync_company(us_company)
    rep = user("Admin")
    deal = deal_of("Cool Cars", rep)
    invoice = requested_invoice(deal, rep)
    drain_until_settled(us_company)
    sync_company(us_company)
    invoice.refresh_from_db()
    gone = f"objects/{us_company.realm_id}/Invoice/{invoice.external_id}"
    quickbooks.call("POST", gone, {"operation": "delete"})
    later(days)
    PullSchedule.objects.update(cursor=timezone.now() - datetime.timedelta(days=days))

    PullSchedule.objects.update(due_at="2000-01-01T00:00:00Z")
    sync_company(us_company)

    invoice.refresh_from_db()
    assert invoice.removed_at is not None
    assert DealBilling.objects.get(deal=deal).outstanding == 0
    Invoice.objects.filter(pk=invoice.pk).delete()
    assert_at_rest(quickbooks, us_company)


def test_a_listing_that_finds_everything_costs_no_further_read(us_company, quickbooks, later):
    sync_company(us_company)
    first = ApiUsage.objects.get(cause="first_load").reads
    later(31)
    PullSchedule.objects.update(cursor=timezone.now() - datetime.timedelta(days=31))

    sync_company(us_company)

    # The first load also read what change data lacks: two listings, the company and its preferences.
    assert ApiUsage.objects.get(cause="first_load").reads - first <= first - 4
    assert_at_rest(quickbooks, us_company)


@pytest.mark.parametrize("days", [28, 31])
@pytest.mark.parametrize("seed", seeds(10))
def test_whatever_happened_in_the_gap_is_here_afterwards_and_nothing_else(seed, days, us_company, quickbooks, later):
    read_until_quiet(us_company)
    someone = Accountant(quickbooks, us_company, seed)
    for day in (1, days // 2, days):
        later(day)
        for _change in range(3):
            someone.something()
        someone.delete_invoice()
    # Time passes for QuickBooks only: that the cursor is too old is learnt from its refusal.
    PullSchedule.objects.update(loaded_at=timezone.now() - datetime.timedelta(days=days))

    read_until_quiet(us_company)

    assert_mirrored(quickbooks, us_company)


def test_a_gap_that_change_data_covers_costs_one_read(us_company, quickbooks):
    read_until_quiet(us_company)
    before = sum(ApiUsage.objects.values_list("reads", flat=True))
    PullSchedule.objects.update(cursor=timezone.now() - datetime.timedelta(days=28))

    read_until_quiet(us_company)

    assert sum(ApiUsage.objects.values_list("reads", flat=True)) == before + 1
