"""R2 for what is asked of invoices: an answer that was lost is no failure, and nothing is done twice."""

import pytest

from invoices.models import Invoice
from qbo_connector.models import Operation
from tests.agreement import assert_agreement
from tests.faults.doing import WISHES, done_once
from tests.faults.test_r10_both_sides_converge import assert_idle

LOST = {
    "drop after": {"when": "after", "action": "drop"},
    "500 after": {"when": "after", "action": "status", "status": 500},
    "cut after": {"when": "after", "action": "cut", "cut_after": 20},
    "drop before": {"when": "before", "action": "drop"},
}


@pytest.mark.parametrize("forgotten", [False, True], ids=["remembered", "forgotten"])
@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("wish", WISHES)
def test_a_lost_answer_leaves_it_done_once(wish, lost, forgotten, world, settings):
    invoice = Invoice.objects.order_by("pk")[0]
    WISHES[wish](world, invoice)
    world.messages()
    world.quickbooks.fault(path="/v3/", method="POST", times=1, **LOST[lost])
    world.send()
    assert Operation.objects.get().state == "unknown"
    if forgotten:
        world.quickbooks.call("POST", "requestids/forget", {})
        settings.QBO_REQUESTID_SECONDS = 0
    world.quiet()
    world.cycle()
    world.cycle()

    assert done_once(world, wish, invoice.external_id)
    assert list(Operation.objects.values_list("state", flat=True)) == ["done"]
    assert_agreement(world.quickbooks, world.connection)
    assert_idle(world)
