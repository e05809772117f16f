"""Reports: every one that the clients know, its structure, and figures that agree with the books."""

from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest

from qbo_simulator.api.reports import REPORTS

PERIOD = {"start_date": "2010-01-01", "end_date": "2026-12-31"}


def run(us, name: str, **parameters: str) -> Any:
    answer = us.raw("GET", f"reports/{name}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def cells(row: Any) -> list[str]:
    return [cell["value"] for cell in row["ColData"]]


def rows_of(part: Any) -> list[Any]:
    """Every row of figures, however deep."""
    found = []
    for row in part.get("Row", []):
        if row["type"] == "Data":
            found.append(row)
        found += rows_of(row.get("Rows", {}))
    return found


def summaries(part: Any) -> dict[str, list[str]]:
    found = {}
    for row in part.get("Row", []):
        found |= summaries(row.get("Rows", {}))
        if "Summary" in row:
            name, *values = cells(row["Summary"])
            found[name] = values
    return found


def check_rows(part: Any, width: int) -> None:
    for row in part.get("Row", []):
        assert row["type"] in ("Data", "Section")
        lists = [row] if row["type"] == "Data" else [row[name] for name in ("Header", "Summary") if name in row]
        assert all(len(each["ColData"]) == width for each in lists), row
        assert all(isinstance(cell["value"], str) for each in lists for cell in each["ColData"])
        check_rows(row.get("Rows", {}), width)


@pytest.mark.parametrize("company", ["us", "uk", "ca", "au"])
def test_every_report_has_the_structure_of_reports(request, company):
    api = request.getfixturevalue(company)
    for name in REPORTS:
        report = run(api, name, **PERIOD)

        assert list(report) == ["Header", "Columns", "Rows"]
        header = report["Header"]
        assert {"Time", "ReportName", "StartPeriod", "EndPeriod", "Currency", "Option"} <= header.keys()
        assert header["Option"][-1]["Name"] == "NoReportData"
        columns = report["Columns"]["Column"]
        assert all(column["MetaData"][-1]["Name"] == "ColKey" for column in columns)
        check_rows(report["Rows"], len(columns))


def test_a_balance_sheet_as_recorded(us):
    report = run(us, "BalanceSheet", **PERIOD)

    sums = summaries(report["Rows"])
    assert {name: values[0] for name, values in sums.items()} == {
        "Total Bank Accounts": "2001.00",
        "Total Accounts Receivable": "5281.52",
        "Total Other Current Assets": "2658.77",
        "Total Current Assets": "9941.29",
        "Total Truck": "13495.00",
        "Total Fixed Assets": "13495.00",
        "TOTAL ASSETS": "23436.29",
        "Total Accounts Payable": "1602.67",
        "Total Credit Cards": "157.72",
        "Total Other Current Liabilities": "4370.94",
        "Total Current Liabilities": "6131.33",
        "Total Long-Term Liabilities": "25000.00",
        "Total Liabilities": "31131.33",
        "Total Equity": "-7695.04",
        "TOTAL LIABILITIES AND EQUITY": "23436.29",
    }
    assets, rest = report["Rows"]["Row"]
    assert (assets["group"], assets["type"], cells(assets["Header"])) == ("TotalAssets", "Section", ["ASSETS", ""])
    bank = assets["Rows"]["Row"][0]["Rows"]["Row"][0]
    assert bank["group"] == "BankAccounts"
    assert bank["Rows"]["Row"][0] == {
        "ColData": [{"value": "Checking", "id": "35"}, {"value": "1201.00"}],
        "type": "Data",
    }
    assert cells(rest["Rows"]["Row"][1]["Rows"]["Row"][-1]) == ["Net Income", "1642.46"]


def test_income_as_recorded_with_accounts_inside_accounts(us):
    report = run(us, "ProfitAndLoss", **PERIOD)

    income = report["Rows"]["Row"][0]
    assert (income["group"], cells(income["Header"]), cells(income["Summary"])[0]) == (
        "Income",
        ["Income", ""],
        "Total Income",
    )
    figures = {row["ColData"][0]["id"]: row["ColData"][1]["value"] for row in rows_of(income["Rows"])}
    recorded = {"82": "2250.00", "86": "-89.50", "50": "138.00", "52": "250.00", "53": "50.00"}
    assert {key: figures[key] for key in recorded} == recorded
    assert (figures["54"], figures["79"]) == ("110.00", "912.75")
    groups = [row["group"] for row in report["Rows"]["Row"]]
    assert groups[:5] == ["Income", "COGS", "GrossProfit", "Expenses", "NetOperatingIncome"]
    assert groups[-1] == "NetIncome"
    sums = {name: Decimal(values[0]) for name, values in summaries(report["Rows"]).items()}
    assert sums["Gross Profit"] == sums["Total Income"] - sums["Total Cost of Goods Sold"]
    assert sums["Net Operating Income"] == sums["Gross Profit"] - sums["Total Expenses"]
    assert sums["Net Income"] == sums["Net Operating Income"] + sums["Net Other Income"]


def test_a_year_without_figures_keeps_its_sections(us):
    report = run(us, "ProfitAndLoss", start_date="2019-01-01", end_date="2019-12-31")

    assert {"Name": "NoReportData", "Value": "true"} in report["Header"]["Option"]
    assert [cells(row["Summary"]) for row in report["Rows"]["Row"]] == [
        ["Total Income"],
        ["Gross Profit"],
        ["Total Expenses"],
        ["Net Operating Income"],
        ["Net Income"],
    ]
    days = run(us, "ProfitAndLoss", start_date="2019-01-01", end_date="2019-01-02", summarize_column_by="Days")
    assert cells(days["Rows"]["Row"][0]["Summary"]) == ["Total Income", "", "", ""]
    assert run(us, "TransactionList", start_date="2019-01-01", end_date="2019-12-31")["Rows"] == {}


def test_months_as_columns_add_up(us):
    report = run(us, "ProfitAndLoss", start_date="2026-01-01", end_date="2026-04-30", summarize_column_by="Month")

    columns = report["Columns"]["Column"]
    assert [column["ColTitle"] for column in columns] == ["", "Jan 2026", "Feb 2026", "Mar 2026", "Apr 2026", "Total"]
    assert columns[1]["MetaData"][:2] == [
        {"Name": "StartDate", "Value": "2026-01-01"},
        {"Name": "EndDate", "Value": "2026-01-31"},
    ]
    for values in summaries(report["Rows"]).values():
        assert sum(map(Decimal, values[:-1])) == Decimal(values[-1])


@pytest.mark.parametrize("side", ["Receivables", "Payables"])
def test_what_is_owed_agrees_between_all_reports_and_the_books(us, side):
    customers = side == "Receivables"
    entity, detail, balance = (
        ("Customer", "AgedReceivableDetail", "CustomerBalance")
        if customers
        else ("Vendor", "AgedPayableDetail", "VendorBalance")
    )
    owed = {
        row["Id"]: Decimal(str(row["Balance"]))
        for row in us.query(f"SELECT * FROM {entity} MAXRESULTS 1000")[entity]
        if row.get("Balance")
    }

    aged = run(us, f"Aged{side}", report_date="2026-05-01")
    titles = [column["ColTitle"] for column in aged["Columns"]["Column"]]
    assert titles == ["", "Current", "1 - 30", "31 - 60", "61 - 90", "91 and over", "Total"]
    totals = {row["ColData"][0]["id"]: Decimal(row["ColData"][-1]["value"]) for row in rows_of(aged["Rows"])}
    assert totals == owed
    last = aged["Rows"]["Row"][-1]
    assert (last["group"], last["type"], cells(last["Summary"])[0]) == ("GrandTotal", "Section", "TOTAL")
    assert Decimal(cells(last["Summary"])[-1]) == sum(owed.values())

    for name in (balance, f"{balance}Detail", detail):
        sums = summaries(run(us, name, report_date="2026-05-01")["Rows"])["TOTAL"]
        assert Decimal([value for value in sums if value][-1]) == sum(owed.values()), name


def test_a_new_invoice_and_its_payment_move_the_figures(us, line):
    before = Decimal(summaries(run(us, "BalanceSheet", **PERIOD)["Rows"])["TOTAL ASSETS"][0])
    sold = Decimal(summaries(run(us, "CustomerSales", **PERIOD)["Rows"])["TOTAL"][0])
    invoice = us.post("Invoice", {"CustomerRef": {"value": "3"}, "Line": [line(100)], "TxnDate": "2026-04-10"})
    paid = {"Amount": 40, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
    us.post("Payment", {"CustomerRef": {"value": "3"}, "TotalAmt": 40, "Line": [paid], "TxnDate": "2026-04-11"})

    aged = run(us, "AgedReceivables", report_date="2026-04-20")
    assert {"60.00"} == {cells(row)[-1] for row in rows_of(aged["Rows"]) if row["ColData"][0]["value"] == "Cool Cars"}
    assert Decimal(summaries(run(us, "CustomerSales", **PERIOD)["Rows"])["TOTAL"][0]) == sold + 100
    listed = run(us, "TransactionList", start_date="2026-04-10", end_date="2026-04-11", customer="3")
    assert [cells(row)[1] for row in rows_of(listed["Rows"])] == ["Invoice", "Payment"]
    assert listed["Header"]["Customer"] == "3"
    assert Decimal(summaries(run(us, "BalanceSheet", **PERIOD)["Rows"])["TOTAL ASSETS"][0]) >= before


@pytest.mark.parametrize("company", ["us", "uk", "ca", "au"])
def test_debits_are_credits(request, company):
    api = request.getfixturevalue(company)
    debit, credit = summaries(run(api, "TrialBalance", **PERIOD)["Rows"])["TOTAL"]
    assert debit == credit
    *_, debit, credit = summaries(run(api, "JournalReport", **PERIOD)["Rows"])["TOTAL"]
    assert debit == credit


def test_columns_can_be_chosen_and_rows_sorted(us):
    report = run(us, "TransactionList", **PERIOD, columns="tx_date,doc_num,nothing,amount", sort_order="descend")

    assert [column["MetaData"][0]["Value"] for column in report["Columns"]["Column"]] == [
        "tx_date",
        "doc_num",
        "amount",
    ]
    days = [cells(row)[0] for row in rows_of(report["Rows"])]
    assert days == sorted(days, reverse=True)


def test_a_period_by_name(us):
    year = us.now()[:4]

    report = run(us, "ProfitAndLoss", date_macro="Last Fiscal Year")
    header = report["Header"]
    assert (header["StartPeriod"], header["EndPeriod"]) == (f"{int(year) - 1}-01-01", f"{int(year) - 1}-12-31")
    assert header["DateMacro"] == "Last Fiscal Year"
    assert run(us, "ProfitAndLoss")["Header"]["DateMacro"] == "this calendar year-to-date"


def test_wrong_reports_and_dates_are_refused(us):
    for path in (
        "reports/Nothing",
        "reports/ProfitAndLoss?start_date=soon",
        "reports/ProfitAndLoss?start_date=2026-02-01&end_date=2026-01-01",
    ):
        answer = us.raw("GET", path)
        assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (400, "2010"), path


def test_a_report_in_xml(us):
    answer = us.raw("GET", "reports/BalanceSheet", params=PERIOD, headers={"Accept": "application/xml"})

    space = "{http://schema.intuit.com/finance/v3}"
    top = ElementTree.fromstring(answer.content)
    assert top.tag == f"{space}Report"
    row = top.find(f".//{space}Row[@type='Data']")
    assert [dict(cell.attrib) for cell in row] == [{"value": "Checking", "id": "35"}, {"value": "1201.00"}]
    assert top.findtext(f"{space}Header/{space}ReportName") == "BalanceSheet"
