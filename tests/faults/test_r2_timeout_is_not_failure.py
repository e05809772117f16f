"""R2: an answer that is lost after QuickBooks committed is not a failure, and never a second invoice."""

import pytest

from invoices.enums import SyncState
from invoices.ports import accounting
from qbo_connector.models import Operation
from tests.checker import assert_at_rest, assert_never_doubled, marked
from tests.makers import deal_of, requested_invoice, user
from tests.quickbooks import drain_until_settled, sync_company

LOST = {
    "the connection drops": {"action": "drop"},
    "500 after the commit": {"action": "status", "status": 500},
    "503 page after the commit": {"action": "html", "status": 503},
    "reset in the middle of the body": {"action": "cut"},
    "empty body": {"action": "empty"},
    "cut JSON": {"action": "malformed"},
    "fault 10000 with status 200": {"action": "fault_in_200", "code": "10000"},
}


def send_again(connection):
    """What waits is due at once."""
    Operation.objects.update(due_at="2000-01-01T00:00:00Z")
    drain_until_settled(connection)


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("times", [1, 3])
def test_a_lost_answer_is_asked_for_again(lost, times, us_company, quickbooks):
    sync_company(us_company)
    rep = user("Admin")
    invoice = requested_invoice(deal_of("Cool Cars", rep), rep)
    quickbooks.fault(method="POST", entity="Invoice", when="after", times=times, **LOST[lost])
    drain_until_settled(us_company)

    assert accounting().sync_marks([invoice.pk])[invoice.pk].state == SyncState.WAITING
    assert len(marked(quickbooks, us_company)[str(invoice.request_id)]) == 1
    for _try in range(times):
        send_again(us_company)
        assert_never_doubled(quickbooks, us_company)

    assert_at_rest(quickbooks, us_company)
    operation = Operation.objects.get(entity="Invoice")
    assert operation.attempts == times + 1
    calls = quickbooks.call("GET", "calls?method=POST&entity=Invoice&limit=1000")["calls"]
    assert {call["requestid"] for call in calls} == {operation.request_id}
    assert len({call["digest"] for call in calls}) == 1


def test_the_pull_may_bring_the_invoice_before_its_answer(us_company, quickbooks):
    """The lost invoice comes back by change data and is recognised by its marker."""
    sync_company(us_company)
    rep = user("Admin")
    invoice = requested_invoice(deal_of("Cool Cars", rep), rep)
    quickbooks.fault(method="POST", entity="Invoice", when="after", times=1, action="drop")
    drain_until_settled(us_company)

    sync_company(us_company)

    invoice.refresh_from_db()
    assert invoice.external_id == marked(quickbooks, us_company)[str(invoice.request_id)][0]
    send_again(us_company)
    assert_at_rest(quickbooks, us_company)


def test_a_forgotten_requestid_is_looked_up_by_its_marker(us_company, quickbooks, settings):
    """QuickBooks committed, the answer was lost, and by the next try the requestid is forgotten."""
    sync_company(us_company)
    rep = user("Admin")
    invoice = requested_invoice(deal_of("Cool Cars", rep), rep)
    quickbooks.fault(method="POST", entity="Invoice", when="after", times=1, action="drop")
    drain_until_settled(us_company)
    quickbooks.call("POST", "requestids/forget", {})
    settings.QBO_REQUESTID_SECONDS = 0

    send_again(us_company)

    assert len(marked(quickbooks, us_company)[str(invoice.request_id)]) == 1
    posts = quickbooks.call("GET", "calls?method=POST&entity=Invoice&limit=1000")["calls"]
    assert len([call for call in posts if call["requestid"]]) == 1, "sent again without looking"
    assert_at_rest(quickbooks, us_company)


def test_a_forgotten_requestid_without_a_document_is_sent_again(us_company, quickbooks, settings):
    """QuickBooks never got it: the look-up finds nothing, and only then it is sent again."""
    sync_company(us_company)
    rep = user("Admin")
    invoice = requested_invoice(deal_of("Cool Cars", rep), rep)
    quickbooks.fault(method="POST", entity="Invoice", when="before", times=1, action="drop")
    drain_until_settled(us_company)
    settings.QBO_REQUESTID_SECONDS = 0

    send_again(us_company)

    assert len(marked(quickbooks, us_company)[str(invoice.request_id)]) == 1
    assert_at_rest(quickbooks, us_company)


def test_a_look_up_that_fails_sends_nothing(us_company, quickbooks, settings):
    sync_company(us_company)
    rep = user("Admin")
    invoice = requested_invoice(deal_of("Cool Cars", rep), rep)
    quickbooks.fault(method="POST", entity="Invoice", when="after", times=1, action="drop")
    drain_until_settled(us_company)
    quickbooks.call("POST", "requestids/forget", {})
    settings.QBO_REQUESTID_SECONDS = 0
    quickbooks.fault(kind="query", times=1, action="html", status=503)

    send_again(us_company)
    assert Operation.objects.get(entity="Invoice").state == "unknown"
    assert_never_doubled(quickbooks, us_company)

    send_again(us_company)
    assert len(marked(quickbooks, us_company)[str(invoice.request_id)]) == 1
    assert_at_rest(quickbooks, us_company)
