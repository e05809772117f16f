"""Reminders about money that goes out: mirrored bills, and payments that lie with the undeposited funds."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from core.models import Event
from crm.models import Task
from invoices.models import Bill, Payment
from tests.makers import user
from tests.quickbooks import sync_company
from tests.workflows.makers import carry_on, enrolment, step, tell, workflow_of
from workflows import triggers
from workflows.models import Enrolment, Workflow
from workflows.ready import all_ready
from workflows.services import workflows

DAY = datetime.timedelta(days=1)


@pytest.fixture
def boss(us_company):
    sync_company(us_company)
    return user("Admin", "boss@example.com")


def enter_bill(quickbooks, company, **members):
    """A bill of the sample company's first vendor, entered in QuickBooks."""
    vendor = quickbooks.objects(company.realm_id, "Vendor")[0]
    line = {
        "Amount": 80, "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "7"}},
    }  # fmt: skip
    body = {"VendorRef": {"value": vendor["Id"]}, "DocNumber": "B-7", "Line": [line], **members}
    return quickbooks.call("POST", f"objects/{company.realm_id}/Bill", body)


def ready(key, boss):
    """A ready workflow that is on since two weeks."""
    [found] = [each for each in all_ready() if each.key == key]
    made = workflows.create(name=key, by=boss, definition=found.definition())
    workflows.publish(made, by=boss)
    workflows.switch(made, on=True, by=boss)
    Workflow.objects.update(watched_from=timezone.now() - 14 * DAY)


def test_a_first_load_brings_bills_and_tells_nothing(us_company, quickbooks, boss):
    theirs = {each["Id"]: each for each in quickbooks.objects(us_company.realm_id, "Bill")}
    ours = {bill.external_id: bill for bill in Bill.objects.all()}

    assert set(ours) == set(theirs)
    assert ours["1"].vendor_name == "Brosnahan Insurance Agency"
    assert {key: float(bill.balance) for key, bill in ours.items()} == {
        key: each["Balance"] for key, each in theirs.items()
    }
    assert not Event.objects.filter(object_type="bill").exists()


def test_a_vendor_is_to_be_paid_three_days_before_the_bill_is_due(us_company, quickbooks, boss):
    ready("pay-vendor", boss)
    due = timezone.localdate() + DAY
    enter_bill(quickbooks, us_company, DueDate=due.isoformat())
    sync_company(us_company)

    triggers.sweep_dates()
    carry_on()

    bill = Bill.objects.get(number="B-7")
    run = Enrolment.objects.get(record_id=bill.pk)
    task = Task.objects.get(about_type="bill", about_id=bill.pk)
    assert (run.object_type, run.state, run.title) == ("bill", "finished", str(bill))
    assert (task.title, task.assignee, str(bill) in task.about_title) == ("Pay a vendor", boss, True)


def test_a_paid_bill_is_not_reminded_of(us_company, quickbooks, boss):
    ready("pay-vendor", boss)
    enter_bill(quickbooks, us_company, DueDate=(timezone.localdate() + DAY).isoformat())
    sync_company(us_company)
    Bill.objects.update(balance=0)

    triggers.sweep_dates()

    assert not Enrolment.objects.exists()


def test_what_happens_to_a_bill_starts_workflows_and_stands_on_its_page(us_company, quickbooks, boss, client):
    workflow_of(boss, step("a", "rest"), about="bill", trigger={"kind": "event", "event": "bill.created"})
    entered = enter_bill(quickbooks, us_company, DueDate=timezone.localdate().isoformat())
    sync_company(us_company)
    tell()
    bill = Bill.objects.get(number="B-7")
    assert enrolment().record_id == bill.pk

    bank = next(each for each in quickbooks.objects(us_company.realm_id, "Account") if each["AccountType"] == "Bank")
    paying = {
        "VendorRef": entered["VendorRef"], "PayType": "Check", "TotalAmt": 80,
        "CheckPayment": {"BankAccountRef": {"value": bank["Id"]}},
        "Line": [{"Amount": 80, "LinkedTxn": [{"TxnId": entered["Id"], "TxnType": "Bill"}]}],
    }  # fmt: skip
    quickbooks.call("POST", f"objects/{us_company.realm_id}/BillPayment", paying)
    sync_company(us_company)

    names = Event.objects.filter(object_type="bill", object_id=bill.pk).order_by("pk").values_list("name", flat=True)
    assert list(names) == ["bill.created", "bill.paid"]
    client.force_login(boss)
    page = client.get(reverse("invoices:bill-detail", args=[bill.pk])).content.decode()
    history = client.get(reverse("invoices:bill-history", args=[bill.pk])).content.decode()
    listed = client.get(reverse("invoices:bill-list"), {"where": ""}).content.decode()
    assert "Bill B-7" in page
    assert "Paid" in page
    assert "was paid" in history
    assert reverse("invoices:bill-detail", args=[1]).rpartition("/bills/")[0] in listed


def test_a_payment_that_lies_undeposited_is_a_task_of_who_set_it_up(us_company, boss):
    payment = Payment.objects.filter(voided=False, removed_at=None).order_by("pk").first()
    Payment.objects.update(deposited=True)
    Payment.objects.filter(pk=payment.pk).update(
        deposited=False, deposit_account_name="Undeposited Funds", received_on=timezone.localdate() - 7 * DAY
    )
    ready("bank-deposit", boss)

    triggers.sweep_dates()
    carry_on()

    task = Task.objects.get(about_type="payment", about_id=payment.pk)
    assert (task.title, task.assignee) == ("Deposit a payment", boss)
