"""Reports over sales, expenses, taxes, stock and the chart of accounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from qbo_simulator.amounts import ZERO, cents, decimal_of
from qbo_simulator.api.reports.layout import Asked, Row, added, column, data, figures, money_columns, report, section
from qbo_simulator.api.reports.ledger import SALES, Document, Ledger
from qbo_simulator.api.reports.parties import parties, party, report_day


def _summed(
    ledger: Ledger, asked: Asked, entities: tuple[str, ...], kinds: tuple[str, ...], key_of: Callable[..., str]
) -> dict[str, dict[str, Decimal]]:
    """Return credits to accounts of some types by key and day."""
    days: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    accounts = {key for key, body in ledger.accounts.items() if body.get("AccountType") in kinds}
    customers, items = asked.ids("customer"), asked.ids("item")
    for document in ledger.documents(*asked.period(), entities=entities):
        if customers and party(document) not in customers:
            continue
        for entry in document.entries:
            if entry.account in accounts and (not items or entry.item in items):
                days[key_of(document, entry)][document.day] -= entry.amount
    return days


def _table(
    asked: Asked,
    name: str,
    kind: str,
    key: str,
    names: dict[str, str],
    days: dict[str, dict[str, Decimal]],
    sign: int = 1,
) -> dict[str, Any]:
    rows: list[Row] = []
    sums: list[list[Decimal | None]] = []
    for identifier in sorted(days, key=lambda each: names.get(each, "\uffff").casefold()):
        values = [None if value is None else sign * value for value in figures(asked, days[identifier])]
        rows.append(data((names.get(identifier, "Not Specified"), identifier or None), *values))
        sums.append(values)
    columns = [column("", kind, key), *money_columns(asked)]
    if rows:
        rows.append(section(None, (), ["TOTAL", *added(sums, len(columns) - 1)], "GrandTotal"))
    return report(name, asked, columns, rows, basis=True)


def sales_by_customer(ledger: Ledger, asked: Asked) -> dict[str, Any]:
    """Sales of a period by customer."""
    days = _summed(ledger, asked, SALES, ("Income",), lambda document, _: party(document))
    return _table(asked, "CustomerSales", "Customer", "cust_name", parties(ledger, "Customer"), days)


def sales_by_class(ledger: Ledger, asked: Asked) -> dict[str, Any]:
    """Sales of a period by class."""
    days = _summed(ledger, asked, SALES, ("Income",), lambda _, entry: entry.klass or "")
    return _table(asked, "ClassSales", "Class", "klass_name", parties(ledger, "Class"), days)


def sales_by_department(ledger: Ledger, asked: Asked) -> dict[str, Any]:
    """Sales of a period by location."""

    def place(document: Document, _: object) -> str:
        return str((document.body.get("DepartmentRef") or {}).get("value") or "")

    days = _summed(ledger, asked, SALES, ("Income",), place)
    return _table(asked, "DepartmentSales", "Department", "dept_name", parties(ledger, "Department"), days)


def sales_by_item(ledger: Ledger, asked: Asked) -> dict[str, Any]:
    """Sales of a period by product or service: quantity, amount, share and average price."""
    amounts: dict[str, Decimal] = defaultdict(lambda: ZERO)
    quantities: dict[str, Decimal] = defaultdict(lambda: ZERO)
    customers, items = asked.ids("customer"), asked.ids("item")
    for document in ledger.documents(*asked.period(), entities=SALES):
        if customers and party(document) not in customers:
            continue
        for entry in document.entries:
            if entry.item and (not items or entry.item in items):
                amounts[entry.item] -= entry.amount
                quantities[entry.item] += entry.quantity
    names = {key: str(body.get("FullyQualifiedName") or body.get("Name")) for key, body in ledger.items.items()}
    total = sum(amounts.values(), ZERO)
    rows = []
    for key in sorted(amounts, key=lambda each: names.get(each, each).casefold()):
        share = f"{amounts[key] / total * 100:.2f} %" if total else ""
        average = cents(amounts[key] / quantities[key]) if quantities[key] else None
        rows.append(data((names.get(key, key), key), quantities[key], amounts[key], share, average))
    if rows:
        count = sum(quantities.values(), ZERO)
        average = cents(total / count) if count else None
        rows.append(section(None, (), ["TOTAL", count, total, "100.00 %", average], "GrandTotal"))
    columns = [
        column("", "ProductsAndService", "item_name"),
        column("Quantity", "Quantity", "quantity"),
        column("Amount", "Money", "amount"),
        column("% of Sales", "Percent", "pct_sales"),
        column("Avg Price", "Money", "avg_price"),
    ]
    return report("ItemSales", asked, columns, rows, basis=True)


def customer_income(ledger: Ledger, asked: Asked) -> dict[str, Any]:
    """Income, expenses and what is left of a period by customer."""
    earned = _summed(ledger, asked, SALES, ("Income",), lambda document, _: party(document))
    spent = _summed(ledger, asked, SALES, ("Cost of Goods Sold", "Expense"), lambda document, _: party(document))
    names = parties(ledger, "Customer")
    rows, sums = [], []
    for key in sorted({*earned, *spent}, key=lambda each: names.get(each, "\uffff").casefold()):
        income, expense = sum(earned.get(key, {}).values(), ZERO), -sum(spent.get(key, {}).values(), ZERO)
        sums.append([income, expense, income - expense])
        rows.append(data((names.get(key, "Not Specified"), key or None), *sums[-1]))
    if rows:
        rows.append(section(None, (), ["TOTAL", *added(sums, 3)], "GrandTotal"))
    columns = [
        column("", "Customer", "cust_name"),
        column("Income", "Money", "income"),
        column("Expenses", "Money", "expense"),
        column("Net Income", "Money", "net_income"),
    ]
    return report("CustomerIncome", asked, columns, rows, basis=True)


def vendor_expenses(ledger: Ledger, asked: Asked) -> dict[str, Any]:
    """Expenses of a period by vendor."""
    kinds = ("Expense", "Cost of Goods Sold", "Other Expense")
    days = _summed(ledger, asked, ("Bill", "VendorCredit", "Purchase"), kinds, lambda document, _: party(document))
    return _table(asked, "VendorExpenses", "Vendor", "vend_name", parties(ledger, "Vendor"), days, -1)


def tax_summary(ledger: Ledger, asked: Asked) -> dict[str, Any]:
    """Tax collected in a period by rate."""
    net: dict[str, Decimal] = defaultdict(lambda: ZERO)
    tax: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for document in ledger.documents(*asked.period(), entities=SALES):
        sign = -1 if document.entity in ("CreditMemo", "RefundReceipt") else 1
        for line in (document.body.get("TxnTaxDetail") or {}).get("TaxLine") or ():
            detail = line.get("TaxLineDetail") or {}
            key = str((detail.get("TaxRateRef") or {}).get("value") or "")
            net[key] += sign * decimal_of(detail.get("NetAmountTaxable"))
            tax[key] += sign * decimal_of(line.get("Amount"))
    rates = {str(body["Id"]): body for body in ledger.bodies("TaxRate")}
    rows = []
    for key in sorted(tax, key=lambda each: str(rates.get(each, {}).get("Name", each))):
        rate = rates.get(key, {})
        rows.append(data((str(rate.get("Name", key)), key), f"{rate.get('RateValue', '')}%", net[key], tax[key]))
    if rows:
        rows.append(section(None, (), ["TOTAL", "", sum(net.values(), ZERO), sum(tax.values(), ZERO)], "GrandTotal"))
    columns = [
        column("", "TaxName", "tax_name"),
        column("Rate", "String", "rate"),
        column("Net Amount", "Money", "net_amount"),
        column("Tax Amount", "Money", "tax_amount"),
    ]
    return report("TaxSummary", asked, columns, rows, basis=True)


# -- lists -------------------------------------------------------------------------------------------------------------


def inventory(ledger: Ledger, asked: Asked) -> dict[str, Any]:
    """What is in stock and what it is worth."""
    day = report_day(asked)
    rows, total, count = [], ZERO, ZERO
    for key, item in sorted(ledger.items.items(), key=lambda pair: str(pair[1].get("FullyQualifiedName")).casefold()):
        if item.get("Type") != "Inventory" or item.get("Active") is False:
            continue
        quantity, cost = decimal_of(item.get("QtyOnHand")), decimal_of(item.get("PurchaseCost"))
        value = cents(quantity * cost)
        total, count = total + value, count + quantity
        name = str(item.get("FullyQualifiedName") or item.get("Name"))
        rows.append(data((name, key), str(item.get("Sku") or ""), quantity, value, cost))
    if rows:
        rows.append(section(None, (), ["TOTAL", "", count, total, ""], "GrandTotal"))
    columns = [
        column("", "ProductsAndService", "item_name"),
        column("SKU", "String", "sku"),
        column("Qty", "Quantity", "quantity"),
        column("Asset Value", "Money", "asset_value"),
        column("Calc. Avg", "Money", "calc_avg"),
    ]
    return report("InventoryValuationSummary", asked, columns, rows, period=(day, day), options=[("report_date", day)])


def account_list(ledger: Ledger, asked: Asked) -> dict[str, Any]:
    """The chart of accounts."""
    rows = []
    for key, account in sorted(
        ledger.accounts.items(), key=lambda pair: str(pair[1].get("FullyQualifiedName")).casefold()
    ):
        if account.get("Active") is False:
            continue
        balance = decimal_of(account.get("CurrentBalance"))
        shown = -balance if ledger.grows_with_credit(key) else balance
        kinds = [str(account.get(name) or "") for name in ("AccountType", "AccountSubType", "Description")]
        name = str(account.get("FullyQualifiedName") or account.get("Name"))
        worth = account.get("Classification") not in ("Revenue", "Expense")
        rows.append(data((name, key), *kinds, shown if worth else ""))
    columns = [
        column("Account", "String", "account_name"),
        column("Type", "String", "account_type"),
        column("Detail type", "String", "detail_acc_type"),
        column("Description", "String", "account_desc"),
        column("Balance", "Money", "account_bal"),
    ]
    return report("AccountList", asked, columns, rows)
