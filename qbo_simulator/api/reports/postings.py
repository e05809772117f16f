"""Reports over every posting: by account, by transaction, in a row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from qbo_simulator.amounts import ZERO
from qbo_simulator.api.reports.layout import Asked, Cell, Row, column, data, passes, report, section
from qbo_simulator.api.reports.ledger import Document, Entry, Ledger

Shown = Callable[[Ledger, Document, Entry | None], Cell]


def _split(ledger: Ledger, document: Document, entry: Entry | None) -> Cell:
    others = [other.account for other in document.entries if other is not entry]
    if not others:
        return ""
    return account_cell(ledger, others[0]) if len(set(others)) == 1 else ("-Split-", None)


def account_cell(ledger: Ledger, account: str) -> Cell:
    """Return an account's full name with its Id."""
    return str(ledger.accounts.get(account, {}).get("FullyQualifiedName", "")), account or None


def _signed(ledger: Ledger, entry: Entry | None) -> Decimal | None:
    if entry is None:
        return None
    return -entry.amount if ledger.grows_with_credit(entry.account) else entry.amount


def _name(_: Ledger, document: Document, __: Entry | None) -> Cell:
    party = document.party
    return str(party.get("name") or ""), party.get("value")


#: Key to title, type and what stands there.
COLUMNS: dict[str, tuple[str, str, Shown]] = {
    "tx_date": ("Date", "Date", lambda _, document, __: document.day),
    "txn_type": ("Transaction Type", "String", lambda _, document, __: (document.kind, document.id)),
    "doc_num": ("Num", "String", lambda _, document, __: document.number),
    "is_no_post": ("Posting", "Boolean", lambda _, document, __: "Yes" if document.entries else "No"),
    "name": ("Name", "String", _name),
    "cust_name": ("Customer", "String", _name),
    "vend_name": ("Vendor", "String", _name),
    "memo": ("Memo/Description", "String", lambda _, document, entry: (entry and entry.memo) or document.memo),
    "account_name": (
        "Account",
        "String",
        lambda ledger, _, entry: account_cell(ledger, entry.account) if entry else "",
    ),
    "other_account": ("Split", "String", _split),
    "split_acc": ("Split", "String", _split),
    "due_date": ("Due Date", "Date", lambda _, document, __: str(document.body.get("DueDate") or "")),
    "term_name": ("Terms", "String", lambda _, document, __: (document.body.get("SalesTermRef") or {}).get("name", "")),
    "pmt_mthd": (
        "Payment Method",
        "String",
        lambda _, document, __: (document.body.get("PaymentMethodRef") or {}).get("name", ""),
    ),
    "create_date": (
        "Create Date",
        "Date",
        lambda _, document, __: str((document.body.get("MetaData") or {}).get("CreateTime", "")),
    ),
    "last_mod_date": (
        "Last Modified",
        "Date",
        lambda _, document, __: str((document.body.get("MetaData") or {}).get("LastUpdatedTime", "")),
    ),
    "debt_amt": ("Debit", "Money", lambda _, __, entry: entry.amount if entry and entry.amount > 0 else ""),
    "credit_amt": ("Credit", "Money", lambda _, __, entry: -entry.amount if entry and entry.amount < 0 else ""),
    "subt_nat_amount": (
        "Amount",
        "Money",
        lambda ledger, document, entry: document.total if entry is None else _signed(ledger, entry),
    ),
    "amount": (
        "Amount",
        "Money",
        lambda ledger, document, entry: document.total if entry is None else _signed(ledger, entry),
    ),
    "rbal_nat_amount": ("Balance", "Money", lambda _, __, ___: ""),
}


def chosen(asked: Asked, usual: str) -> list[str]:
    """Return the keys of the columns that a client asks for, or the usual ones."""
    keys = [key.strip() for key in asked.get("columns").split(",") if key.strip() in COLUMNS]
    return keys or usual.split()


def columns_of(keys: list[str]) -> list[Row]:
    """Return the columns of these keys."""
    return [column(COLUMNS[key][0], COLUMNS[key][1], key) for key in keys]


def row_of(ledger: Ledger, document: Document, entry: Entry | None, keys: list[str]) -> list[Cell]:
    """Return what stands in these columns for an entry, or for a whole document."""
    return [COLUMNS[key][2](ledger, document, entry) for key in keys]


