"""Recurring invoices that are sent by themselves: once QuickBooks has them, once each, or it is told why not."""

import datetime
import uuid

import pytest
from django.utils import timezone

from core.models import Event
from invoices.models import (
    Invoice,
    InvoiceSend,
    RecurringRun,
)
from invoices.services import approvals, recurring
from tests.invoices.fakes import books
from tests.invoices.services.test_recurring import recur

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("may_automate")]


def test_what_is_to_be_sent_is_sent_once_quickbooks_has_it(draft, rep):
    recur(draft, rep, making="send")
    recurring.make_due()
    assert recurring.send_made() == 0
    Invoice.objects.update(external_id="77", number="1077")

    assert recurring.send_made() == 1
    assert recurring.send_made() == 0

    assert InvoiceSend.objects.get().invoice == Invoice.objects.get()


def test_invoices_that_were_made_before_sending_was_chosen_are_not_sent(draft, rep):
    row = recur(draft, rep, making="create")
    recurring.make_due()
    Invoice.objects.update(external_id="77", number="1077")

    recurring.change(row, by=rep, making="send")

    assert recurring.send_made() == 0
    assert not InvoiceSend.objects.exists()


def test_what_was_to_be_sent_stays_here_once_that_is_not_wanted_any_more(draft, rep):
    row = recur(draft, rep, making="send")
    recurring.make_due()
    row = recurring.change(row, by=rep, making="create")
    Invoice.objects.update(external_id="77", number="1077")
    recurring.change(row, by=rep, making="send")

    assert recurring.send_made() == 0


def test_what_is_to_be_sent_is_sent_after_somebody_had_to_approve_it(draft, junior, manager):
    recur(draft, junior, making="send")
    recurring.make_due()
    (waiting,) = approvals.waiting(manager)
    invoice = approvals.approve(waiting, by=manager)
    Invoice.objects.update(external_id="77", number="1077")

    assert recurring.send_made() == 1

    assert InvoiceSend.objects.get().invoice == invoice
    assert RecurringRun.objects.get().invoice == invoice


def test_what_was_made_but_can_not_be_sent_is_told_once(draft, rep):
    recur(draft, rep, making="send")
    recurring.make_due()
    Invoice.objects.update(external_id="77", number="1077", recipient="")

    for _turn in range(2):
        assert recurring.send_made() == 0

    told = Event.objects.get(name="recurring.not_sent")
    assert "no e-mail address" in told.data["reason"]
    assert "no e-mail address" in RecurringRun.objects.get().problem


def test_an_invoice_whose_sending_fails_stops_no_other(draft, rep, monkeypatch):
    for name in ("One", "Two"):
        recur(draft, rep, making="send", name=name)
    recurring.make_due()
    first, second = Invoice.objects.order_by("pk")
    Invoice.objects.filter(pk=first.pk).update(external_id="77", number="1077")
    Invoice.objects.filter(pk=second.pk).update(external_id="78", number="1078")
    really = recurring.send.send

    def fragile(invoice, *rest, **more):
        if invoice.pk == first.pk:
            raise RuntimeError("not today")
        return really(invoice, *rest, **more)

    monkeypatch.setattr(recurring.send, "send", fragile)

    assert recurring.send_made() == 1
    assert InvoiceSend.objects.get().invoice == second


def test_what_can_not_be_sent_now_is_sent_later_and_given_up_after_a_week(draft, rep):
    recur(draft, rep, making="send")
    recurring.make_due()
    Invoice.objects.update(external_id="77", number="1077")
    invoice = Invoice.objects.get()
    books.send_refusals[invoice.pk] = "“Sample Company” is disconnected."

    for _turn in range(2):
        assert recurring.send_made() == 0

    run = RecurringRun.objects.get()
    assert (run.sent, run.problem, run.waits) == (False, "", "“Sample Company” is disconnected.")
    assert Event.objects.filter(name="recurring.sending_waits").count() == 1
    assert not Event.objects.filter(name="recurring.not_sent").exists()
    RecurringRun.objects.update(try_at=None, waits_since=timezone.now() - datetime.timedelta(days=8))
    assert recurring.send_made() == 0
    assert "disconnected" in RecurringRun.objects.get().problem
    assert Event.objects.filter(name="recurring.not_sent").count() == 1

    books.send_refusals.clear()
    RecurringRun.objects.update(problem="", try_at=timezone.now())
    assert recurring.send_made() == 1
    run.refresh_from_db()
    assert (run.sent, run.waits) == (True, "")


def test_what_somebody_sent_by_hand_meanwhile_is_not_sent_again(draft, rep):
    recur(draft, rep, making="send")
    recurring.make_due()
    Invoice.objects.update(external_id="77", number="1077")
    recurring.send.send(
        Invoice.objects.get(), recurring.send.Addresses("a@example.com"), request_id=uuid.uuid4(), by=rep
    )

    assert recurring.send_made() == 0

    assert InvoiceSend.objects.count() == 1
    assert RecurringRun.objects.get().sent
