"""Reports over accounts: what was earned, what is owned and owed, and every posting."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from qbo_simulator.amounts import ZERO, decimal_of
from qbo_simulator.api.reports.layout import (
    Asked,
    Cell,
    Row,
    added,
    column,
    data,
    figures,
    money_columns,
    passes,
    report,
    section,
)
from qbo_simulator.api.reports.ledger import Ledger

Figures = dict[str, list[Decimal | None]]
_ACCOUNTING = (("AccountingStandard", "GAAP"),)
_LAST = "9999-12-31"


def _by_account(ledger: Ledger, asked: Asked) -> Figures:
    """Return the movements of the period by account, debits positive, one figure for each column."""
    first, last = asked.period()
    days: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    for document in ledger.documents(first, last):
        for entry in document.entries:
            if passes(asked, document, entry):
                days[entry.account][document.day] += entry.amount
    return {account: figures(asked, moved) for account, moved in days.items()}


def _tree(ledger: Ledger, kinds: Iterable[str], shown: Figures, sign: int) -> tuple[list[Row], list[Decimal]]:
    """Return the rows of all accounts of some types that have figures, sub-accounts inside, and their sums."""
    members = {key: body for key, body in ledger.accounts.items() if str(body.get("AccountType")) in kinds}
    children: dict[str, list[str]] = defaultdict(list)
    for key, body in members.items():
        parent = str((body.get("ParentRef") or {}).get("value") or "")
        children[parent if parent in members else ""].append(key)
    width = max((len(row) for row in shown.values()), default=1)

    def rows_under(parent: str) -> tuple[list[Row], list[list[Decimal | None]]]:
        rows: list[Row] = []
        sums: list[list[Decimal | None]] = []
        for key in sorted(children[parent], key=lambda key: str(members[key].get("Name")).casefold()):
            own = [None if value is None else sign * value for value in shown[key]] if key in shown else None
            inner, inner_sums = rows_under(key)
            name = str(members[key].get("Name"))
            if inner:
                total = added([*inner_sums, own] if own is not None else inner_sums, width)
                blank: list[Cell] = [""] * width
                head: list[Cell] = [(name, key), *(own or blank)]
                rows.append(section(head, inner, [f"Total {name}", *total]))
                sums.append(list(total))
            elif own is not None:
                rows.append(data((name, key), *own))
                sums.append(own)
        return rows, sums

    rows, sums = rows_under("")
    return rows, added(sums, width)


def profit_and_loss(ledger: Ledger, asked: Asked) -> dict[str, Any]:
    """What was earned and spent in a period."""
    shown = _by_account(ledger, asked)
    columns = [column("", "Account", "account"), *money_columns(asked)]
    width = len(columns) - 1
    parts = {
        name: _tree(ledger, kinds, shown, sign)
        for name, kinds, sign in (
            ("Income", ("Income",), -1),
            ("COGS", ("Cost of Goods Sold",), 1),
            ("Expenses", ("Expense",), 1),
            ("OtherIncome", ("Other Income",), -1),
            ("OtherExpenses", ("Other Expense",), 1),
        )
    }
    empty = not any(rows for rows, _ in parts.values())
    sums = {name: total if rows else [ZERO] * width for name, (rows, total) in parts.items()}

    def minus(left: list[Decimal], right: list[Decimal]) -> list[Decimal]:
        return [one - other for one, other in zip(left, right, strict=True)]

    def told(total: list[Decimal]) -> list[Cell]:
        # Without figures only columns in time are there, with nothing in them.
        return [*total] if not empty else [""] * width if width > 1 else []

    def line(title: str, total: list[Decimal], group: str) -> Row:
        return section(None, (), [title, *told(total)], group)

    def part(title: str, name: str) -> Row:
        blank: list[Cell] = [""] * len(told(sums[name]))
        return section([title, *blank], parts[name][0], [f"Total {title}", *told(sums[name])], name)

    gross = minus(sums["Income"], sums["COGS"])
    operating = minus(gross, sums["Expenses"])
    other = minus(sums["OtherIncome"], sums["OtherExpenses"])
    rows = [part("Income", "Income")]
    if parts["COGS"][0]:
        rows.append(part("Cost of Goods Sold", "COGS"))
    rows += [line("Gross Profit", gross, "GrossProfit"), part("Expenses", "Expenses")]
    rows.append(line("Net Operating Income", operating, "NetOperatingIncome"))
    if parts["OtherIncome"][0]:
        rows.append(part("Other Income", "OtherIncome"))
    if parts["OtherExpenses"][0]:
        rows.append(part("Other Expenses", "OtherExpenses"))
    if parts["OtherIncome"][0] or parts["OtherExpenses"][0]:
        rows.append(line("Net Other Income", other, "NetOtherIncome"))
    rows.append(line("Net Income", [one + two for one, two in zip(operating, other, strict=True)], "NetIncome"))
    return report("ProfitAndLoss", asked, columns, rows, basis=True, empty=empty, options=_ACCOUNTING)


_ASSETS = (
    (
        "Current Assets",
        "CurrentAssets",
        (
            ("Bank Accounts", "BankAccounts", "Bank"),
            ("Accounts Receivable", "AR", "Accounts Receivable"),
            ("Other Current Assets", "OtherCurrentAssets", "Other Current Asset"),
        ),
    ),
    ("Fixed Assets", "FixedAssets", "Fixed Asset"),
    ("Other Assets", "OtherAssets", "Other Asset"),
)
_LIABILITIES = (
    (
        "Current Liabilities",
        "CurrentLiabilities",
        (
            ("Accounts Payable", "AP", "Accounts Payable"),
            ("Credit Cards", "CreditCards", "Credit Card"),
            ("Other Current Liabilities", "OtherCurrentLiabilities", "Other Current Liability"),
        ),
    ),
    ("Long-Term Liabilities", "LongTermLiabilities", "Long Term Liability"),
)


def balances_on(ledger: Ledger, day: str) -> dict[str, Decimal]:
    """Return the balance of each account at the end of a day, debits positive; those with nothing are left out."""
    later: dict[str, Decimal] = defaultdict(lambda: ZERO)
    # What comes after the day is taken back: usually nothing, however long the books are.
    for document in ledger.documents(f"{day}~", _LAST):
        for entry in document.entries:
            later[entry.account] += entry.amount
    found = {}
    for key, body in ledger.accounts.items():
        balance = decimal_of(body.get("CurrentBalance")) - later.get(key, ZERO)
        if balance or key in later:
            found[key] = balance
    return found


def _nested(ledger: Ledger, layout: Any, shown: Figures, sign: int) -> tuple[list[Row], Decimal]:
    rows, total = [], ZERO
    for title, group, inside in layout:
        if isinstance(inside, str):
            inner, sums = _tree(ledger, (inside,), shown, sign)
            amount = sums[-1] if sums else ZERO
        else:
            inner, amount = _nested(ledger, inside, shown, sign)
        if inner:
            rows.append(section([title, ""], inner, [f"Total {title}", amount], group))
            total += amount
    return rows, total


def balance_sheet(ledger: Ledger, asked: Asked) -> dict[str, Any]:
    """What is owned and owed at the end of the period."""
    last = asked.period()[1]
    shown: Figures = {key: [balance] for key, balance in balances_on(ledger, last).items()}
    owned, assets = _nested(ledger, _ASSETS, shown, 1)
    owed, liabilities = _nested(ledger, _LIABILITIES, shown, -1)
    equity_rows, sums = _tree(ledger, ("Equity",), shown, -1)
    equity = sums[-1] if sums else ZERO
    # What the accounts of the balance sheet do not explain was earned.
    earned = assets - liabilities - equity
    retained = ledger.account_of_type("Equity", "RetainedEarnings")
    if retained and retained not in shown:
        equity_rows.append(data(("Retained Earnings", retained), ""))
    equity_rows.append(data("Net Income", earned, group="NetIncome"))
    rows = [
        section(["ASSETS", ""], owned, ["TOTAL ASSETS", assets], "TotalAssets"),
        section(
            ["LIABILITIES AND EQUITY", ""],
            [
                section(["Liabilities", ""], owed, ["Total Liabilities", liabilities], "Liabilities"),
                section(["Equity", ""], equity_rows, ["Total Equity", equity + earned], "Equity"),
            ],
            ["TOTAL LIABILITIES AND EQUITY", liabilities + equity + earned],
            "TotalLiabilitiesAndEquity",
        ),
    ]
    columns = [column("", "Account", "account"), column("Total", "Money", "total")]
    return report("BalanceSheet", asked, columns, rows, basis=True, options=_ACCOUNTING)


def cash_flow(ledger: Ledger, asked: Asked) -> dict[str, Any]:
    """Where the cash of a period came from and went."""
    moved = {key: values[-1] or ZERO for key, values in _by_account(ledger, asked).items()}
    kinds = {key: str(body.get("AccountType")) for key, body in ledger.accounts.items()}

    def part(wanted: tuple[str, ...]) -> list[Row]:
        return [
            data((str(ledger.accounts[key].get("Name")), key), -amount)
            for key, amount in moved.items()
            if kinds.get(key) in wanted and amount
        ]

    def total(wanted: tuple[str, ...]) -> Decimal:
        return -sum((amount for key, amount in moved.items() if kinds.get(key) in wanted), ZERO)

    earned = total(("Income", "Cost of Goods Sold", "Expense", "Other Income", "Other Expense"))
    near = ("Accounts Receivable", "Other Current Asset", "Accounts Payable", "Credit Card", "Other Current Liability")
    investing, financing = ("Fixed Asset", "Other Asset"), ("Long Term Liability", "Equity")
    rest = "Adjustments to reconcile Net Income to Net Cash provided by operations:"
    rows = [
        section(
            ["OPERATING ACTIVITIES", ""],
            [
                data("Net Income", earned, group="NetIncome"),
                section([rest, ""], part(near), [f"Total {rest}", total(near)], "OperatingAdjustments"),
            ],
            ["Net cash provided by operating activities", earned + total(near)],
            "OperatingActivities",
        )
    ]
    for title, label, wanted, group in (
        ("INVESTING ACTIVITIES", "investing", investing, "InvestingActivities"),
        ("FINANCING ACTIVITIES", "financing", financing, "FinancingActivities"),
    ):
        if inner := part(wanted):
            rows.append(section([title, ""], inner, [f"Net cash provided by {label} activities", total(wanted)], group))
    change = earned + total(near) + total(investing) + total(financing)
    rows += [section(None, (), ["Net cash increase for period", change], "CashIncrease")]
    rows += [section(None, (), ["Cash at end of period", _cash(ledger, asked)], "EndingCash")]
    columns = [column("", "Account", "account"), column("Total", "Money", "total")]
    return report("CashFlow", asked, columns, rows, basis=True, empty=not moved)


def _cash(ledger: Ledger, asked: Asked) -> Decimal:
    balances = balances_on(ledger, asked.period()[1])
    banks = [key for key, body in ledger.accounts.items() if body.get("AccountType") == "Bank"]
    return sum((balances.get(key, ZERO) for key in banks), ZERO)


def trial_balance(ledger: Ledger, asked: Asked) -> dict[str, Any]:
    """Debit and credit balance of each account; what does not add up was earned in earlier years."""
    balances = balances_on(ledger, asked.period()[1])
    for key, values in _by_account(ledger, asked).items():
        if ledger.accounts.get(key, {}).get("Classification") in ("Revenue", "Expense"):
            balances[key] = values[-1] or ZERO
    retained = ledger.account_of_type("Equity", "RetainedEarnings")
    balances[retained] = -sum((value for key, value in balances.items() if key != retained), ZERO)
    names = {key: str(ledger.accounts.get(key, {}).get("FullyQualifiedName", "Retained Earnings")) for key in balances}
    rows, debit, credit = [], ZERO, ZERO
    for key in sorted(balances, key=lambda key: names[key].casefold()):
        if amount := balances[key]:
            rows.append(data((names[key], key or None), max(amount, ZERO) or "", -min(amount, ZERO) or ""))
            debit, credit = debit + max(amount, ZERO), credit - min(amount, ZERO)
    if rows:
        rows.append(section(None, (), ["TOTAL", debit, credit], "GrandTotal"))
    columns = [column("", "Account", "account"), column("Debit", "Money", "debit"), column("Credit", "Money", "credit")]
    return report("TrialBalance", asked, columns, rows, basis=True)
