"""What runs twice, dies in the middle or is refused late: nothing is doubled, mixed up, hidden or blocked."""

import threading
import time
from decimal import Decimal

import pytest
from django.db import connections
from django.utils import timezone

from core.redis import redis_client
from crm.models import Company
from invoices.models import Invoice, Payment, PaymentApplication
from invoices.services import create as creating
from qbo_connector import errors
from qbo_connector import tasks as connector_tasks
from qbo_connector.mirror import pull, schedule
from qbo_connector.models import Connection, MirrorObject, Operation, PullSchedule
from qbo_connector.outbox.lease import lease_operations
from qbo_connector.outbox.send import send
from qbo_connector.services import status
from sync import settle, tasks
from sync.models import Link
from sync.publish import invoices as publishing
from sync.reconcile import run
from tests.checker import assert_at_rest, assert_never_doubled, marked
from tests.makers import changed, deal_of, draft_of, new_deal, requested_invoice, user
from tests.quickbooks import connect, drain_until_settled, enable, sync_company


def for_new_customer(deal, by, name, **values):
    """An invoice that a person asked for, for a customer that QuickBooks does not have."""
    customer = {"mode": "create", "name": name, "email": "nora@brandnew.example", "company_name": name}
    return creating.create_invoice(changed(draft_of(deal, by), customer=customer, **values), by=by)


def due_at_once():
    """What waits is due now."""
    Operation.objects.update(due_at="2000-01-01T00:00:00Z")


def test_with_invoice_sync_off_a_payment_that_is_withdrawn_is_withdrawn_here(quickbooks, transactional_db):
    company = connect(quickbooks)
    enable(company, "contact", "product")
    sync_company(company)
    rep = user("Admin")
    invoice = requested_invoice(deal_of("Cool Cars", rep), rep)
    drain_until_settled(company)
    invoice.refresh_from_db()
    document = f"objects/{company.realm_id}/Invoice/{invoice.external_id}"
    quickbooks.call("POST", document, {"operation": "pay", "amount": 100})
    sync_company(company)
    payment = Payment.objects.get()
    assert PaymentApplication.objects.get(invoice=invoice).amount == 100

    quickbooks.call("POST", f"objects/{company.realm_id}/Payment/{payment.external_id}", {"operation": "void"})
    sync_company(company)

    payment.refresh_from_db()
    assert payment.voided
    assert not PaymentApplication.objects.filter(invoice=invoice).exists()


def test_a_reconcile_between_the_answer_and_its_note_makes_no_second_company(us_company, quickbooks):
    sync_company(us_company)
    rep = user("Admin")
    deal = new_deal(rep)
    invoice = for_new_customer(deal, rep, "Brand New Gardens")
    publishing.publish(invoice.pk)
    send(lease_operations(us_company.pk)[0])

    run.reconcile(us_company)
    drain_until_settled(us_company)

    assert Company.objects.filter(name="Brand New Gardens").count() == 1
    assert Link.objects.get(entity="Customer", object_type="company", object_id=deal.company_id).qbo_id
    assert_at_rest(quickbooks, us_company)


def test_an_outcome_whose_object_is_linked_already_is_settled_all_the_same(us_company, quickbooks):
    sync_company(us_company)
    rep = user("Admin")
    deal = new_deal(rep)
    invoice = for_new_customer(deal, rep, "Brand New Gardens")
    publishing.publish(invoice.pk)
    send(lease_operations(us_company.pk)[0])
    operation = Operation.objects.get(entity="Customer")
    Link.objects.create(
        connection=us_company, entity="Customer", object_type="company", object_id=987654, qbo_id=operation.qbo_id
    )

    assert settle.settle(operation.pk) is not None
    assert not settle.unsettled()


def test_one_outcome_that_fails_stops_no_other(us_company, quickbooks, monkeypatch):
    settled = []

    def failing(operation_id):
        if operation_id == 1:
            raise RuntimeError("broken")
        settled.append(operation_id)

    monkeypatch.setattr(settle, "unsettled", lambda: [1, 2])
    monkeypatch.setattr(settle, "settle", failing)
    monkeypatch.setattr(publishing, "unplanned", lambda: [1])
    monkeypatch.setattr(publishing, "publish", failing)

    tasks.sweep()

    assert settled == [2]


def test_one_operation_that_fails_stops_no_other_and_says_so(us_company, quickbooks):
    sync_company(us_company)
    broken = Operation.objects.create(
        connection=us_company, entity="Customer", subject="company:1", intent={"DisplayName": {"$operation": 999_999}}
    )
    good = Operation.objects.create(
        connection=us_company, entity="Customer", subject="company:2", intent={"DisplayName": "Sound Gardens"}
    )

    connector_tasks.drain_outbox(us_company.pk)

    good.refresh_from_db()
    broken.refresh_from_db()
    assert good.state == "done"
    assert broken.state in ("planned", "unknown")
    assert broken.problem
    assert broken.due_at > timezone.now()


@pytest.mark.parametrize("code", ["6190", "6210", "6140"])
def test_a_refusal_after_an_unknown_outcome_is_believed_only_after_a_look(code, us_company, quickbooks):
    """The first try was done, its answer lost; the second one is refused. Sent again as new, it would be doubled."""
    sync_company(us_company)
    rep = user("Admin")
    invoice = requested_invoice(deal_of("Cool Cars", rep), rep)
    quickbooks.fault(method="POST", entity="Invoice", when="after", times=1, action="drop")
    drain_until_settled(us_company)
    quickbooks.fault(method="POST", entity="Invoice", when="before", times=1, action="fault", code=code)
    due_at_once()
    drain_until_settled(us_company)
    Connection.objects.update(status="active")

    publishing.publish(invoice.pk, again=True)
    due_at_once()
    drain_until_settled(us_company)

    assert_never_doubled(quickbooks, us_company)
    assert_at_rest(quickbooks, us_company)


