"""Payments recorded in the CRM reach QuickBooks once, and no balance changes before they have."""

import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from core.models import Event
from invoices.models import Invoice, Payment
from invoices.services import payments
from invoices.services.payments import BadPayment, IntentReused, NotDiscardable, Received
from qbo_connector.models import Connection, MirrorObject, MirrorPayload, Operation, PullSchedule
from sync.enums import Outcome
from sync.models import Link
from sync.publish import payments as publishing
from sync.reconcile import run
from sync.services.connections import add_default_mappings
from tests import makers
from tests.quickbooks import QuickBooks, drain_until_settled, enable, read_company, sync_company

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rep(db: None) -> User:
    return makers.user("Admin")


@pytest.fixture
def company(us_company: Connection) -> Connection:
    enable(us_company)
    add_default_mappings(us_company.pk)
    sync_company(us_company)
    return us_company


def open_invoice(company: Connection) -> Invoice:
    return Invoice.objects.filter(connection=company, balance__gt=100, applications=None).order_by("pk")[0]


def received(invoice: Invoice, amount: str, part: str | None = None, **more: Any) -> Received:
    return Received(Decimal(amount), timezone.localdate(), [(invoice, Decimal(part or amount))], **more)


def carry_over(company: Connection) -> None:
    for pk in publishing.unplanned():
        publishing.publish(pk)
    drain_until_settled(company)


def paid_there(quickbooks: QuickBooks, company: Connection, reference: str) -> list[Any]:
    return [row for row in quickbooks.objects(company.realm_id, "Payment") if row.get("PaymentRefNum") == reference]


