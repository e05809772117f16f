"""The outbox: every verb once, whatever is lost; batches; what people wait for first."""

import uuid
from typing import Any

import pytest

from core.redis import redis_client
from qbo_connector.models import MirrorObject, Operation, OperationBatch
from qbo_connector.outbox import drain
from qbo_connector.outbox.lease import lease_operations
from qbo_connector.outbox.plan import Wanted, cancel, fold, plan, plan_many
from tests.books import Books, open_books

LOST = {
    "dropped": {"action": "drop"},
    "500 page": {"action": "html", "status": 500},
    "cut": {"action": "cut"},
    "empty": {"action": "empty"},
    "cut JSON": {"action": "malformed"},
    "fault 10000 with 200": {"action": "fault_in_200", "code": "10000"},
}


@pytest.fixture
def books(quickbooks, transactional_db):
    """A small company, read."""
    opened = open_books(quickbooks)
    opened.sync()
    return opened


def planned(books: Books, verb: str, entity: str, intent: dict[str, Any], **more: Any) -> Operation:
    return plan(
        books.connection,
        entity=entity,
        verb=verb,
        subject=more.pop("subject", f"test:{uuid.uuid4().hex[:8]}"),
        intent=intent,
        request_id=uuid.uuid4().hex,
        **more,
    )


def drained(books: Books) -> None:
    """What waits is sent now."""
    redis_client().flushdb()
    Operation.objects.update(due_at="2000-01-01T00:00:00Z")
    drain.drain(books.connection.pk)


def change_of(books: Books, entity: str, qbo_id: str, **fields: Any) -> dict[str, Any]:
    """A sparse update on top of what QuickBooks has now."""
    return {"Id": qbo_id, "SyncToken": books.read(entity, qbo_id)["SyncToken"], "sparse": True, **fields}


def invoice(books: Books) -> str:
    customer = books.customer()
    item = books.item()
    line = {
        "Amount": 100,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": item}, "Qty": 1, "UnitPrice": 100},
    }
    mail = {"Address": "hello@bright.example"}
    return books.make("Invoice", CustomerRef={"value": customer}, Line=[line], BillEmail=mail)


def posts(books: Books) -> list[dict[str, Any]]:
    calls = books.quickbooks.call("GET", "calls?method=POST&limit=1000")["calls"]
    return [call for call in calls if "/query" not in call["path"]]


@pytest.mark.parametrize("lost", LOST)
def test_a_lost_answer_to_an_update_is_asked_for_again(lost, books):
    qbo_id = books.customer()
    operation = planned(books, "update", "Customer", change_of(books, "Customer", qbo_id, Notes="New"))
    books.quickbooks.fault(method="POST", entity="Customer", when="after", times=1, **LOST[lost])
    drained(books)
    operation.refresh_from_db()
    assert operation.state == "unknown"

    drained(books)

    operation.refresh_from_db()
    assert (operation.state, operation.sync_token, operation.attempts) == ("done", 1, 2)
    assert books.read("Customer", qbo_id)["SyncToken"] == "1"
    assert len({(call["requestid"], call["digest"]) for call in posts(books)}) == 1


@pytest.mark.parametrize("done", [True, False], ids=["it was done", "it was not done"])
def test_a_forgotten_update_is_looked_at_before_it_is_sent_again(done, books, settings):
    qbo_id = books.customer()
    operation = planned(books, "update", "Customer", change_of(books, "Customer", qbo_id, Notes="New"))
    books.quickbooks.fault(method="POST", entity="Customer", when="after" if done else "before", times=1, action="drop")
    drained(books)
    books.quickbooks.call("POST", "requestids/forget", {})
    settings.QBO_REQUESTID_SECONDS = 0

    drained(books)

    operation.refresh_from_db()
    assert operation.state == "done"
    assert (books.read("Customer", qbo_id)["SyncToken"], books.read("Customer", qbo_id)["Notes"]) == ("1", "New")
    assert len(posts(books)) == (1 if done else 2)


def test_a_forgotten_update_on_top_of_a_change_is_stale(books, settings):
    qbo_id = books.customer()
    operation = planned(books, "update", "Customer", change_of(books, "Customer", qbo_id, Notes="New"))
    books.quickbooks.fault(method="POST", entity="Customer", when="before", times=1, action="drop")
    drained(books)
    books.act("Customer", qbo_id, Notes="The accountant's")
    settings.QBO_REQUESTID_SECONDS = 0

    drained(books)

    operation.refresh_from_db()
    assert (operation.state, operation.fault_code) == ("refused", "5010")
    assert books.read("Customer", qbo_id)["Notes"] == "The accountant's"


def test_a_stale_update_brings_the_newer_version_into_the_mirror(books):
    qbo_id = books.customer()
    books.sync()
    operation = planned(books, "update", "Customer", change_of(books, "Customer", qbo_id, Notes="New"))
    books.act("Customer", qbo_id, Notes="The accountant's")

    drained(books)

    operation.refresh_from_db()
    assert (operation.state, operation.fault_code) == ("refused", "5010")
    assert MirrorObject.objects.get(entity="Customer", qbo_id=qbo_id).sync_token == 1
    reads = books.quickbooks.call("GET", "calls?kind=query&limit=1000")["calls"]
    assert reads[-1]["path"].endswith("/query")


