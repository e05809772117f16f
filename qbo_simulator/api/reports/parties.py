"""Reports over what customers and vendors owe."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from qbo_simulator.amounts import ZERO, cents, decimal_of
from qbo_simulator.api.reports.layout import (
    Asked,
    Cell,
    added,
    column,
    data,
    report,
    section,
)
from qbo_simulator.api.reports.ledger import Document, Ledger

_OLDEST = "0001-01-01"


def _open_documents(ledger: Ledger, day: str, side: str) -> list[tuple[Document, Decimal]]:
    """Return the documents of customers (or vendors) that are not settled, with what is open; credits negative."""
    entities = (
        (("Invoice", 1), ("CreditMemo", -1), ("Payment", -1))
        if side == "Customer"
        else (
            ("Bill", 1),
            ("VendorCredit", -1),
            ("BillPayment", -1),
        )
    )
    found = []
    for entity, sign in entities:
        for body in ledger.bodies(entity, "txn_date <= ? AND (balance IS NULL OR balance <> 0)", (day,)):
            rest = body.get("Balance", body.get("RemainingCredit", body.get("UnappliedAmt")))
            if entity == "CreditMemo":
                rest = body.get("RemainingCredit", body.get("Balance"))
            amount = cents(decimal_of(rest) * (decimal_of(body.get("ExchangeRate")) or Decimal(1)))
            if amount:
                found.append((Document(entity, body), sign * amount))
    return sorted(found, key=lambda pair: (pair[0].day, pair[0].id))


def parties(ledger: Ledger, side: str) -> dict[str, str]:
    return {
        str(body["Id"]): str(body.get("FullyQualifiedName") or body.get("DisplayName")) for body in ledger.bodies(side)
    }


def party(document: Document) -> str:
    return str(document.party.get("value") or "")


def report_day(asked: Asked) -> str:
    return asked.day("report_date") or asked.day("end_date") or asked.today.isoformat()


def balance(ledger: Ledger, asked: Asked, *, side: str) -> dict[str, Any]:
    """What each customer owes, or what each vendor is owed."""
    day = report_day(asked)
    names = parties(ledger, side)
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for document, amount in _open_documents(ledger, day, side):
        sums[party(document)] += amount
    wanted = asked.ids(side.lower())
    rows = [
        data((names.get(key, key), key), sums[key])
        for key in sorted(sums, key=lambda key: names.get(key, key).casefold())
        if sums[key] and (not wanted or key in wanted)
    ]
    total = sum((sums[key] for key in sums if not wanted or key in wanted), ZERO)
    if rows:
        rows.append(section(None, (), ["TOTAL", total], "GrandTotal"))
    columns = [column("", side, "cust_name" if side == "Customer" else "vend_name"), column("Total", "Money", "total")]
    return report(f"{side}Balance", asked, columns, rows, period=(day, day), options=[("report_date", day)])


_DETAIL = {
    "tx_date": ("Date", "Date"),
    "txn_type": ("Transaction Type", "String"),
    "doc_num": ("Num", "String"),
    "cust_name": ("Customer", "String"),
    "vend_name": ("Vendor", "String"),
    "due_date": ("Due Date", "Date"),
    "past_due": ("Past Due", "String"),
    "subt_amount": ("Amount", "Money"),
    "subt_neg_amount": ("Amount", "Money"),
    "subt_open_bal": ("Open Balance", "Money"),
    "subt_neg_open_bal": ("Open Balance", "Money"),
    "rbal_open_bal": ("Balance", "Money"),
    "rbal_neg_open_bal": ("Balance", "Money"),
}


def _detail_row(document: Document, amount: Decimal, running: Decimal, day: str, keys: list[str]) -> list[Cell]:
    due = str(document.body.get("DueDate") or document.day)
    late = (date.fromisoformat(day) - date.fromisoformat(due[:10])).days if due else 0
    total = document.total if amount > 0 else -document.total
    party = (str(document.party.get("name") or ""), document.party.get("value"))
    values: dict[str, Cell] = {
        "tx_date": document.day,
        "txn_type": (document.kind, document.id),
        "doc_num": document.number,
        "cust_name": party,
        "vend_name": party,
        "due_date": due,
        "past_due": str(late),
        "subt_amount": total,
        "subt_neg_amount": total,
        "subt_open_bal": amount,
        "subt_neg_open_bal": amount,
        "rbal_open_bal": running,
        "rbal_neg_open_bal": running,
    }
    return [values[key] for key in keys]


def balance_detail(ledger: Ledger, asked: Asked, *, side: str) -> dict[str, Any]:
    """Every open document of each customer or vendor."""
    day = report_day(asked)
    sign = "" if side == "Customer" else "neg_"
    keys = ["tx_date", "txn_type", "doc_num", "due_date", f"subt_{sign}amount", f"subt_{sign}open_bal"]
    keys.append(f"rbal_{sign}open_bal")
    wanted = asked.ids(side.lower())
    groups: dict[str, list[tuple[Document, Decimal]]] = defaultdict(list)
    for document, amount in _open_documents(ledger, day, side):
        if not wanted or party(document) in wanted:
            groups[party(document)].append((document, amount))
    names = parties(ledger, side)
    rows, whole = [], [ZERO, ZERO]
    for key in sorted(groups, key=lambda key: names.get(key, key).casefold()):
        running, amounts, inner = ZERO, ZERO, []
        for document, amount in groups[key]:
            running += amount
            amounts += document.total if amount > 0 else -document.total
            inner.append(data(*_detail_row(document, amount, running, day, keys)))
        head: list[Cell] = [(names.get(key, key), key), *[""] * (len(keys) - 1)]
        rows.append(section(head, inner, [f"Total for {names.get(key, key)}", "", "", "", amounts, running, ""]))
        whole = [whole[0] + amounts, whole[1] + running]
    if rows:
        rows.append(section(None, (), ["TOTAL", "", "", "", *whole, ""], "GrandTotal"))
    columns = [column(*_DETAIL[key], key) for key in keys]
    return report(f"{side}BalanceDetail", asked, columns, rows, period=(day, day), options=[("report_date", day)])


#: More days than there are between the first and the last date that Python knows.
_EVER = 10**7


def _ages(asked: Asked) -> list[tuple[str, int, int]]:
    """Return the columns of age: title, first and last day past due."""
    try:
        days, count = int(asked.get("aging_period", "30")), int(asked.get("num_periods", "4"))
    except ValueError:
        days, count = 30, 4
    days, count = max(days, 1), min(max(count, 2), 12)
    found = [("Current", -_EVER, 0)]
    for number in range(count - 1):
        found.append((f"{number * days + 1} - {(number + 1) * days}", number * days + 1, (number + 1) * days))
    return [*found, (f"{(count - 1) * days + 1} and over", (count - 1) * days + 1, _EVER)]


def _days_late(document: Document, asked: Asked, day: str) -> int:
    due = str(document.body.get("DueDate") or document.day)
    if asked.get("aging_method").lower() == "current":
        day = asked.today.isoformat()
    return (date.fromisoformat(day) - date.fromisoformat(due[:10])).days


def aged(ledger: Ledger, asked: Asked, *, side: str) -> dict[str, Any]:
    """How long what is owed by customers, or to vendors, has been due."""
    day, ages, names = report_day(asked), _ages(asked), parties(ledger, side)
    wanted = asked.ids(side.lower())
    table: dict[str, list[Decimal | None]] = {}
    for document, amount in _open_documents(ledger, day, side):
        key = party(document)
        if wanted and key not in wanted:
            continue
        row = table.setdefault(key, [None] * (len(ages) + 1))
        late = _days_late(document, asked, day)
        place = next(number for number, (_, first, last) in enumerate(ages) if first <= late <= last)
        row[place] = (row[place] or ZERO) + amount
        row[-1] = (row[-1] or ZERO) + amount
    rows = [
        data((names.get(key, key), key), *table[key])
        for key in sorted(table, key=lambda key: names.get(key, key).casefold())
    ]
    if rows:
        total = added(list(table.values()), len(ages) + 1)
        rows.append(section(None, (), ["TOTAL", *total], "GrandTotal"))
    columns = [column("", side, "cust_name" if side == "Customer" else "vend_name")]
    columns += [column(title, "Money", "current" if not n else str(n - 1)) for n, (title, _, _) in enumerate(ages)]
    columns.append(column("Total", "Money", "total"))
    name = "AgedReceivables" if side == "Customer" else "AgedPayables"
    return report(name, asked, columns, rows, period=(day, day), options=[("report_date", day)])


def aged_detail(ledger: Ledger, asked: Asked, *, side: str) -> dict[str, Any]:
    """The open documents by how long they have been due, the oldest first."""
    day, ages = report_day(asked), _ages(asked)
    keys = ["tx_date", "txn_type", "doc_num", "cust_name", "due_date", "subt_amount", "subt_open_bal"]
    if side == "Vendor":
        keys = ["tx_date", "txn_type", "doc_num", "vend_name", "due_date", "past_due", "subt_neg_amount"]
        keys.append("subt_neg_open_bal")
    wanted = asked.ids(side.lower())
    open_now = [pair for pair in _open_documents(ledger, day, side) if not wanted or party(pair[0]) in wanted]
    rows, whole = [], [ZERO, ZERO]
    blank: list[Cell] = [""] * (len(keys) - 1)
    for title, first, last in reversed(ages):
        inside = [pair for pair in open_now if first <= _days_late(pair[0], asked, day) <= last]
        if not inside:
            continue
        label = "Current" if title == "Current" else f"{title} days past due"
        inner = [data(*_detail_row(document, amount, ZERO, day, keys)) for document, amount in inside]
        sums = [
            sum((document.total if amount > 0 else -document.total for document, amount in inside), ZERO),
            sum((amount for _, amount in inside), ZERO),
        ]
        rows.append(section([label, *blank], inner, [f"Total for {label}", *blank[:-2], *sums]))
        whole = [whole[0] + sums[0], whole[1] + sums[1]]
    if rows:
        rows.append(section(None, (), ["TOTAL", *blank[:-2], *whole], "GrandTotal"))
    columns = [column(*_DETAIL[key], key) for key in keys]
    name = "AgedReceivableDetail" if side == "Customer" else "AgedPayableDetail"
    return report(name, asked, columns, rows, period=(day, day), options=[("report_date", day)])
