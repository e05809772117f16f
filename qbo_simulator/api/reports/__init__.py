"""Reports: figures of the books in the shape that QuickBooks gives them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from qbo_simulator import amounts, faults
from qbo_simulator.api.reports import parties, postings, sales, statements
from qbo_simulator.api.reports.layout import Asked
from qbo_simulator.api.reports.ledger import Ledger
from qbo_simulator.company import load_company
from qbo_simulator.store import Transaction

Maker = Callable[[Ledger, Asked], dict[str, Any]]
_DETAIL, _SHEET_DETAIL = "ProfitAndLossDetail", "BalanceSheetDetail"

REPORTS: dict[str, Maker] = {
    "ProfitAndLoss": statements.profit_and_loss,
    _DETAIL: partial(postings.general_ledger, name=_DETAIL, kinds="Revenue Expense"),
    "BalanceSheet": statements.balance_sheet,
    _SHEET_DETAIL: partial(postings.general_ledger, name=_SHEET_DETAIL, kinds="Asset Liability Equity"),
    "CashFlow": statements.cash_flow,
    "TrialBalance": statements.trial_balance,
    "TrialBalanceFR": statements.trial_balance,
    "GeneralLedger": postings.general_ledger,
    "GeneralLedgerFR": postings.general_ledger,
    "GeneralLedgerDetail": postings.general_ledger,
    "JournalReport": postings.journal,
    "JournalReportFR": postings.journal,
    "TransactionList": partial(postings.transactions, name="TransactionList"),
    "TransactionListWithSplits": partial(postings.transactions, name="TransactionListWithSplits", split=True),
    "TransactionListByCustomer": partial(postings.transactions, name="TransactionListByCustomer", by="Customer"),
    "TransactionListByVendor": partial(postings.transactions, name="TransactionListByVendor", by="Vendor"),
    "CustomerBalance": partial(parties.balance, side="Customer"),
    "CustomerBalanceDetail": partial(parties.balance_detail, side="Customer"),
    "AgedReceivables": partial(parties.aged, side="Customer"),
    "AgedReceivableDetail": partial(parties.aged_detail, side="Customer"),
    "VendorBalance": partial(parties.balance, side="Vendor"),
    "VendorBalanceDetail": partial(parties.balance_detail, side="Vendor"),
    "AgedPayables": partial(parties.aged, side="Vendor"),
    "AgedPayableDetail": partial(parties.aged_detail, side="Vendor"),
    "VendorExpenses": sales.vendor_expenses,
    "CustomerIncome": sales.customer_income,
    "CustomerSales": sales.sales_by_customer,
    "ItemSales": sales.sales_by_item,
    "ClassSales": sales.sales_by_class,
    "DepartmentSales": sales.sales_by_department,
    "TaxSummary": sales.tax_summary,
    "InventoryValuationSummary": sales.inventory,
    "AccountList": sales.account_list,
    "AccountListDetail": sales.account_list,
}
_BY_NAME = {name.lower(): name for name in REPORTS}


def run(tx: Transaction, realm: str, name: str, parameters: dict[str, str], now: datetime) -> str:
    """Return the JSON text of a report, braces included. Raises Refused, GatewayRefused."""
    company = load_company(tx, realm)
    if company is None:
        raise faults.app_not_authorized()
    known = _BY_NAME.get(name.lower())
    if known is None:
        raise faults.invalid_property(f"Report {name}", "report")
    asked = Asked(company, now, {key.lower(): value for key, value in parameters.items()})
    return amounts.dump(REPORTS[known](Ledger(tx, company), asked))
