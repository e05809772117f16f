"""Building, keeping, sharing, exporting and sending reports through their pages."""

import datetime
import io
import json
import re
import zipfile
from decimal import Decimal

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from core.models import OutgoingMail
from core.services.mails import send_due as send_mails
from reports import querying
from reports.models import Report, ReportSchedule
from reports.services import reports, schedules
from tests.makers import user
from tests.reports.books import company, invoice

BY_CUSTOMER = {
    "object": "invoice",
    "filter": None,
    "period": {"field": "issued_on", "range": None},
    "groups": [{"field": "customer_name", "bucket": None}],
    "measures": [{"kind": "sum", "field": "total", "show": "value"}],
    "currency": "crm",
    "sort": {"by": "measure", "index": 0, "descending": True},
    "top": None,
    "chart": "bar",
}
TYPED = {
    "name": "Sales by customer",
    "description": "Who buys most",
    "sharing": "private",
    "chart": "bar",
    "group_1": "customer_name",
    "bucket_1": "month",
    "date": "issued_on",
    "range": "",
    "kind_1": "sum",
    "of_1": "total",
    "show_1": "value",
    "currency": "crm",
    "sort": "measure-down",
    "where": "",
}


@pytest.fixture
def rep(db):
    return user()


@pytest.fixture
def manager(db):
    return user("Sales manager", "manager@example.com")


@pytest.fixture
def books(db):
    books = company()
    invoice(books, "Ann", "2026-01-05", "100")
    invoice(books, "Bob", "2026-02-05", "250")
    return books


def kept(by, **more) -> Report:
    return reports.create(**{"by": by, "name": "Sales by customer", "definition": BY_CUSTOMER, **more})


def test_a_report_is_built_kept_and_shown(client, rep, books):
    client.force_login(rep)

    answer = client.post(reverse("reports:create") + "?object=invoice", TYPED)

    made = Report.objects.get()
    assert answer.url == reverse("reports:report", args=[made.pk])
    assert (made.owner, made.sharing, made.definition) == (rep, "private", BY_CUSTOMER)
    page = client.get(answer.url).content.decode()
    assert page.index("Bob") < page.index("Ann")
    assert "$350.00" in page


def test_what_was_built_comes_back_into_the_form(client, rep, books):
    client.force_login(rep)
    report = kept(rep, definition={**BY_CUSTOMER, "top": 3, "chart": "donut"})

    form = client.get(reverse("reports:edit", args=[report.pk])).context["form"]
    again = client.post(
        reverse("reports:edit", args=[report.pk]), {each.html_name: each.value() or "" for each in form}
    )

    assert again.status_code == 302
    report.refresh_from_db()
    assert report.definition == {**BY_CUSTOMER, "top": 3, "chart": "donut"}


def test_records_of_which_there_are_several_can_be_grouped_by(client, rep, books):
    client.force_login(rep)
    page = client.get(reverse("reports:create"), {"object": "invoice"})
    form = page.context["form"]
    offered = {label: [path for path, _label in paths] for label, paths in form.fields["group_1"].choices[1:]}

    assert "companies.name" in offered["Companies (each)"]
    assert "payments.payment.method" in offered["Payments (each): Payment"]
    assert "payments.payment.received_on" in form.dated
    assert "due_on" in form.dated
    assert "companies.name" not in str(form["of_1"])
    kept = page.context["form"].initial | {"group_1": "payments.payment.received_on", "bucket_1": "month"}
    shown = client.post(reverse("reports:preview", args=["invoice"]), {k: v for k, v in kept.items() if v is not None})
    assert "Payments: Payment: Received by month" in shown.content.decode()


def test_the_preview_shows_what_the_form_says_or_what_is_wrong(client, rep, books):
    client.force_login(rep)
    address = reverse("reports:preview", args=["invoice"])

    shown = client.post(address, {**TYPED, "name": ""}).content.decode()
    wrong = client.post(address, {**TYPED, "of_1": ""}).content.decode()

    assert "data-chart" in shown
    assert "$250.00" in shown
    assert "Choose of which property" in wrong
    for top in ("0", "51", "many"):
        said = client.post(address, {**TYPED, "top": top}).content.decode()
        assert "Show only the first: choose a number from 1 to 50." in said
    assert not Report.objects.exists()


def test_what_would_read_too_much_offers_a_narrower_period(client, rep, books, monkeypatch):
    client.force_login(rep)
    monkeypatch.setattr(querying, "MOST_COST", 0)

    page = client.get(reverse("reports:report", args=[kept(rep).pk])).content.decode()

    assert "would read too many records" in page
    assert 'href="?range=last_12_months"' in page


def test_only_who_it_is_shared_with_sees_it_and_only_owners_and_managers_of_reports_change_it(client, rep, manager):
    private, shared = kept(rep), kept(rep, name="For all", sharing="everyone")
    ops = user("Ops", "ops@example.com")
    client.force_login(manager)

    assert client.get(reverse("reports:report", args=[private.pk])).status_code == 404
    page = client.get(reverse("reports:report", args=[shared.pk]))
    assert page.status_code == 200
    assert f"reports/{shared.pk}/edit" not in page.content.decode()
    assert client.get(reverse("reports:edit", args=[shared.pk])).status_code == 403
    assert client.post(reverse("reports:delete", args=[shared.pk])).status_code == 403

    client.force_login(ops)
    assert client.post(reverse("reports:delete", args=[private.pk])).status_code == 404
    assert client.post(reverse("reports:delete", args=[shared.pk])).status_code == 302
    assert list(Report.objects.all()) == [private]


