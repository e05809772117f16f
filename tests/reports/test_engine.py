"""The engine of built reports against numbers worked out by hand."""

import datetime
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.models import CompanyProfile
from crm.models import Company
from invoices.models import Invoice, InvoiceLine
from qbo_connector.models import Connection
from reports import querying
from reports.definition import BadReport, read
from reports.result import Result
from reports.shaping import result_of
from reports.shown import shown
from tests.makers import user
from tests.reports.books import NOW, company, invoice

SUM = {"kind": "sum", "field": "total"}
COUNT = {"kind": "count"}


@pytest.fixture
def rep(db):
    return user()


@pytest.fixture
def books(db):
    """Ann 100 + 50 + 30 in three months, Bob 200 and 10, Cy 70 in June, Eve 100 EUR; two that are gone."""
    books = company()
    invoice(books, "Ann", "2026-01-05", "100", status="paid", balance=Decimal(0))
    invoice(books, "ann", "2026-02-10", "50")
    invoice(books, "Ann", "2026-04-02", "30")
    invoice(books, "Bob", "2026-01-20", "200", status="overdue")
    invoice(books, "Bob", "2026-04-30", "10")
    invoice(books, "Cy", "2026-06-01", "70")
    invoice(books, "Eve", "2026-06-02", "100", currency="EUR", exchange_rate=Decimal("1.105"))
    invoice(books, "Gone", "2026-06-02", "999", removed_at=NOW)
    invoice(books, "Old", "2026-06-02", "999", archived_at=NOW)
    return books


def made(definition: dict, by, **more) -> Result:
    with timezone.override("UTC"):
        return result_of(read({"object": "invoice", **definition, **more}, by, NOW), "Test")


def table(result: Result) -> list[tuple]:
    return [tuple(row.cells) for row in result.rows]


def test_sums_by_customer_in_the_currency_of_the_crm(rep, books):
    result = made({"groups": [{"field": "customer_name"}], "measures": [SUM, COUNT]}, rep)

    # Eve: 100 EUR x 1.105. Whatever the case of the letters, Ann is one customer.
    assert table(result) == [
        ("Bob", Decimal("210.00"), 2),
        ("Ann", Decimal("180.00"), 3),
        ("Eve", Decimal("110.50"), 1),
        ("Cy", Decimal("70.00"), 1),
    ]
    assert result.total is not None
    assert result.total.cells == ("Total", Decimal("570.50"), 7)
    assert shown(result).headings[1] == ("Sum of Amount (USD)", True)


def test_months_without_invoices_are_there_and_running_totals_go_on(rep, books):
    groups = [{"field": "issued_on", "bucket": "month"}]
    running = {**SUM, "show": "running"}
    change = {**SUM, "show": "change"}
    period = {"field": "issued_on", "range": {"from": "2026-01-01", "to": "2026-05-31"}}
    result = made({"groups": groups, "measures": [SUM, running, change], "period": period}, rep)

    assert table(result) == [
        ("Jan 2026", 300, 300, None),
        ("Feb 2026", 50, 350, pytest.approx(Decimal("-83.33"), abs=Decimal("0.01"))),
        ("Mar 2026", 0, 350, -100),
        ("Apr 2026", 40, 390, None),
        ("May 2026", 0, 390, -100),
    ]
    assert result.chart.series[0].values == [300, 50, 0, 40, 0]


def test_averages_smallest_largest_and_different_ones(rep, books):
    measures = [{"kind": kind, "field": "total"} for kind in ("average", "min", "max")]
    result = made({"measures": [*measures, {"kind": "distinct", "field": "customer_name"}]}, rep)

    assert table(result) == [("All", Decimal("81.5"), 10, 200, 4)]


def test_the_rest_is_asked_of_the_database_so_that_averages_are_right(rep, books):
    average = {"kind": "average", "field": "total"}
    groups = [{"field": "customer_name"}]
    result = made({"groups": groups, "measures": [SUM, average], "top": 1}, rep)

    # The other five: 100 + 50 + 30 + 70 + 110.5 = 360.5, on average 72.1.
    assert table(result) == [("Bob", 210, 105), ("Other", Decimal("360.5"), Decimal("72.1"))]
    assert result.rows[1].muted


def test_a_number_is_the_whole_also_where_columns_divide_it(rep, books):
    groups = [{"field": "customer_name"}, {"field": "status"}]
    result = made({"groups": groups, "measures": [SUM], "chart": "number"}, rep)

    assert result.chart.figure == Decimal("570.50")


def test_two_groupings_make_columns_with_totals(rep, books):
    groups = [{"field": "issued_on", "bucket": "quarter"}, {"field": "status"}]
    result = made({"groups": groups, "measures": [SUM]}, rep)

    assert [column.label for column in result.columns][1:] == ["Sent to customer", "Paid in full", "Overdue", "Total"]
    assert table(result) == [("Q1 2026", 50, 100, 200, 350), ("Q2 2026", Decimal("220.5"), 0, 0, Decimal("220.5"))]
    assert [series.name for series in result.chart.series] == ["Sent to customer", "Paid in full", "Overdue"]


