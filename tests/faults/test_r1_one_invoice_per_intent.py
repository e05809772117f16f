"""R1: exactly one QuickBooks invoice for each intent, wherever a worker is killed."""

import contextlib
import subprocess
import sys

import pytest

from crm.models import DealBilling
from invoices.models import Invoice
from qbo_connector.models import Connection, Operation
from tests import workers
from tests.checker import assert_at_rest, assert_never_doubled, marked
from tests.makers import deal_of, draft_of, requested_invoice, user
from tests.quickbooks import QuickBooks, drain_until_settled, sync_company

pytestmark = [pytest.mark.slow, pytest.mark.one_at_a_time("workers")]

# Where the worker dies. K3 and K4 die in the middle of a call and have a test of their own.
POINTS = {
    "K1 requested, not planned": ("sync.publish.invoices:publish", "before"),
    "K1 planned, not sent": ("sync.publish.invoices:publish", "after"),
    "K2 leased, not frozen": ("qbo_connector.outbox.send:frozen_body", "before"),
    "K2 frozen, not sent": ("qbo_connector.outbox.send:_post", "before"),
    "K5 answered, not committed": ("qbo_connector.outbox.send:_commit", "before"),
    "K6 committed, not acknowledged": ("qbo_connector.outbox.send:_commit", "after"),
    "K7 before the record knows": ("sync.settle:_link", "before"),
    "K7 before the deal knows": ("invoices.services.billing:recompute_deals", "before"),
}


def settled(invoice: Invoice) -> bool:
    """Whether the deal shows the invoice with its number."""
    return DealBilling.objects.filter(deal=invoice.deal_id).exclude(invoice_number="").exists()


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_worker_leaves_one_invoice(point, us_company, quickbooks, tmp_path):
    sync_company(us_company)
    rep = user("Admin")
    deal = deal_of("Cool Cars", rep)
    with workers.worker(tmp_path, kill=POINTS[point]) as first:
        invoice = requested_invoice(deal, rep)
        workers.wait_until(lambda: first.poll() is not None, what=f"the worker dies at {point}")
    assert_never_doubled(quickbooks, us_company)

    with workers.worker(tmp_path):
        workers.wait_until(lambda: settled(invoice), seconds=40, what="the deal shows the invoice")
        workers.wait_until(lambda: at_rest(quickbooks, us_company), what="everything is at rest")

    assert_same_bytes(quickbooks, us_company, invoice)
    assert marked(quickbooks, us_company).keys() == {str(invoice.request_id)}


@pytest.mark.parametrize("when", ["before", "after"], ids=["K3 bytes sent", "K4 done, no answer"])
def test_a_worker_killed_during_the_call_leaves_one_invoice(when, us_company, quickbooks, tmp_path):
    sync_company(us_company)
    rep = user("Admin")
    deal = deal_of("Cool Cars", rep)
    quickbooks.fault(method="POST", entity="Invoice", times=1, when=when, action="latency", latency=3)
    with workers.worker(tmp_path) as first:
        invoice = requested_invoice(deal, rep)
        workers.wait_until(
            lambda: (
                quickbooks.call("GET", "calls?kind=write&entity=Invoice")["calls"]
                or quickbooks.call("GET", "calls?method=POST&entity=Invoice")["calls"]
            ),
            what="the call is under way",
        )
        if when == "after":
            workers.wait_until(lambda: marked(quickbooks, us_company), what="QuickBooks has committed")
        workers.stop(first)
    assert_never_doubled(quickbooks, us_company)

    with workers.worker(tmp_path):
        workers.wait_until(lambda: settled(invoice), seconds=40, what="the deal shows the invoice")
        workers.wait_until(lambda: at_rest(quickbooks, us_company), what="everything is at rest")

    assert_same_bytes(quickbooks, us_company, invoice)


def test_a_process_killed_before_its_commit_leaves_nothing(us_company, quickbooks):
    """K0: the person's request dies before the transaction of the intent ends."""
    sync_company(us_company)
    rep = user("Admin")
    draft = draft_of(deal_of("Cool Cars", rep), rep)
    script = (
        "import os, signal, django; django.setup()\n"
        "from django.db import transaction\n"
        "from accounts.models import User\n"
        "from invoices.models import InvoiceDraft\n"
        "from invoices.services.create import create_invoice\n"
        "with transaction.atomic():\n"
        f"    create_invoice(InvoiceDraft.objects.get(pk={draft.pk}), by=User.objects.get(pk={rep.pk}))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    died = subprocess.run([sys.executable, "-c", script], env=workers.environment(), cwd=workers.ROOT, check=False)
    assert died.returncode == -9

    drain_until_settled(us_company)

    assert not Invoice.objects.filter(origin="crm").exists()
    assert not Operation.objects.exists()
    assert marked(quickbooks, us_company) == {}


def at_rest(quickbooks: QuickBooks, connection: Connection) -> bool:
    """Whether the checker is content by now."""
    with contextlib.suppress(AssertionError):
        assert_at_rest(quickbooks, connection)
        return True
    return False


def assert_same_bytes(quickbooks: QuickBooks, connection: Connection, invoice: Invoice) -> None:
    """Every try of the intent carried the same requestid and the same bytes; one of them was executed."""
    assert_at_rest(quickbooks, connection)
    posts = [
        call
        for call in quickbooks.call("GET", "calls?method=POST&entity=Invoice&limit=1000")["calls"]
        if call["requestid"]
    ]
    assert {call["requestid"] for call in posts} == {invoice.request_id.hex}
    assert len({call["digest"] for call in posts}) == 1