def test_what_was_never_sent_is_not_held_as_forgotten(us_company, quickbooks, settings):
    """Throttled, then a long time disconnected: nothing was done, so there is nothing to look up."""
    sync_company(us_company)
    rep = user("Admin")
    for_new_customer(new_deal(rep), rep, "Brand New Gardens")
    for _try in range(2):
        quickbooks.fault(method="POST", entity="Customer", when="before", times=1, action="status", status=429)
        due_at_once()
        drain_until_settled(us_company)
        redis_client().flushdb()
    assert Operation.objects.get(entity="Customer").state == "planned"
    settings.QBO_REQUESTID_SECONDS = 0
    due_at_once()
    drain_until_settled(us_company)

    assert Operation.objects.get(entity="Customer").state == "done"


def test_two_new_customers_of_one_company_are_two(us_company, quickbooks):
    sync_company(us_company)
    rep = user("Admin")
    deal = new_deal(rep)
    made = {name: for_new_customer(deal, rep, name) for name in ("Brand New Gardens", "Brand New Gardens West")}
    drain_until_settled(us_company)

    documents = {row["Id"]: row["CustomerRef"]["name"] for row in quickbooks.objects(us_company.realm_id, "Invoice")}
    for name, invoice in made.items():
        invoice.refresh_from_db()
        assert documents[invoice.external_id] == name


def test_a_customer_that_was_made_inactive_since_is_not_used_again(us_company, quickbooks):
    sync_company(us_company)
    rep = user("Admin")
    deal = new_deal(rep)
    for_new_customer(deal, rep, "Brand New Gardens")
    drain_until_settled(us_company)
    first = Operation.objects.get(entity="Customer")
    MirrorObject.objects.filter(entity="Customer", qbo_id=first.qbo_id).update(deleted=True)
    Link.objects.filter(entity="Customer", qbo_id=first.qbo_id).delete()

    again = for_new_customer(deal, rep, "Brand New Gardens")
    publishing.publish(again.pk)

    assert Operation.objects.filter(entity="Customer").count() == 2


def test_two_invoices_planned_at_once_have_different_numbers(us_company, quickbooks, monkeypatch):
    sync_company(us_company)
    Connection.objects.update(custom_numbers=True)
    rep = user("Admin")
    made = [requested_invoice(deal_of("Cool Cars", rep), rep) for _invoice in range(2)]
    Operation.objects.all().delete()
    Link.objects.filter(entity="Invoice", object_id__in=[invoice.pk for invoice in made]).delete()
    reads = publishing.next_number

    def slow(connection):
        number = reads(connection)
        time.sleep(0.4)
        return number

    monkeypatch.setattr(publishing, "next_number", slow)

    def plan(pk):
        publishing.publish(pk)
        connections.close_all()

    threads = [threading.Thread(target=plan, args=[invoice.pk]) for invoice in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    numbers = list(Operation.objects.filter(entity="Invoice").values_list("intent__DocNumber", flat=True))
    assert len(set(numbers)) == len(numbers) == 2


def test_an_old_token_that_fails_after_the_reconnect_undoes_nothing(us_company):
    stale = Connection.objects.get(pk=us_company.pk)
    Connection.objects.update(connected_at=timezone.now())

    status.needs_reconnect(stale, errors.NeedsReconnect())

    assert Connection.objects.get().active


def test_a_message_that_waited_longer_than_its_lease_calls_nobody(us_company, quickbooks):
    sync_company(us_company)
    PullSchedule.objects.update(due_at="2000-01-01T00:00:00Z")
    late = schedule.lease_due()
    PullSchedule.objects.update(leased_until="2000-01-01T00:00:00Z")
    (lease,) = schedule.lease_due()
    quickbooks.call("DELETE", "calls")

    pull.pull(late[0])
    assert not quickbooks.call("GET", "calls?limit=10")["calls"]

    pull.pull(lease)
    assert PullSchedule.objects.get().leased_until is None


def test_a_copy_made_in_quickbooks_is_not_taken_for_its_original(us_company, quickbooks):
    sync_company(us_company)
    rep = user("Admin")
    invoice = requested_invoice(deal_of("Cool Cars", rep), rep)
    quickbooks.fault(method="POST", entity="Invoice", when="after", times=1, action="drop")
    drain_until_settled(us_company)
    (original,) = marked(quickbooks, us_company)[str(invoice.request_id)]
    document = quickbooks.call("GET", f"objects/{us_company.realm_id}/Invoice/{original}")
    kept = ("CustomerRef", "Line", "PrivateNote", "TxnDate")
    copied = {name: document[name] for name in kept}
    copied["Line"] = [{k: v for k, v in line.items() if k != "Id"} for line in copied["Line"][:-1]]
    quickbooks.call("POST", f"objects/{us_company.realm_id}/Invoice", copied)

    sync_company(us_company)

    invoice.refresh_from_db()
    assert invoice.external_id == original
    assert Invoice.objects.filter(total__gt=Decimal(0), origin="crm").count() == 1
