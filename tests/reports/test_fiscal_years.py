"""Whose fiscal year counts: that of the QuickBooks company that a report is about, else the CRM's."""

import datetime

import pytest
from django.utils import timezone

from core.models import CompanyProfile
from qbo_connector.models import Connection
from reports.definition import read
from reports.narrowing import narrowed
from reports.ready import registry
from reports.running import run
from reports.shaping import result_of
from tests.makers import user
from tests.reports.books import NOW, company, invoice

YEARS = {"object": "invoice", "groups": [{"field": "issued_on", "bucket": "fiscal_year"}]}
DAY = datetime.date


@pytest.fixture
def rep(db):
    return user()


@pytest.fixture
def british(rep):
    """A company whose fiscal year begins in April; the CRM's begins in October."""
    CompanyProfile.objects.update_or_create(pk=1, defaults={"fiscal_year_start": 10, "currency": "USD"})
    books = company()
    Connection.objects.filter(pk=books.pk).update(fiscal_year_start=4)
    invoice(books, "Ann", "2026-03-31", "100")
    invoice(books, "Ann", "2026-04-01", "50")
    return books


def years(definition, by):
    with timezone.override("UTC"):
        return [tuple(row.cells) for row in result_of(read(definition, by, NOW), "Test").rows]


def about(*connections):
    if len(connections) == 1:
        return {"field": "connection", "op": "equals", "value": str(connections[0].pk)}
    return {"field": "connection", "op": "in", "value": [str(each.pk) for each in connections]}


def test_the_fiscal_year_of_the_only_company_counts(rep, british):
    assert years(YEARS, rep) == [("FY 2026", 1), ("FY 2027", 1)]


def test_of_several_companies_the_one_that_the_report_is_about(rep, british):
    other = company("EUR", "2")
    Connection.objects.filter(pk=other.pk).update(fiscal_year_start=1)
    invoice(other, "Eve", "2026-03-31", "10")
    invoice(other, "Eve", "2025-12-31", "10")

    assert years({**YEARS, "filter": about(british)}, rep) == [("FY 2026", 1), ("FY 2027", 1)]
    assert years({**YEARS, "filter": {"all": [about(other)]}}, rep) == [("FY 2025", 1), ("FY 2026", 1)]
    # Both of them together: October to September.
    assert years(YEARS, rep) == [("FY 2026", 4)]
    assert years({**YEARS, "filter": about(british, other)}, rep) == [("FY 2026", 4)]
    # A filter of a dashboard says it too.
    narrow, unknown = narrowed(YEARS, {"connection": str(british.pk)}, rep)
    assert (years(narrow, rep), unknown) == ([("FY 2026", 1), ("FY 2027", 1)], [])


def test_a_company_that_has_not_told_and_other_objects_follow_the_crm(rep, british):
    Connection.objects.update(fiscal_year_start=None)
    assert years(YEARS, rep) == [("FY 2026", 2)]
    Connection.objects.update(fiscal_year_start=4)
    plan = read({"object": "deal", "groups": [{"field": "close_on", "bucket": "fiscal_year"}]}, rep, NOW)
    assert plan.groups[0].fiscal_start is None


def test_this_fiscal_year_and_the_way_to_its_records(rep, british):
    with timezone.override("UTC"):
        plan = read({**YEARS, "period": {"range": "this_fiscal_year"}}, rep, NOW)
        marks = run(plan).lines.marks

    assert (plan.period.first, plan.period.last) == (DAY(2026, 4, 1), DAY(2027, 3, 31))
    assert [(mark.label, mark.conditions[0]["value"]) for mark in marks] == [
        ("FY 2027", ["2026-04-01", "2027-03-31"])
    ]  # fmt: skip


def test_a_range_of_days_needs_no_fiscal_year(rep, british, django_assert_num_queries):
    definition = {"object": "invoice", "period": {"range": {"from": "2026-01-01", "to": "2026-12-31"}}}
    with django_assert_num_queries(0):
        read(definition, rep, NOW)


@pytest.mark.parametrize(
    ("name", "first"), [("this_fiscal_year", DAY(2026, 4, 1)), ("last_fiscal_year", DAY(2025, 4, 1))]
)
def test_ready_reports_follow_the_company_they_ask_for(rep, british, name, first, monkeypatch):
    monkeypatch.setattr("core.company.today", NOW.date)
    report = registry.found("billed-collected", rep)
    parameters, _problems = registry.read(report, {"period": name, "connection": str(british.pk)})
    assert parameters.period.first == first

    company("EUR", "2")
    parameters, _problems = registry.read(report, {"period": name})
    assert parameters.period.first == DAY(first.year - 1, 10, 1)