def test_amounts_in_their_own_currencies_are_not_added_up(rep, books):
    result = made(
        {"groups": [{"field": "issued_on", "bucket": "fiscal_year"}], "measures": [SUM], "currency": "own"}, rep
    )

    assert [label for label, _number in shown(result).headings][1:] == ["Sum of Amount (EUR)", "Sum of Amount (USD)"]
    assert table(result) == [("FY 2026", 100, 460)]


def test_a_fiscal_year_begins_with_the_month_of_the_company(rep, books):
    CompanyProfile.objects.update_or_create(pk=1, defaults={"fiscal_year_start": 4, "currency": "USD"})
    result = made({"groups": [{"field": "issued_on", "bucket": "fiscal_year"}], "measures": [COUNT]}, rep)

    assert table(result) == [("FY 2026", 3), ("FY 2027", 4)]


def test_a_change_without_dates_compares_with_the_period_before(rep, books):
    period = {"field": "issued_on", "range": {"from": "2026-04-01", "to": "2026-06-30"}}
    groups = [{"field": "customer_name"}]
    result = made({"groups": groups, "measures": [{**SUM, "show": "change"}], "period": period}, rep)

    # From January 1 to March 31 (90 days before April 1: December 31 is the 91st): Ann 150 -> 30, Bob 200 -> 10.
    assert dict(table(result)) == {"Ann": -80, "Bob": -95, "Cy": None, "Eve": None}


def test_an_invoice_of_several_companies_counts_for_each_and_once_in_the_total(rep, books):
    garden, stone, hidden = (Company.objects.create(name=name) for name in ("Garden", "Stone", "Old one"))
    Company.objects.filter(pk=hidden.pk).update(archived_at=NOW)
    Company.objects.create(name="garden", domain="second.example")
    ann = Invoice.objects.filter(customer_name__in=["Ann", "ann"])
    for one in ann:
        one.companies.set([garden, stone])
    Invoice.objects.get(customer_name="Cy").companies.set([garden, Company.objects.get(name="garden"), hidden])
    result = made({"groups": [{"field": "companies.name"}], "measures": [SUM, COUNT]}, rep)

    # Ann's 180 count for both; Cy's 70 once, though two of its companies are called the same.
    assert table(result) == [
        ("(empty)", Decimal("320.50"), 3),
        ("Garden", Decimal("250.00"), 4),
        ("Stone", Decimal("180.00"), 3),
    ]
    assert result.total.cells == ("Total", Decimal("570.50"), 7)
    assert "A record counts in each of its groups (Companies), and once in the total." in result.notes


def test_groups_beyond_the_first_of_several_are_those_that_belong_to_none_shown(rep, books, client):
    client.force_login(rep)
    for number, one in enumerate(Invoice.objects.filter(removed_at=None, archived_at=None).order_by("pk")):
        one.companies.set([Company.objects.create(name=f"Only {number}"), Company.objects.get_or_create(name="All")[0]])
    months = {"field": "issued_on", "bucket": "quarter"}
    result = made({"groups": [{"field": "companies.name"}, months], "top": 1, "measures": [COUNT]}, rep)

    assert [row.cells for row in result.rows] == [("All", 3, 4, 7), ("Other", 0, 0, 0)]
    assert len(client.get(result.rows[0].drill).context["page"].rows) == 7


def test_what_has_no_rate_is_left_out_and_said(rep, books):
    euros = company("EUR", "2")
    invoice(euros, "Dan", "2026-05-05", "500", currency="EUR")
    result = made({"measures": [SUM, COUNT]}, rep)

    assert table(result) == [("All", Decimal("570.50"), 8)]
    assert any("1 record in another currency" in str(note) for note in result.notes)


def test_lines_are_grouped_by_what_their_invoices_say(rep, books):
    for one in Invoice.objects.filter(customer_name__in=["Ann", "Gone"]):
        InvoiceLine.objects.create(invoice=one, item_name="Design", amount=one.total, quantity=2)
    result = made(
        {"groups": [{"field": "invoice.customer_name"}], "measures": [{"kind": "sum", "field": "quantity"}]},
        rep,
        object="invoice_line",
    )

    assert table(result) == [("Ann", 4)]


