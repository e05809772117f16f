"""Approvals, recurring invoices and reminders: once each, by the company's calendar, and never in silence."""

import dataclasses
import datetime
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from core.models import Event, MailState, OutgoingMail
from core.services import mails
from crm.models import Task
from invoices import files
from invoices.drafts import DraftContent, DraftItem
from invoices.enums import InvoiceStatus
from invoices.models import (
    Approval,
    Invoice,
    InvoiceDraft,
    InvoiceSend,
    RecurringInvoice,
    RecurringRun,
    Reminder,
    ReminderRule,
)
from invoices.reading import DraftProblems
from invoices.services import approvals, create, drafts, recurring, reminders
from tests.invoices.conftest import user_of
from tests.invoices.fakes import TODAY, books

pytestmark = pytest.mark.django_db


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


@pytest.fixture
def draft(connection: Any, deal: Any, rep: Any) -> InvoiceDraft:
    books.matches[deal.pk] = [
        books.customers[connection.pk][0].__class__("3", "Cool Cars", "cars@x.example", certain=True)
    ]
    started = drafts.start(deal, from_lines=True, by=rep)

    def ready(content: DraftContent) -> None:
        content.lines[0].item = DraftItem("existing", "4", "Design")
        content.lines[1].item = DraftItem("existing", "5", "Pump")

    drafts.save(started, ready)
    return started


@pytest.fixture
def manager(db: None) -> Any:
    return user_of("Sales manager", "manager@example.com")


@pytest.fixture
def junior(rep: Any) -> Any:
    """A rep who may make drafts, but not post them."""
    rep.role.permissions = [name for name in rep.role.permissions if name != "invoices.post"]
    rep.role.save()
    return type(rep).objects.get(pk=rep.pk)


# Approvals


def test_a_draft_is_asked_for_once_approved_by_another_and_stays_its_makers(draft, junior, manager, deal):
    approvals.ask(draft, by=junior)
    approvals.ask(draft, by=junior)
    assert list(approvals.waiting(manager)) == [draft]
    assert not Invoice.objects.exists()

    invoice = approvals.approve(draft, by=manager)

    assert (invoice.owner, invoice.created_by, invoice.request_id) == (junior, manager, draft.request_id)
    assert not approvals.waiting(manager).exists()
    names = Event.objects.filter(name__startswith="draft.").order_by("pk").values_list("name", flat=True)
    assert list(names) == ["draft.approval_asked", "draft.approved"]
    with pytest.raises(approvals.NotAsked):
        approvals.approve(draft, by=manager)
    assert Invoice.objects.count() == 1


def test_a_rejected_draft_goes_back_with_its_reason_and_can_be_asked_for_again(draft, junior, manager):
    approvals.ask(draft, by=junior)
    with pytest.raises(ValueError, match="Say what has to change"):
        approvals.reject(draft, "  ", by=manager)

    approvals.reject(draft, "The discount is missing.", by=manager)

    draft.refresh_from_db()
    assert (draft.approval, draft.decision, draft.decided_by) == (
        Approval.REJECTED,
        "The discount is missing.",
        manager,
    )
    approvals.ask(draft, by=junior)
    draft.refresh_from_db()
    assert (draft.approval, draft.decision) == (Approval.ASKED, "")


def test_who_may_not_approve_does_not_and_sees_only_the_own_drafts(draft, junior):
    other = user_of("Sales rep", "other@example.com")
    approvals.ask(draft, by=junior)
    with pytest.raises(PermissionDenied):
        approvals.approve(draft, by=junior)
    assert list(approvals.waiting(junior)) == [draft]
    assert not approvals.waiting(other).exists()


def test_who_approves_may_open_the_files_of_a_draft_that_waits(draft, junior, manager):
    other = user_of("Sales rep", "other@example.com")
    assert draft not in files.drafts_visible_to(manager)

    approvals.ask(draft, by=junior)

    assert draft in files.drafts_visible_to(manager)
    assert draft in files.drafts_visible_to(junior)
    assert draft not in files.drafts_visible_to(other)


def test_an_unfinished_draft_is_not_handed_over(connection, deal, junior):
    draft = drafts.start(deal, from_lines=True, by=junior)
    with pytest.raises(DraftProblems):
        approvals.ask(draft, by=junior)
    draft.refresh_from_db()
    assert draft.approval == Approval.NONE


def test_the_queue_page_shows_and_decides(draft, junior, manager, client):
    approvals.ask(draft, by=junior)
    client.force_login(manager)
    page = client.get(reverse("invoices:approval-list")).text
    assert "Cool Cars" in page
    assert "$362.50" in page

    answer = client.post(reverse("invoices:draft-reject", args=[draft.request_id]), {"reason": "Too early"})
    assert answer.url == reverse("invoices:approval-list")
    client.force_login(junior)
    assert "Too early" in client.get(reverse("invoices:approval-list")).text


