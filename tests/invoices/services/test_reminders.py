"""Reminders: once for a due date, never of what is paid, and with the reason where nobody is reminded."""

import datetime
from typing import Any

import pytest
from django.urls import reverse

from core.models import Event, MailState, OutgoingMail
from core.services import mails
from invoices.enums import InvoiceStatus
from invoices.models import (
    Invoice,
    Reminder,
    ReminderRule,
)
from invoices.services import reminders
from tests.invoices.fakes import TODAY, books

pytestmark = pytest.mark.django_db


@pytest.fixture
def overdue(make_invoice: Any) -> Invoice:
    return make_invoice(
        due_on=TODAY - datetime.timedelta(3), status=InvoiceStatus.OVERDUE, recipient="a@example.com",
        customer_external_id="3",
    )  # fmt: skip


def rule(days: int = 3, **fields: Any) -> ReminderRule:
    values = {
        "name": "Third day", "days": days, "hour": 9, "subject": "Invoice {{ invoice_number }}",
        "body": "{{ balance }} since {{ days_overdue }} days", "connection": None, "attach_pdf": True,
        "working_days_only": False,
    }  # fmt: skip
    made = reminders.save_rule(None, by=None, **(values | fields))
    reminders.switch(made, on=True, by=None)
    ReminderRule.objects.filter(pk=made.pk).update(active_since=TODAY - datetime.timedelta(30))
    made.refresh_from_db()
    return made


def at(hour: int, days: int = 0) -> datetime.datetime:
    return datetime.datetime.combine(TODAY, datetime.time(hour), datetime.UTC) + datetime.timedelta(days)


def test_a_rule_reminds_once_of_a_due_date_and_says_so(overdue, settings):
    rule()
    assert reminders.send_due(now=at(8)) == 0
    assert reminders.send_due(now=at(9)) == 1
    assert reminders.send_due(now=at(10)) == 0
    assert reminders.send_due(now=at(10, days=1)) == 0

    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.subject, mail.body) == (
        ["a@example.com"],
        f"Invoice {overdue.number}",
        "$100.00 since 3 days",
    )
    assert mails.send_due() == 1
    mail.refresh_from_db()
    assert mail.state == MailState.SENT
    assert Event.objects.filter(name="invoice.reminded", object_id=overdue.pk).count() == 1


def test_a_new_due_date_is_reminded_of_anew(overdue):
    rule()
    reminders.send_due(now=at(9))
    Invoice.objects.update(due_on=TODAY - datetime.timedelta(2))
    assert reminders.send_due(now=at(9)) == 0
    assert reminders.send_due(now=at(9, days=1)) == 1


@pytest.mark.parametrize("of_one", [True, False])
def test_a_rule_is_on_from_the_day_that_it_is_where_the_company_is(connection, of_one):
    made = rule(connection=connection if of_one else None)
    books.today = datetime.date(2026, 12, 25)

    reminders.switch(made, on=True, by=None)

    made.refresh_from_db()
    assert made.active_since == datetime.date(2026, 12, 25)


def test_nobody_is_reminded_of_what_is_paid_or_long_ago_or_before_the_rule_was_on(overdue, make_invoice):
    made = rule()
    make_invoice(due_on=TODAY - datetime.timedelta(3), status="paid", balance=0, recipient="b@example.com")
    make_invoice(due_on=TODAY - datetime.timedelta(20), status="overdue", recipient="c@example.com")
    reminders.switch(made, on=True, by=None)
    ReminderRule.objects.update(active_since=TODAY + datetime.timedelta(1))
    assert reminders.send_due(now=at(9)) == 0
    ReminderRule.objects.update(active_since=TODAY)
    assert reminders.send_due(now=at(9)) == 1
    assert OutgoingMail.objects.get().to == ["a@example.com"]