def test_a_forgotten_creation_is_found_by_its_name(books, settings):
    intent = {"DisplayName": "O'Hara \\ Sons", "Notes": "New"}
    operation = planned(books, "create", "Customer", intent)
    books.quickbooks.fault(method="POST", entity="Customer", when="after", times=1, action="drop")
    drained(books)
    books.quickbooks.call("POST", "requestids/forget", {})
    settings.QBO_REQUESTID_SECONDS = 0

    drained(books)

    operation.refresh_from_db()
    assert operation.state == "done"
    (customer,) = books.quickbooks.objects(books.connection.realm_id, "Customer")
    assert operation.qbo_id == customer["Id"]
    assert len(posts(books)) == 1


@pytest.mark.parametrize("lost", [False, True], ids=["answered", "answer lost"])
@pytest.mark.parametrize("forgotten", [False, True], ids=["remembered", "forgotten"])
@pytest.mark.parametrize("verb", ["void", "delete"])
def test_an_invoice_is_voided_or_deleted_once(verb, forgotten, lost, books, settings):
    qbo_id = invoice(books)
    books.sync()
    operation = planned(books, verb, "Invoice", {"Id": qbo_id, "SyncToken": "0"})
    if lost:
        books.quickbooks.fault(method="POST", entity="Invoice", when="after", times=1, action="drop")
    drained(books)
    if forgotten:
        books.quickbooks.call("POST", "requestids/forget", {})
        settings.QBO_REQUESTID_SECONDS = 0
    drained(books)

    operation.refresh_from_db()
    assert operation.state == "done"
    row = MirrorObject.objects.get(entity="Invoice", qbo_id=qbo_id)
    if verb == "delete":
        assert row.deleted
        assert not books.quickbooks.objects(books.connection.realm_id, "Invoice")
    else:
        assert (row.total, row.deleted) == (0, False)
        assert books.read("Invoice", qbo_id)["PrivateNote"] == "Voided"


def test_a_customer_is_made_inactive_and_active_again(books):
    qbo_id = books.customer()
    books.sync()
    planned(books, "deactivate", "Customer", change_of(books, "Customer", qbo_id, Active=False))
    drained(books)
    assert not MirrorObject.objects.get(entity="Customer", qbo_id=qbo_id).active

    back = change_of(books, "Customer", qbo_id, Active=True, DisplayName="Bright Gardens")
    planned(books, "reactivate", "Customer", back)
    drained(books)
    row = MirrorObject.objects.get(entity="Customer", qbo_id=qbo_id)
    assert (row.active, row.name) == (True, "Bright Gardens")


def test_an_invoice_is_mailed_once(books):
    qbo_id = invoice(books)
    operation = planned(books, "send-email", "Invoice", {"Id": qbo_id, "sendTo": "other@bright.example"})
    drained(books)

    operation.refresh_from_db()
    assert operation.state == "done"
    (sent,) = posts(books)
    assert (sent["path"].partition("?")[0].rpartition("/")[2], sent["requestid"]) == ("send", None)
    assert books.read("Invoice", qbo_id)["BillEmail"] == {"Address": "other@bright.example"}


@pytest.mark.parametrize("done", [True, False], ids=["it was sent", "it was not sent"])
def test_a_mail_of_unknown_outcome_is_never_sent_again_by_itself(done, books):
    qbo_id = invoice(books)
    operation = planned(books, "send-email", "Invoice", {"Id": qbo_id})
    books.quickbooks.fault(method="POST", entity="Invoice", when="after" if done else "before", times=1, action="drop")
    drained(books)
    drained(books)

    operation.refresh_from_db()
    assert operation.state == ("done" if done else "held")
    assert done or "Ask the customer" in operation.problem
    assert len(posts(books)) == 1


def wanted_customers(count: int, *, name: str = "Garden") -> list[Wanted]:
    return [
        Wanted("Customer", f"company:{number}", {"DisplayName": f"{name} {number}"}) for number in range(1, count + 1)
    ]


@pytest.mark.parametrize("lost", LOST)
def test_a_lost_answer_to_a_batch_is_asked_for_with_the_same_bytes(lost, books):
    plan_many(books.connection, wanted_customers(7))
    books.quickbooks.fault(kind="batch", when="after", times=1, **LOST[lost])
    drained(books)
    assert set(Operation.objects.values_list("state", flat=True)) == {"unknown"}

    drained(books)

    assert set(Operation.objects.values_list("state", "attempts")) == {("done", 2)}
    assert len(books.quickbooks.objects(books.connection.realm_id, "Customer")) == 7
    batch = OperationBatch.objects.get()
    calls = posts(books)
    assert {call["requestid"] for call in calls} == {batch.request_id}
    assert len({call["digest"] for call in calls}) == 1
    ids = {row["DisplayName"]: row["Id"] for row in books.quickbooks.objects(books.connection.realm_id, "Customer")}
    for operation in Operation.objects.all():
        assert operation.qbo_id == ids[operation.intent["DisplayName"]]