@pytest.mark.parametrize("rows", [1, 30])
def test_the_queue_costs_the_same_for_one_and_for_many(rows, draft, manager, client, django_assert_max_num_queries):
    copies = [
        InvoiceDraft(owner=draft.owner, deal=draft.deal, data=draft.data, approval="asked", asked_at=draft.created_at)
        for _ in range(rows)
    ]
    InvoiceDraft.objects.bulk_create(copies)
    client.force_login(manager)
    with django_assert_max_num_queries(14):
        client.get(reverse("invoices:approval-list"))


# Recurring invoices


def recur(draft: InvoiceDraft, by: Any, **fields: Any) -> RecurringInvoice:
    values = {"name": "Garden care", "starts_on": TODAY, "unit": "month", "interval": 1, "making": "create"}
    return recurring.start(draft, by=by, **(values | fields))


def test_a_day_is_made_once_with_its_own_dates(draft, rep):
    row = recur(draft, rep)

    assert recurring.make_due() == 1
    assert recurring.make_due() == 0

    invoice = Invoice.objects.get()
    assert (invoice.issued_on, invoice.due_on, invoice.total) == (
        TODAY,
        TODAY + datetime.timedelta(30),
        Decimal("362.5"),
    )
    row.refresh_from_db()
    assert (row.made, row.next_on) == (1, day("2026-12-22"))
    assert RecurringRun.objects.get().invoice == invoice
    books.today = day("2026-12-25")
    assert recurring.make_due() == 1
    assert set(Invoice.objects.values_list("issued_on", flat=True)) == {TODAY, day("2026-12-22")}


def test_a_run_that_died_after_its_invoice_makes_no_second_one(draft, rep):
    row = recur(draft, rep)
    recurring.make_one(row.pk, TODAY)
    # As if the transaction of the count had never been there, while the invoice was.
    RecurringRun.objects.all().delete()
    RecurringInvoice.objects.update(made=0, next_on=TODAY)

    recurring.make_one(row.pk, TODAY)

    assert Invoice.objects.count() == 1
    assert RecurringRun.objects.get().invoice == Invoice.objects.get()


def test_what_cannot_be_made_says_why_and_the_next_day_comes_all_the_same(draft, rep):
    row = recur(draft, rep)
    RecurringInvoice.objects.update(data={**row.data, "lines": []})

    recurring.make_due()

    run = RecurringRun.objects.get()
    assert run.problem
    assert run.invoice is None
    assert Event.objects.get(name="recurring.failed").data["reason"] == run.problem
    row.refresh_from_db()
    assert row.next_on == day("2026-12-22")


def test_paused_days_are_left_out_and_an_end_is_an_end(draft, rep):
    row = recur(draft, rep, starts_on=day("2026-12-01"), most=3)
    recurring.pause(row, by=rep)
    books.today = day("2026-12-15")
    assert recurring.make_due() == 0

    recurring.resume(row, by=rep)
    row.refresh_from_db()
    assert (row.made, row.next_on) == (1, day("2027-01-01"))
    for today in ("2027-01-02", "2027-02-01", "2027-03-01"):
        books.today = day(today)
        recurring.make_due()
    row.refresh_from_db()
    assert (row.state, row.next_on) == ("ended", None)
    assert Invoice.objects.count() == 2


def test_a_draft_for_approval_is_made_where_that_was_chosen_or_the_owner_may_not_post(draft, rep, manager):
    recur(draft, rep, making="approval")
    recurring.make_due()
    assert not Invoice.objects.exists()
    (waiting,) = approvals.waiting(manager)

    invoice = approvals.approve(waiting, by=manager)

    assert invoice.issued_on == TODAY


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


def test_what_is_due_waits_for_its_company_and_is_made_then(draft, rep, connection):
    row = recur(draft, rep)
    books.accounts = [dataclasses.replace(books.accounts[0], usable=False, problem="It needs to be reconnected.")]

    for _turn in range(2):
        assert recurring.make_due() == 0

    row.refresh_from_db()
    assert (row.made, row.next_on, row.waits_for) == (0, TODAY, "It needs to be reconnected.")
    assert Event.objects.filter(name="recurring.waits").count() == 1
    books.accounts = [dataclasses.replace(books.accounts[0], usable=True, problem="")]
    assert recurring.make_due() == 1
    row.refresh_from_db()
    assert (row.made, row.waits_for) == (1, "")
    assert Invoice.objects.get().issued_on == TODAY


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


@pytest.mark.parametrize(("make_past", "made"), [(True, 3), (False, 1)])
def test_days_that_have_passed_are_made_only_if_somebody_says_so(draft, rep, make_past, made):
    since = TODAY - datetime.timedelta(days=2 * 7)
    with pytest.raises(recurring.PastDays) as asked:
        recur(draft, rep, starts_on=since, unit="week")
    assert asked.value.days == [since, since + datetime.timedelta(days=7)]
    assert not RecurringInvoice.objects.exists()

    recur(draft, rep, starts_on=since, unit="week", make_past=make_past)
    for _turn in range(4):
        recurring.make_due()

    assert Invoice.objects.count() == made
    assert Invoice.objects.filter(issued_on=TODAY).exists()


