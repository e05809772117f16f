"""Invoices sent by e-mail: QuickBooks sends them once, and what became of it is shown."""

import uuid
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from core.models import Event
from invoices.enums import InvoiceStatus, SendState
from invoices.models import Invoice, InvoiceSend
from invoices.ports import accounting
from invoices.services import edit, endings, send
from invoices.services.send import Addresses, BadAddress, InDoubt, NotSendable
from qbo_connector.models import Connection, Operation
from sync import deliveries
from sync.models import ConnectionSettings
from sync.publish import invoice_changes, sends
from sync.services.connections import add_default_mappings
from tests import makers
from tests.quickbooks import QuickBooks, drain_until_settled, enable, sync_company

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


def unsent(company: Connection) -> Invoice:
    """One of which nothing is paid, and whose due date lies ahead, so that its status says whether it was sent."""
    rows = Invoice.objects.filter(connection=company, emailed=False, balance=F("total"), balance__gt=0)
    invoice = rows.order_by("pk")[0]
    far = timezone.localdate().replace(year=timezone.localdate().year + 2)
    edit.edit_invoice(invoice, by=None, due_on=far)
    carry_over(company)
    invoice.refresh_from_db()
    return invoice


def carry_over(company: Connection) -> None:
    for _round in range(4):
        for pk in invoice_changes.unplanned_changes():
            invoice_changes.plan_wish(pk)
        for pk in sends.unplanned():
            sends.publish(pk)
        drain_until_settled(company)


def remote(quickbooks: QuickBooks, company: Connection, invoice: Invoice) -> Any:
    rows = quickbooks.objects(company.realm_id, "Invoice")
    return next(row for row in rows if row["Id"] == invoice.external_id)


def ask(invoice: Invoice, rep: User, recipient: str = "cars@example.com", **more: Any) -> InvoiceSend:
    return send.send(invoice, Addresses(recipient, **more), request_id=uuid.uuid4(), by=rep)


def told(invoice: Invoice) -> list[str]:
    rows = Event.objects.filter(object_type="invoice", object_id=invoice.pk, name__startswith="invoice.sen")
    return list(rows.order_by("pk").values_list("name", flat=True))