def test_a_copy_is_private_and_ones_own(client, rep, manager):
    shared = kept(rep, sharing="everyone")
    client.force_login(manager)

    client.post(reverse("reports:clone", args=[shared.pk]))

    made = Report.objects.get(owner=manager)
    assert (made.name, made.sharing, made.definition) == ("Copy of Sales by customer", "private", BY_CUSTOMER)


def test_the_table_is_exported_by_who_may_export(client, rep, manager, books):
    report = kept(rep, sharing="everyone", name="Sales = by customer")
    client.force_login(manager)

    csv = client.get(reverse("reports:export", args=[report.pk, "csv"]))
    xlsx = client.get(reverse("reports:export", args=[report.pk, "xlsx"]))

    assert csv.content.decode().splitlines() == [
        "Customer,Sum of Amount (USD)",
        "Bob,250.00",
        "Ann,100.00",
        "Total,350.00",
    ]
    sheet = zipfile.ZipFile(io.BytesIO(xlsx.content)).read("xl/worksheets/sheet1.xml").decode()
    assert re.findall(r"<v>([^<]+)</v>", sheet) == ["250.00", "100.00", "350.00"]
    assert 'filename="sales-by-customer.csv"' in csv["Content-Disposition"]

    client.force_login(rep)
    assert client.get(reverse("reports:export", args=[report.pk, "csv"])).status_code == 403


def test_a_report_is_sent_to_each_as_they_may_see_it(client, rep, manager, books):
    report = kept(manager, sharing="everyone")
    client.force_login(manager)
    client.post(
        reverse("reports:schedule", args=[report.pk]),
        {
            "rhythm": "weekly",
            "weekday": "0",
            "day": "1",
            "hour": "8",
            "format": "csv",
            "recipients": [rep.pk, manager.pk],
        },
    )
    schedule = ReportSchedule.objects.get()
    assert schedule.due_at.weekday() == 0
    assert schedule.due_at > timezone.now()

    due = schedule.due_at + datetime.timedelta(minutes=1)
    assert schedules.send_due(due) == 1
    assert schedules.send_due(due) == 0
    OutgoingMail.objects.update(due_at=timezone.now())
    send_mails()

    sent = {message.to[0]: message for message in mail.outbox}
    # A sales rep may not export: there is a link alone.
    assert not sent[rep.email].attachments
    name, content, _kind = sent[manager.email].attachments[0]
    assert name == "sales-by-customer.csv"
    assert "Bob,250" in (content if isinstance(content, str) else content.decode())
    assert reverse("reports:report", args=[report.pk]) in sent[rep.email].body
    schedule.refresh_from_db()
    assert schedule.due_at == due.replace(minute=0) + datetime.timedelta(days=7)


def test_nothing_is_sent_of_a_report_that_was_deleted_meanwhile(rep, books):
    report = kept(rep)
    schedules.plan(report, by=rep, recipients=[rep], rhythm="daily", hour=8)
    schedules.send_due(timezone.now() + datetime.timedelta(days=7))
    reports.delete(report, by=rep)
    OutgoingMail.objects.update(due_at=timezone.now())

    assert send_mails() == 0
    assert mail.outbox == []


def test_a_monthly_report_comes_at_the_hour_of_the_company(rep, db):
    schedule = ReportSchedule(rhythm="monthly", day=15, hour=7)

    assert schedules.due_after(schedule, datetime.datetime(2026, 1, 15, 7, tzinfo=datetime.UTC)) == datetime.datetime(
        2026, 2, 15, 7, tzinfo=datetime.UTC
    )


def test_the_list_reads_as_much_for_thirty_reports_as_for_one(client, rep, django_assert_max_num_queries):
    client.force_login(rep)
    kept(rep)
    client.get(reverse("reports:list"))
    for number in range(30):
        kept(rep, name=f"Report {number}")

    with django_assert_max_num_queries(5):
        page = client.get(reverse("reports:list"))

    assert len(page.context["lines"]) == 31


def test_the_search_of_the_list_finds_ready_reports_too(client, rep):
    client.force_login(rep)

    def found(**asked):
        page = client.get(reverse("reports:list"), asked)
        return [report.key for report in page.context["ready"]], "Nothing matches" in page.content.decode()

    assert found(q="AGING") == (["receivables-aging"], False)
    assert found(q="no such words") == ([], True)
    assert found(tab="mine") == ([], True)


def test_a_condition_of_the_builder_counts(client, rep, books):
    client.force_login(rep)
    where = {"all": [{"field": "customer_name", "op": "equals", "value": "ann"}]}

    page = client.post(reverse("reports:preview", args=["invoice"]), {**TYPED, "where": json.dumps(where)})

    result = page.context["shown"].result
    assert [row.cells for row in result.rows] == [("Ann", Decimal(100))]