def test_a_forgotten_batch_is_looked_up_part_by_part(books, settings):
    plan_many(books.connection, wanted_customers(6))
    books.quickbooks.fault(kind="batch", when="after", times=1, action="drop")
    drained(books)
    books.quickbooks.call("POST", "requestids/forget", {})
    settings.QBO_REQUESTID_SECONDS = 0

    drained(books)

    assert set(Operation.objects.values_list("state", flat=True)) == {"done"}
    assert len(books.quickbooks.objects(books.connection.realm_id, "Customer")) == 6


def test_a_batch_that_is_refused_as_a_whole_goes_on_part_by_part(books):
    plan_many(books.connection, wanted_customers(6))
    books.quickbooks.fault(kind="batch", times=1, action="fault", code="2010")

    drained(books)
    drained(books)

    assert set(Operation.objects.values_list("state", flat=True)) == {"done"}
    assert len(books.quickbooks.objects(books.connection.realm_id, "Customer")) == 6


def test_two_changes_of_one_object_share_no_batch(books):
    qbo_id = books.customer()
    books.sync()
    change = change_of(books, "Customer", qbo_id, Notes="New")
    plan_many(
        books.connection,
        [*wanted_customers(6), *(Wanted("Customer", f"contact:{n}", change, verb="update") for n in range(2))],
    )
    drain.drain(books.connection.pk)

    states = Operation.objects.filter(verb="update").order_by("pk").values_list("state", "fault_code", "batch_item")
    assert [state for state, _code, _item in states] == ["done", "done"]  # the second found it as it wanted it
    assert OperationBatch.objects.count() == 1


def test_few_operations_go_singly(books):
    plan_many(books.connection, wanted_customers(4))
    drained(books)

    assert not OperationBatch.objects.exists()
    assert Operation.objects.filter(state="done").count() == 4


def test_what_a_person_waits_for_goes_first_and_singly(books):
    plan_many(books.connection, wanted_customers(40))
    waited_for = planned(books, "create", "Customer", {"DisplayName": "Waited for"})

    units = drain.lease_units(books.connection.pk)

    assert len(units) == 1
    units[0]()
    waited_for.refresh_from_db()
    assert (waited_for.state, waited_for.batch_id) == ("done", None)
    assert Operation.objects.filter(state="done").count() == 1


def test_a_batch_is_leased_as_a_whole(books):
    plan_many(books.connection, wanted_customers(6))
    books.quickbooks.fault(kind="batch", when="after", times=1, action="drop")
    drained(books)
    Operation.objects.update(due_at="2000-01-01T00:00:00Z")

    assert len(lease_operations(books.connection.pk, limit=2)) == 6
    assert lease_operations(books.connection.pk) == []


def test_a_plan_may_change_until_it_is_leased(books):
    (operation,) = plan_many(books.connection, wanted_customers(1)).values()
    assert fold(operation, {"DisplayName": "Other"}, {"note": 1})
    operation.refresh_from_db()
    assert (operation.intent, operation.context) == ({"DisplayName": "Other"}, {"note": 1})
    (same,) = plan_many(books.connection, wanted_customers(1, name="Third")).values()
    assert (same.pk, same.intent["DisplayName"]) == (operation.pk, "Third 1")

    lease_operations(books.connection.pk)

    assert not fold(operation, None)
    assert plan_many(books.connection, wanted_customers(1)) == {}
    assert cancel(books.connection, ["company:1"]) == set()


def test_a_cancelled_plan_is_never_sent(books):
    plan_many(books.connection, wanted_customers(2))
    assert cancel(books.connection, ["company:1"]) == {"company:1"}

    drained(books)

    assert dict(Operation.objects.values_list("subject", "state")) == {"company:1": "cancelled", "company:2": "done"}
    assert len(posts(books)) == 1


def test_planning_a_thousand_is_a_handful_of_statements(books, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        plan_many(books.connection, wanted_customers(1000))
    with django_assert_max_num_queries(8):
        assert len(plan_many(books.connection, wanted_customers(1000, name="Other"))) == 1000
    assert Operation.objects.count() == 1000


def test_a_bulk_of_changes_waits_for_its_limit_and_not_longer(books, settings):
    settings.QBO_LIMITS = {**settings.QBO_LIMITS, "batches": 2}
    plan_many(books.connection, wanted_customers(90))
    for unit in drain.lease_units(books.connection.pk):
        unit()

    assert Operation.objects.filter(state="done").count() == 60
    waiting = Operation.objects.filter(state="planned")
    assert waiting.count() == 30
    due = max(waiting.values_list("due_at", flat=True))
    assert 0 < (due - waiting.first().created_at).total_seconds() < 65
