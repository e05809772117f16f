"""R1 for what is asked of invoices: changed, voided, deleted, paid exactly once, wherever a worker is killed."""

import pytest

from invoices.models import Invoice
from qbo_connector.models import Operation
from tests import workers
from tests.agreement import assert_agreement
from tests.faults.doing import WISHES, done_once

pytestmark = [pytest.mark.slow, pytest.mark.one_at_a_time("workers")]
POINTS = {
    "frozen, not sent": ("qbo_connector.outbox.send:_post", "before"),
    "answered, not committed": ("qbo_connector.outbox.send:_commit", "before"),
    "committed, not settled": ("qbo_connector.outbox.send:_commit", "after"),
}


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_worker_leaves_it_done_once(point, wish, world, tmp_path):
    invoice = Invoice.objects.order_by("pk")[0]
    with workers.worker(tmp_path, kill=POINTS[point]) as first:
        WISHES[wish](world, invoice)
        workers.wait_until(lambda: first.poll() is not None, seconds=60, what=f"the worker dies at {point}")
    with workers.worker(tmp_path):
        workers.wait_until(
            lambda: Operation.objects.filter(state="done", settled_at__isnull=False).exists(),
            seconds=60,
            what="it is done and noted",
        )
    world.quiet()
    world.cycle()

    assert done_once(world, wish, invoice.external_id)
    calls = world.quickbooks.call("GET", "calls?kind=write&limit=1000")["calls"]
    assert len({(call["requestid"], call["digest"]) for call in calls if call["requestid"]}) == 1
    assert_agreement(world.quickbooks, world.connection)
