"""Recurring invoices: each day once, by the company's calendar, and never in silence."""

import dataclasses
import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from core.models import Event
from invoices.models import (
    Invoice,
    InvoiceDraft,
    RecurringInvoice,
    RecurringRun,
)
from invoices.services import approvals, recurring
from tests.invoices.fakes import TODAY, books

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("may_automate")]


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


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