@pytest.mark.parametrize(
    ("definition", "problem"),
    [
        ({"object": "nothing"}, "Choose what the report is about."),
        ({"groups": [{"field": "secret"}]}, "There is no property “secret” to group by."),
        ({"groups": [{"field": "companies.name"}, {"field": "contacts.email"}]}, "Only one grouping can be by"),
        ({"measures": [{"kind": "distinct", "field": "companies.name"}]}, "Choose of which property"),
        ({"groups": [{"field": "status"}] * 3}, "A report has two groupings at most."),
        ({"measures": [{"kind": "sum", "field": "number"}]}, "Number is no number: it can only be counted."),
        ({"measures": [{"kind": "average", "field": "total", "show": "share"}]}, "Only numbers of records and sums"),
        ({"measures": [{**SUM, "show": "change"}]}, "A change needs a period, or groups by date."),
        ({"period": {"field": "issued_on", "range": {"from": "2026-05-01", "to": "2026-04-01"}}}, "The period needs"),
        ({"filter": {"field": "secret", "op": "empty"}}, "Filter: There is no property “secret” to filter by."),
        ({"top": 1000}, "The number of groups lies between 1 and 50."),
    ],
)
def test_what_is_wrong_is_said(rep, definition, problem):
    with pytest.raises(BadReport) as told:
        read({"object": "invoice", **definition}, rep)

    assert problem in " ".join(told.value.problems)


def test_who_may_not_see_invoices_has_no_reports_about_them(rep, books):
    rep.role.permissions = ["reports.view"]
    rep.role.save()

    with pytest.raises(BadReport):
        made({"measures": [SUM]}, type(rep).objects.get(pk=rep.pk))


def test_a_report_that_would_read_too_much_is_not_run(rep, books, monkeypatch):
    monkeypatch.setattr(querying, "MOST_COST", 0)

    with pytest.raises(querying.TooMuch):
        made({"measures": [SUM]}, rep)


def test_every_mark_leads_to_exactly_its_records(rep, books, client):
    """The counts of the marks are the numbers of rows in the lists that they lead to."""
    client.force_login(rep)
    groups = [{"field": "customer_name"}, {"field": "issued_on", "bucket": "month"}]
    result = made({"groups": groups, "measures": [COUNT], "top": 2, "sort": {"by": "measure", "descending": True}}, rep)

    assert [row.cells[0] for row in result.rows] == ["Ann", "Bob", "Other"]
    for row in result.rows:
        for column, number in zip(result.columns[1:-1], row.cells[1:-1], strict=True):
            if not number:
                assert column.key not in row.drills
                continue
            page = client.get(row.drills[column.key])
            assert len(page.context["page"].rows) == number, (row.cells[0], column.label)
        assert len(client.get(row.drill).context["page"].rows) == row.cells[-1]


def test_records_without_a_list_have_one_here(rep, books, client):
    client.force_login(rep)
    InvoiceLine.objects.create(invoice=Invoice.objects.get(customer_name="Cy"), item_name="Design", amount=70)
    result = made({"groups": [{"field": "name"}]}, rep, object="invoice_line")

    page = client.get(result.rows[0].drill)

    assert result.rows[0].drill.startswith(reverse("reports:records", args=["invoice_line"]))
    assert "Design" in page.content.decode()


def test_the_number_of_statements_does_not_grow_with_groups(rep, books, django_assert_num_queries):
    groups = [{"field": "customer_name"}, {"field": "issued_on", "bucket": "month"}]
    definition = {"groups": groups, "measures": [SUM, COUNT]}
    made(definition, rep)
    for number in range(30):
        invoice(books, f"Customer {number}", f"2026-03-{number % 28 + 1:02}", "5")

    # The time-out set and taken back in a savepoint, the profile, the plan, the whole, two axes, the pairs.
    with django_assert_num_queries(10):
        made(definition, rep)


TOTALS = st.lists(
    st.tuples(st.sampled_from(["Ann", "ANN", "Bob", "", "Cy"]), st.integers(0, 300), st.decimals(0, 999, places=2)),
    max_size=6,
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=TOTALS, top=st.sampled_from([None, 1, 2]), bucket=st.sampled_from(["day", "month"]))
def test_groups_add_up_to_the_whole(rep, rows, top, bucket):
    """Whatever is grouped and cut: the lines, and the columns of the lines, add up to the sum without groups."""
    Invoice.objects.all().delete()
    books = Connection.objects.filter(realm_id="1").first() or company()
    for number, (customer, days, total) in enumerate(rows):
        day = datetime.date(2025, 1, 1) + datetime.timedelta(days=days)
        invoice(books, customer, day.isoformat(), str(total), external_id=str(number))
    groups = [{"field": "customer_name"}, {"field": "issued_on", "bucket": bucket}]
    result = made({"groups": groups, "measures": [SUM], "top": top}, rep)
    whole = sum((Decimal(total) for _customer, _day, total in rows), Decimal(0))

    assert sum((row.cells[-1] for row in result.rows), Decimal(0)) == whole
    for row in result.rows:
        assert sum(row.cells[1:-1], Decimal(0)) == row.cells[-1]


def test_a_report_that_takes_too_long_is_given_up(rep, books, monkeypatch):
    monkeypatch.setattr(querying, "MOST_SECONDS", -1)

    with pytest.raises(querying.TooMuch):
        made({"groups": [{"field": "status"}], "measures": [SUM]}, rep)