def test_an_invoice_is_sent_by_quickbooks_and_then_sent_to_customer(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice = unsent(company)
    assert invoice.status == InvoiceStatus.WAITING

    row = ask(invoice, rep)
    assert remote(quickbooks, company, invoice).get("EmailStatus") != "EmailSent"
    carry_over(company)

    there = remote(quickbooks, company, invoice)
    assert (there["EmailStatus"], there["BillEmail"]["Address"]) == ("EmailSent", "cars@example.com")
    row.refresh_from_db()
    invoice.refresh_from_db()
    assert (row.state, row.asked_by) == (SendState.SENT, rep)
    assert row.sent_at is not None
    assert (invoice.status, invoice.recipient) == (InvoiceStatus.SENT, "cars@example.com")
    assert told(invoice) == ["invoice.send_requested", "invoice.sent"]
    assert accounting().delivery(invoice).at == row.sent_at


def test_two_clicks_of_one_intent_are_one_email_and_sending_again_is_another(company: Connection, rep: User) -> None:
    invoice, intent = unsent(company), uuid.uuid4()
    first = send.send(invoice, Addresses("a@example.com"), request_id=intent, by=rep)
    assert send.send(invoice, Addresses("a@example.com"), request_id=intent, by=rep) == first
    with pytest.raises(NotSendable, match="just being sent"):
        ask(invoice, rep)
    carry_over(company)

    ask(invoice, rep, "b@example.com")
    carry_over(company)

    assert list(InvoiceSend.objects.order_by("pk").values_list("recipient", "state")) == [
        ("a@example.com", "sent"),
        ("b@example.com", "sent"),
    ]
    assert Operation.objects.filter(verb="send-email").count() == 2
    assert told(invoice).count("invoice.sent") == 2
    sync_company(company)
    assert not Event.objects.filter(name="invoice.edited", object_id=invoice.pk).exists()  # nobody edited it there


def test_copies_are_written_on_the_document_before_it_is_sent(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice = unsent(company)
    row = ask(invoice, rep, cc="boss@example.com", bcc="us@example.com")
    carry_over(company)

    there = remote(quickbooks, company, invoice)
    row.refresh_from_db()
    assert (row.state, row.problem) == (SendState.SENT, "")
    assert (there["BillEmailCc"]["Address"], there["BillEmailBcc"]["Address"]) == ("boss@example.com", "us@example.com")
    verbs = list(Operation.objects.filter(subject__startswith="invoice-").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["update", "send-email"]


def test_an_email_waits_for_a_change_that_is_on_its_way(quickbooks: QuickBooks, company: Connection, rep: User) -> None:
    invoice = unsent(company)
    edit.edit_invoice(invoice, by=rep, message="Thank you")
    row = ask(invoice, rep)

    assert sends.publish(row.pk) is None
    carry_over(company)

    row.refresh_from_db()
    assert row.state == SendState.SENT
    order = list(Operation.objects.order_by("pk").values_list("verb", flat=True))
    assert order[-2:] == ["update", "send-email"]
    assert remote(quickbooks, company, invoice)["CustomerMemo"]["value"] == "Thank you"


def test_without_an_answer_nothing_is_sent_twice_and_a_person_decides(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice = unsent(company)
    row = ask(invoice, rep)
    quickbooks.fault(method="POST", path="/send", when="before", action="drop", times=1)
    carry_over(company)
    Operation.objects.filter(verb="send-email").update(due_at=timezone.now())
    carry_over(company)

    row.refresh_from_db()
    assert row.state == SendState.DOUBTFUL
    assert Operation.objects.filter(verb="send-email").count() == 1
    with pytest.raises(InDoubt, match="Check in QuickBooks"):
        ask(invoice, rep)
    again = send.send(invoice, Addresses("c@example.com"), request_id=uuid.uuid4(), by=rep, despite_doubt=True)
    carry_over(company)
    again.refresh_from_db()
    assert again.state == SendState.SENT


def test_a_lost_answer_of_one_that_was_sent_is_found_out(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice = unsent(company)
    row = ask(invoice, rep)
    quickbooks.fault(method="POST", path="/send", when="after", action="drop", times=1)
    carry_over(company)
    Operation.objects.filter(verb="send-email").update(due_at=timezone.now())
    carry_over(company)

    row.refresh_from_db()
    assert row.state == SendState.SENT
    assert told(invoice) == ["invoice.send_requested", "invoice.sent"]


def test_a_refusal_is_told_and_can_be_tried_again(quickbooks: QuickBooks, company: Connection, rep: User) -> None:
    invoice = unsent(company)
    quickbooks.fault(
        method="POST", path="/send", action="fault", code="6000", message="Error", detail="No mail today.", status=400,
        times=1,
    )  # fmt: skip
    row = ask(invoice, rep)
    carry_over(company)

    row.refresh_from_db()
    invoice.refresh_from_db()
    assert (row.state, row.detail, invoice.emailed) == (SendState.FAILED, "No mail today.", False)
    assert told(invoice) == ["invoice.send_requested", "invoice.send_failed"]
    ask(invoice, rep)
    carry_over(company)
    assert InvoiceSend.objects.filter(state=SendState.SENT).count() == 1


@pytest.mark.parametrize("end", [endings.void, endings.delete])
def test_an_invoice_that_ends_while_its_email_waits_is_not_sent(
    quickbooks: QuickBooks, company: Connection, rep: User, end: Any
) -> None:
    invoice = unsent(company)
    row = ask(invoice, rep)
    end(invoice, by=rep)
    sends.publish(row.pk)
    carry_over(company)

    row.refresh_from_db()
    assert row.state == SendState.FAILED
    assert row.problem
    assert not Operation.objects.filter(verb="send-email").exists()


@pytest.mark.parametrize("end", [endings.void, endings.delete])
def test_an_email_that_is_planned_is_cancelled_with_its_invoice(
    quickbooks: QuickBooks, company: Connection, rep: User, end: Any
) -> None:
    invoice = unsent(company)
    row = ask(invoice, rep)
    sends.publish(row.pk)
    end(invoice, by=rep)
    carry_over(company)

    row.refresh_from_db()
    assert (row.state, row.problem) == (SendState.FAILED, "This invoice is just being voided or deleted.")
    assert Operation.objects.get(subject=f"invoice-send:{row.pk}").state == "cancelled"
    assert told(invoice).count("invoice.send_failed") == 1


def test_an_email_is_cancelled_when_quickbooks_voids_its_invoice(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice = unsent(company)
    row = ask(invoice, rep)
    sends.publish(row.pk)
    Invoice.objects.filter(pk=invoice.pk).update(voided=True)

    assert sends.pointless() == [row.pk]
    assert sends.call_off(row.pk)

    row.refresh_from_db()
    assert (row.state, row.problem) == (SendState.FAILED, "A voided invoice is not sent.")
    assert (sends.pointless(), sends.unplanned()) == ([], [])


def test_an_email_that_is_under_way_is_waited_for(company: Connection, rep: User) -> None:
    invoice = unsent(company)
    row = ask(invoice, rep)
    sends.publish(row.pk)
    Operation.objects.filter(subject=f"invoice-send:{row.pk}").update(state="leased")
    Invoice.objects.filter(pk=invoice.pk).update(voided=True)

    assert not sends.call_off(row.pk)
    row.refresh_from_db()
    assert row.state == SendState.WAITING


def test_a_read_only_company_sends_nothing(company: Connection, rep: User) -> None:
    invoice = unsent(company)
    row = ask(invoice, rep)
    ConnectionSettings.objects.update_or_create(connection=company, defaults={"read_only": True})

    assert sends.publish(row.pk) is None
    row.refresh_from_db()
    assert row.state == SendState.FAILED
    with pytest.raises(NotSendable, match="Read-only"):
        ask(invoice, rep)
    assert not Operation.objects.filter(verb="send-email").exists()


@pytest.mark.parametrize("addresses", [Addresses(""), Addresses("nobody"), Addresses("a@b.example", cc="x")])
def test_addresses_are_checked_before_anything_is_asked(company: Connection, rep: User, addresses: Addresses) -> None:
    with pytest.raises(BadAddress):
        send.send(unsent(company), addresses, request_id=uuid.uuid4(), by=rep)
    assert not InvoiceSend.objects.exists()


@pytest.mark.parametrize("count", [1, 20])
def test_many_are_asked_for_at_once_in_as_many_statements(
    company: Connection, rep: User, django_assert_max_num_queries: Any, count: int
) -> None:
    ids = list(Invoice.objects.filter(connection=company).order_by("pk").values_list("pk", flat=True)[:count])
    Invoice.objects.filter(pk__in=ids).update(recipient="all@example.com")

    with django_assert_max_num_queries(24):
        outcomes = send.send_many(ids, by=rep)

    assert [outcome.invoice_id for outcome in outcomes] == ids
    assert all(outcome.send is not None for outcome in outcomes)
    again = send.send_many(ids, by=rep)
    assert {outcome.refusal for outcome in again} == {"This invoice is just being sent."}
    assert InvoiceSend.objects.count() == count


def test_what_did_not_arrive_is_told_once(company: Connection, rep: User) -> None:
    invoice = unsent(company)
    row = ask(invoice, rep)
    carry_over(company)
    payload = {"DeliveryInfo": {"DeliveryType": "Email", "DeliveryErrorType": "Bounced Email"}}
    deliveries.note_bounced({invoice.pk: payload})
    deliveries.note_bounced({invoice.pk: payload})

    row.refresh_from_db()
    assert row.bounce == "The e-mail came back."
    assert told(invoice).count("invoice.send_failed") == 1