def test_a_paused_customer_is_left_alone_and_the_reason_is_kept(overdue):
    rule()
    reminders.pause_customer(overdue.connection_id, "3", name="Cool Cars", by=None, reason="Talks")
    assert reminders.send_due(now=at(9)) == 0
    assert Reminder.objects.get().skipped == "Reminders to “Cool Cars” are paused."
    with pytest.raises(reminders.BadRule):
        reminders.remind(overdue, by=None, subject="x", body="y", key="1")
    reminders.resume_customer(overdue.connection_id, "3")
    reminders.remind(overdue, by=None, subject="x", body="y", key="1")
    assert OutgoingMail.objects.count() == 1


def test_a_click_twice_is_one_email_and_many_tell_what_they_left_out(overdue, make_invoice):
    reminders.remind(overdue, by=None, subject="x", body="y", key="click")
    reminders.remind(overdue, by=None, subject="x", body="y", key="click")
    silent = make_invoice(recipient="")
    refused = reminders.remind_many([overdue.pk, silent.pk], by=None, key="bulk")
    assert refused == {silent.pk: "The invoice has no e-mail address to write to."}
    assert OutgoingMail.objects.count() == 2
    refused = reminders.remind_many([overdue.pk], by=None, key="bulk")
    assert refused == {overdue.pk: "A reminder of it is on its way already."}
    mails.send_due()
    refused = reminders.remind_many([overdue.pk], by=None, key="bulk")
    assert "was sent from the list today" in refused[overdue.pk]
    assert OutgoingMail.objects.count() == 2


def test_a_reminder_that_waits_does_not_leave_once_the_invoice_is_paid(overdue):
    rule()
    reminders.send_due(now=at(9))
    books.pdf = None
    assert mails.send_due() == 0
    Invoice.objects.update(balance=0, status=InvoiceStatus.PAID)
    books.pdf = b"%PDF-1.4"
    OutgoingMail.objects.update(due_at=at(0))

    assert mails.send_due() == 0

    mail = OutgoingMail.objects.get()
    assert (mail.state, mail.problem) == (MailState.CANCELLED, "There is nothing to be paid on this invoice.")
    assert Reminder.objects.get().skipped == mail.problem
    assert Event.objects.filter(name="mail.withdrawn").count() == 1
    assert not Event.objects.filter(name="mail.sent").exists()


@pytest.mark.parametrize(("name", "value"), [("subject", "{{ password }}"), ("body", "{{ total"), ("hour", 24)])
def test_a_bad_rule_is_refused_with_its_field(name, value):
    with pytest.raises(reminders.BadRule) as refused:
        rule(**{name: value})
    assert refused.value.field == name


def test_the_pdf_goes_along_and_waits_for_quickbooks(overdue, settings):
    rule()
    reminders.send_due(now=at(9))
    books.pdf = None
    assert mails.send_due() == 0
    assert "did not answer" in OutgoingMail.objects.get().problem
    books.pdf = b"%PDF-1.4"
    OutgoingMail.objects.update(due_at=at(0))
    assert mails.send_due() == 1


def test_the_pages_of_reminders(overdue, admin, client):
    client.force_login(admin)
    assert "No rules yet" in client.get(reverse("invoices:reminder-list")).text
    typed = {
        "name": "Before", "days": "2", "when": "before", "hour": "8", "subject": "Soon {{ invoice_number }}",
        "body": "{{ balance }}", "connection": "",
    }  # fmt: skip
    assert client.post(reverse("invoices:reminder-create"), {**typed, "body": "{{ x }}"}).status_code == 422
    assert client.post(reverse("invoices:reminder-create"), typed).status_code == 302
    made = ReminderRule.objects.get()
    assert (made.days, made.active) == (-2, False)
    page = client.get(reverse("invoices:reminder-list")).text
    assert "2 days before the due date" in page
    client.post(reverse("invoices:reminder-act", args=[made.pk, "on"]))
    made.refresh_from_db()
    assert made.active
    preview = client.post(reverse("invoices:reminder-preview"), typed).text
    assert f"Soon {overdue.number}" in preview
    shown = client.get(reverse("invoices:invoice-remind", args=[overdue.pk])).text
    assert "a@example.com" in shown
    assert client.post(reverse("invoices:customer-pause", args=[overdue.pk]), {"reason": "Talks"}).status_code == 302
    assert "Talks" in client.get(reverse("invoices:reminder-list")).text