def test_a_schedule_without_a_day_ahead_is_refused(draft, rep):
    with pytest.raises(recurring.BadSchedule, match="lies ahead"):
        recur(draft, rep, starts_on=day("2026-01-01"), ends_on=day("2026-02-01"))


def test_the_form_asks_about_days_that_have_passed(admin, make_invoice, client):
    client.force_login(admin)
    invoice = make_invoice(customer_external_id="3")
    url = reverse("invoices:recurring-create", args=[invoice.pk])
    since = TODAY - datetime.timedelta(days=7)
    typed = {"name": "Care", "starts_on": since.isoformat(), "interval": "1", "unit": "week", "making": "create"}

    asked = client.post(url, typed)

    assert asked.status_code == 422
    assert "1 day of this schedule has passed" in " ".join(asked.text.split())
    assert client.post(url, {**typed, "past": "skip"}).status_code == 302
    assert RecurringInvoice.objects.get().next_on == TODAY


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"name": " "}, "name"), ({"interval": 0}, "interval"), ({"ends_on": day("2020-01-01")}, "ends_on"),
     ({"most": 0}, "most")],
)  # fmt: skip
def test_a_bad_schedule_is_refused_with_its_field(draft, rep, fields, field):
    with pytest.raises(recurring.BadSchedule) as refused:
        recur(draft, rep, **fields)
    assert refused.value.field == field


def test_the_pages_of_recurring_invoices(draft, admin, make_invoice, client):
    client.force_login(admin)
    row = recur(draft, admin)
    recurring.make_due()
    assert "Garden care" in client.get(reverse("invoices:recurring-list")).text
    answer = client.post(reverse("invoices:recurring-act", args=[row.pk, "pause"]))
    assert answer.status_code == 302
    row.refresh_from_db()
    assert row.state == "paused"
    changed = {"name": "Care", "starts_on": "2026-12-24", "interval": "2", "unit": "week", "making": "create"}
    assert client.post(reverse("invoices:recurring-edit", args=[row.pk]), changed).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.unit, row.interval, row.next_on) == ("Care", "week", 2, day("2026-12-24"))


# Reminders


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
    books.today = day("2026-12-25")

    reminders.switch(made, on=True, by=None)

    made.refresh_from_db()
    assert made.active_since == day("2026-12-25")


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


def test_an_approval_is_a_task_until_it_is_decided_and_never_of_unseen_content(draft, junior, manager, client):
    client.force_login(junior)
    digest = create.digest_of(draft.data)
    answer = client.post(reverse("invoices:draft-create", args=[draft.request_id]), {"digest": digest})
    assert answer.status_code == 302
    assert not Invoice.objects.exists()
    task = Task.objects.get()
    assert (task.kind, task.about_type, task.title, task.done_at) == (
        "approve",
        "invoicedraft",
        "Approve the invoice to Cool Cars",
        None,
    )
    with pytest.raises(PermissionDenied):
        create.create_invoice(draft, by=junior)
    drafts.save(draft, lambda content: setattr(content, "message", "Changed after asking"))
    with pytest.raises(approvals.NotAsked):
        approvals.approve(draft, by=manager, seen=digest)

    client.force_login(manager)
    page = client.get(reverse("invoices:draft-step", args=[draft.request_id, "review"])).text
    assert "waits for approval" in page
    assert "Approve and create" in page
    seen = create.digest_of(InvoiceDraft.objects.get().data)
    client.post(reverse("invoices:draft-create", args=[draft.request_id]), {"digest": seen})

    task.refresh_from_db()
    assert task.done_by == manager
    assert Invoice.objects.get().message == "Changed after asking"


def test_what_changes_between_the_look_and_the_approval_is_not_approved(draft, junior, manager, client, monkeypatch):
    approvals.ask(draft, by=junior)
    seen = create.digest_of(InvoiceDraft.objects.get().data)

    def changed_meanwhile(_draft):
        drafts.save(draft, lambda content: setattr(content, "message", "Slipped in"))
        return []

    monkeypatch.setattr("invoices.views.wizard.before_creation", changed_meanwhile)
    client.force_login(manager)
    answer = client.post(reverse("invoices:draft-create", args=[draft.request_id]), {"digest": seen})

    assert answer.status_code == 422
    assert "changed meanwhile" in answer.text
    assert not Invoice.objects.exists()
    # Without saying what was looked at, the queue approves nothing either.
    client.post(reverse("invoices:draft-approve", args=[draft.request_id]))
    assert not Invoice.objects.exists()