def test_a_payment_is_shown_as_paid_once_quickbooks_has_it(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice = open_invoice(company)
    balance = invoice.balance

    payment = payments.record(received(invoice, "100", reference="A-1"), request_id=uuid.uuid4(), by=rep)

    invoice.refresh_from_db()
    assert invoice.balance == balance
    carry_over(company)
    sync_company(company)
    (there,) = paid_there(quickbooks, company, "A-1")
    assert there["TotalAmt"] == 100
    invoice.refresh_from_db()
    payment.refresh_from_db()
    assert invoice.balance == balance - 100
    assert (payment.external_id, payment.unapplied) == (there["Id"], 0)
    assert Payment.objects.filter(external_id=there["Id"]).count() == 1
    assert Link.objects.get(object_type="payment", object_id=payment.pk).outcome == Outcome.IN_SYNC
    names = (
        Event.objects.filter(object_type="payment", object_id=payment.pk).order_by("pk").values_list("name", flat=True)
    )
    assert list(names) == ["payment.requested", "payment.received"]


def test_what_is_more_than_the_invoice_stays_as_credit(quickbooks: QuickBooks, company: Connection, rep: User) -> None:
    invoice = open_invoice(company)
    wanted = received(invoice, str(invoice.balance + 25), str(invoice.balance), reference="A-2")

    payment = payments.record(wanted, request_id=uuid.uuid4(), by=rep)
    carry_over(company)
    assert PullSchedule.objects.get(connection=company).due_at <= timezone.now()
    sync_company(company)

    invoice.refresh_from_db()
    payment.refresh_from_db()
    assert (invoice.status, payment.unapplied) == ("paid", 25)
    assert paid_there(quickbooks, company, "A-2")[0]["UnappliedAmt"] == 25


def test_twice_the_same_click_is_one_payment(quickbooks: QuickBooks, company: Connection, rep: User) -> None:
    invoice, intent = open_invoice(company), uuid.uuid4()
    first = payments.record(received(invoice, "50", reference="A-3"), request_id=intent, by=rep)

    assert payments.record(received(invoice, "50", reference="A-3"), request_id=intent, by=rep) == first
    with pytest.raises(IntentReused):
        payments.record(received(invoice, "60", reference="A-3"), request_id=intent, by=rep)
    carry_over(company)

    assert len(paid_there(quickbooks, company, "A-3")) == 1
    assert Operation.objects.filter(entity="Payment").count() == 1


def test_a_lost_answer_and_a_pull_before_it_make_no_second_payment(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice = open_invoice(company)
    payment = payments.record(received(invoice, "50", reference="A-4"), request_id=uuid.uuid4(), by=rep)
    quickbooks.fault(method="POST", path="/payment", when="after", action="drop", times=1)
    carry_over(company)
    sync_company(company)

    payment.refresh_from_db()
    assert payment.external_id == paid_there(quickbooks, company, "A-4")[0]["Id"]
    Operation.objects.update(due_at=timezone.now())
    carry_over(company)

    assert len(paid_there(quickbooks, company, "A-4")) == 1
    assert Payment.objects.filter(reference="A-4").count() == 1
    assert Link.objects.get(object_type="payment", object_id=payment.pk).outcome == Outcome.IN_SYNC


def test_a_refused_payment_says_why_and_goes_out_again(quickbooks: QuickBooks, company: Connection, rep: User) -> None:
    invoice = open_invoice(company)
    balance = invoice.balance
    quickbooks.fault(
        method="POST", path="/payment", action="fault", code="6000", message="Error", detail="Not today.", status=400,
        times=1,
    )  # fmt: skip
    payment = payments.record(received(invoice, "50", reference="A-5"), request_id=uuid.uuid4(), by=rep)
    carry_over(company)

    link = Link.objects.get(object_type="payment", object_id=payment.pk)
    assert (link.outcome, link.detail) == (Outcome.FAILING, "Not today.")
    invoice.refresh_from_db()
    assert invoice.balance == balance
    publishing.publish(payment.pk, again=True)
    carry_over(company)
    assert len(paid_there(quickbooks, company, "A-5")) == 1
    link.refresh_from_db()
    assert link.outcome == Outcome.IN_SYNC


@pytest.mark.parametrize(
    ("amount", "part", "sentence"),
    [
        ("0", "0", "more than 0"),
        ("10.005", "10.005", "more decimals"),
        ("10", "20", "more than the payment"),
        ("99999", "99999", "to pay"),
        ("10", "0", "Each invoice gets"),
    ],
)
def test_what_can_not_be_is_refused_in_words(
    company: Connection, rep: User, amount: str, part: str, sentence: str
) -> None:
    with pytest.raises(BadPayment, match=sentence):
        payments.record(received(open_invoice(company), amount, part), request_id=uuid.uuid4(), by=rep)
    assert not Payment.objects.exclude(request_id=None).exists()


def test_what_is_on_its_way_counts_before_it_has_arrived(company: Connection, rep: User) -> None:
    invoice = open_invoice(company)
    payments.record(received(invoice, str(invoice.balance)), request_id=uuid.uuid4(), by=rep)

    with pytest.raises(BadPayment, match="to pay"):
        payments.record(received(invoice, "1"), request_id=uuid.uuid4(), by=rep)


def refused(quickbooks: QuickBooks, company: Connection, rep: User, invoice: Invoice, reference: str) -> Payment:
    """A payment of the whole invoice that QuickBooks does not take."""
    quickbooks.fault(
        method="POST", path="/payment", action="fault", code="6000", message="Error", detail="Not today.", status=400,
        times=1,
    )  # fmt: skip
    wanted = received(invoice, str(invoice.balance), reference=reference)
    payment = payments.record(wanted, request_id=uuid.uuid4(), by=rep)
    carry_over(company)
    return payment


def test_a_discarded_payment_counts_for_nothing_and_is_never_sent(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice = open_invoice(company)
    payment = refused(quickbooks, company, rep, invoice, "D-1")

    payments.discard_payment(payment, by=rep)
    payments.discard_payment(payment, by=rep)

    publishing.publish(payment.pk, again=True)
    carry_over(company)
    assert not paid_there(quickbooks, company, "D-1")
    assert not Link.objects.filter(object_type="payment").exists()
    told = Event.objects.filter(name="payment.discarded", object_id=payment.pk)
    assert told.get().links.filter(object_type="invoice", object_id=invoice.pk).exists()
    payments.record(received(invoice, str(invoice.balance), reference="D-2"), request_id=uuid.uuid4(), by=rep)
    carry_over(company)
    assert len(paid_there(quickbooks, company, "D-2")) == 1


def test_a_corrected_payment_takes_the_place_of_the_refused_one(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice, intent = open_invoice(company), uuid.uuid4()
    payment = refused(quickbooks, company, rep, invoice, "C-1")
    wanted = received(invoice, str(invoice.balance), reference="C-2")

    right = payments.correct_payment(payment, wanted, request_id=intent, by=rep)
    assert payments.correct_payment(payment, wanted, request_id=intent, by=rep) == right
    carry_over(company)

    assert [len(paid_there(quickbooks, company, name)) for name in ("C-1", "C-2")] == [0, 1]
    right.refresh_from_db()
    assert right.external_id


def test_a_payment_that_may_have_arrived_is_not_discarded(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice = open_invoice(company)
    quickbooks.fault(method="POST", path="/payment", when="after", action="drop", times=1)
    payment = payments.record(received(invoice, "50", reference="D-3"), request_id=uuid.uuid4(), by=rep)
    carry_over(company)

    with pytest.raises(NotDiscardable, match="Wait for the answer"):
        payments.discard_payment(payment, by=rep)
    sync_company(company)
    payment.refresh_from_db()
    with pytest.raises(NotDiscardable, match="QuickBooks has this payment"):
        payments.discard_payment(payment, by=rep)


def test_a_payment_that_only_waits_is_discarded_with_what_was_planned(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    payment = payments.record(received(open_invoice(company), "50", reference="D-4"), request_id=uuid.uuid4(), by=rep)
    publishing.publish(payment.pk)

    payments.discard_payment(payment, by=rep)
    carry_over(company)

    assert Operation.objects.get(entity="Payment").state == "cancelled"
    assert not paid_there(quickbooks, company, "D-4")


def test_a_payment_that_quickbooks_took_lowers_the_balance_before_the_next_read(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice = open_invoice(company)
    whole = invoice.balance
    payments.record(received(invoice, str(whole), reference="B-1"), request_id=uuid.uuid4(), by=rep)

    carry_over(company)

    invoice.refresh_from_db()
    assert (invoice.balance, invoice.status) == (0, "paid")
    with pytest.raises(BadPayment, match="to pay"):
        payments.record(received(invoice, "1"), request_id=uuid.uuid4(), by=rep)
    # The old state of the invoice, applied again, changes nothing; nor does the new one when it is read.
    MirrorObject.objects.filter(entity="Invoice", qbo_id=invoice.external_id).update(unread=True)
    run.reconcile(company)
    sync_company(company)
    invoice.refresh_from_db()
    assert (invoice.balance, invoice.status) == (0, "paid")
    assert Event.objects.filter(name="invoice.paid", object_id=invoice.pk).count() == 1


def test_a_payment_that_was_deleted_at_once_leaves_the_balance_that_quickbooks_has(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice = open_invoice(company)
    whole = invoice.balance
    stored = MirrorObject.objects.get(connection=company, entity="Invoice", qbo_id=invoice.external_id)
    payments.record(received(invoice, "40", reference="B-3"), request_id=uuid.uuid4(), by=rep)
    carry_over(company)

    (there,) = paid_there(quickbooks, company, "B-3")
    quickbooks.call("POST", f"objects/{company.realm_id}/Payment/{there['Id']}", {"operation": "delete"})
    read_company(company)
    # All within a second: QuickBooks says of the invoice just what it said before.
    MirrorObject.objects.filter(pk=stored.pk).update(unread=False, remote_updated_at=stored.remote_updated_at)
    MirrorPayload.objects.filter(pk=stored.pk).update(body=stored.payload.body)
    for _run in range(2):
        run.reconcile(company)

    invoice.refresh_from_db()
    assert invoice.balance == whole


def test_a_part_of_a_payment_that_was_taken_off_again_lowers_nothing(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice = open_invoice(company)
    whole = invoice.balance
    payments.record(received(invoice, "40", reference="B-2"), request_id=uuid.uuid4(), by=rep)
    carry_over(company)
    invoice.refresh_from_db()
    assert invoice.balance == whole - 40

    (there,) = paid_there(quickbooks, company, "B-2")
    quickbooks.call(
        "POST", f"objects/{company.realm_id}/Payment/{there['Id']}", {"operation": "update", "fields": {"Line": []}}
    )
    sync_company(company)

    invoice.refresh_from_db()
    assert invoice.balance == whole
