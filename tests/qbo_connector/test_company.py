"""What CompanyInfo and Preferences say of a company."""

import json
from pathlib import Path

import pytest

from qbo_connector import company
from qbo_connector.models import Connection
from tests.quickbooks import connect, sync_company

PREFERENCES = json.loads(Path("tests/qbo_simulator/recordings/preferences.json").read_text())["Preferences"]


@pytest.mark.parametrize(
    ("info", "month"),
    [
        ({"FiscalYearStartMonth": "April"}, 4),
        ({"FiscalYearStartMonth": " july"}, 7),
        ({}, 1),  # Preferences say so
        ({"FiscalYearStartMonth": "Someday"}, None),
    ],
)
def test_the_first_month_of_the_fiscal_year(info, month):
    assert company.facts({"CompanyName": "A", **info}, PREFERENCES)["fiscal_year_start"] == month


def test_a_company_that_names_no_month_has_none():
    assert company.facts({"CompanyName": "A"}, {})["fiscal_year_start"] is None


def test_the_fiscal_year_comes_with_what_is_read_anyway(quickbooks, transactional_db):
    connection = connect(quickbooks, "uk")
    assert Connection.objects.get().fiscal_year_start == 4

    # A company that was connected before this was kept.
    Connection.objects.update(fiscal_year_start=None)
    sync_company(connection)

    assert Connection.objects.get().fiscal_year_start == 4
