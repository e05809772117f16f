"""R3: what is clicked twice is one intent."""

import threading

import pytest
from django.db import connections

from invoices.models import Invoice, InvoiceDraft
from invoices.services import create as creating
from qbo_connector.models import Operation
from sync.publish import invoices as publishing
from tests.checker import assert_at_rest, marked
from tests.makers import changed, deal_of, draft_of, user
from tests.quickbooks import drain_until_settled, sync_company


def in_threads(count, work):
    """Run ``work`` at the same time in several threads, each with its own database connection."""
    barrier, failures = threading.Barrier(count), []

    def run():
        try:
            barrier.wait(10)
            work()
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return failures


def test_eight_clicks_at_once_make_one_invoice(us_company, quickbooks):
    sync_company(us_company)
    rep = user("Admin")
    draft = draft_of(deal_of("Cool Cars", rep), rep)

    failures = in_threads(8, lambda: creating.create_invoice(InvoiceDraft.objects.get(pk=draft.pk), by=rep))

    assert failures == []
    assert Invoice.objects.filter(origin="crm").count() == 1
    drain_until_settled(us_company)
    assert Operation.objects.filter(entity="Invoice").count() == 1
    assert len(marked(quickbooks, us_company)) == 1
    assert_at_rest(quickbooks, us_company)


def test_eight_workers_plan_one_operation(us_company, quickbooks):
    sync_company(us_company)
    rep = user("Admin")
    invoice = creating.create_invoice(draft_of(deal_of("Cool Cars", rep), rep), by=rep)

    failures = in_threads(8, lambda: publishing.publish(invoice.pk))

    assert failures == []
    assert Operation.objects.filter(entity="Invoice").count() == 1


def test_the_same_intent_with_other_content_is_refused(us_company, quickbooks):
    sync_company(us_company)
    rep = user("Admin")
    draft = draft_of(deal_of("Cool Cars", rep), rep)
    creating.create_invoice(draft, by=rep)

    with pytest.raises(creating.IntentReused):
        creating.create_invoice(changed(draft, message="Something else"), by=rep)

    drain_until_settled(us_company)
    assert len(marked(quickbooks, us_company)) == 1
    assert_at_rest(quickbooks, us_company)


def test_eight_outbox_workers_send_once(us_company, quickbooks):
    sync_company(us_company)
    rep = user("Admin")
    invoice = creating.create_invoice(draft_of(deal_of("Cool Cars", rep), rep), by=rep)
    publishing.publish(invoice.pk)

    failures = in_threads(8, lambda: drain_until_settled(us_company))

    assert failures == []
    posts = quickbooks.call("GET", "calls?method=POST&entity=Invoice&limit=1000")["calls"]
    assert len([call for call in posts if call["requestid"]]) == 1
    drain_until_settled(us_company)
    assert_at_rest(quickbooks, us_company)