def general_ledger(ledger: Ledger, asked: Asked, *, name: str = "GeneralLedger", kinds: str = "") -> dict[str, Any]:
    """Every posting of a period by account, with a running balance where the account has one."""
    keys = chosen(asked, "tx_date txn_type doc_num name memo other_account subt_nat_amount rbal_nat_amount")
    first, last = asked.period()
    by_account: dict[str, list[tuple[Document, Entry]]] = defaultdict(list)
    for document in ledger.documents(first, last):
        for entry in document.entries:
            if passes(asked, document, entry):
                by_account[entry.account].append((document, entry))
    rows = []
    for key in sorted(by_account, key=lambda key: str(ledger.accounts.get(key, {}).get("FullyQualifiedName"))):
        account = ledger.accounts.get(key, {})
        if kinds and account.get("Classification") not in kinds.split():
            continue
        running, inner = ZERO, []
        for document, entry in by_account[key]:
            running += _signed(ledger, entry) or ZERO
            values = row_of(ledger, document, entry, keys)
            if "rbal_nat_amount" in keys:
                values[keys.index("rbal_nat_amount")] = running
            inner.append(data(*values))
        blank: list[Cell] = [""] * (len(keys) - 1)
        summary: list[Cell] = [f"Total for {account.get('Name')}", *blank]
        for place, wanted in enumerate(keys):
            if wanted in ("subt_nat_amount", "amount") and place:
                summary[place] = running
        rows.append(section([(str(account.get("Name")), key), *blank], inner, summary))
    return report(name, asked, columns_of(keys), rows, basis=True)


def journal(ledger: Ledger, asked: Asked) -> dict[str, Any]:
    """Every transaction of a period with its debits and credits."""
    keys = chosen(asked, "tx_date txn_type doc_num name memo account_name debt_amt credit_amt")
    rows, total = [], ZERO
    for document in ledger.documents(*asked.period()):
        entries = [entry for entry in document.entries if passes(asked, document, entry)]
        if not entries:
            continue
        inner = [data(*row_of(ledger, document, entry, keys)) for entry in entries]
        amount = sum((entry.amount for entry in entries if entry.amount > 0), ZERO)
        total += amount
        summary: list[Cell] = [amount if key in ("debt_amt", "credit_amt") else "" for key in keys]
        rows.append(section(None, inner, summary))
    if rows:
        last: list[Cell] = [total if key in ("debt_amt", "credit_amt") else "" for key in keys]
        rows.append(section(None, (), ["TOTAL", *last[1:]], "GrandTotal"))
    return report("JournalReport", asked, columns_of(keys), rows)


def transactions(ledger: Ledger, asked: Asked, *, name: str, by: str = "", split: bool = False) -> dict[str, Any]:
    """The transactions of a period, all in a row or by customer or vendor, with their entries or without."""
    usual = "tx_date txn_type doc_num is_no_post name memo account_name other_account subt_nat_amount"
    if by:
        usual = "tx_date txn_type doc_num is_no_post memo account_name subt_nat_amount"
    keys = chosen(asked, "tx_date txn_type doc_num is_no_post name memo account_name amount" if split else usual)
    kinds = {kind.lower() for kind in asked.ids("transaction_type")}
    groups: dict[str, list[Row]] = {}
    rows: list[Row] = []
    for document in ledger.documents(*asked.period()):
        first = document.entries[0] if document.entries else None
        if kinds and document.entity.lower() not in kinds:
            continue
        if by and f"{by}Ref" not in document.body:
            continue
        if not passes(asked, document, first or Entry("", ZERO)):
            continue
        if split:
            inner = [data(*row_of(ledger, document, entry, keys)) for entry in document.entries or (None,)]
            rows.append(section(row_of(ledger, document, None, keys), inner, None))
            continue
        values = row_of(ledger, document, first, keys)
        target = groups.setdefault(str(document.party.get("name") or ""), []) if by else rows
        target.append(data(*values))
    if asked.get("sort_order").lower().startswith("desc"):
        rows.reverse()
    for title in sorted(groups, key=str.casefold):
        blank: list[Cell] = [""] * (len(keys) - 1)
        rows.append(section([title, *blank], groups[title], [f"Total for {title}", *blank]))
    return report(name, asked, columns_of(keys), rows)
