"""Deposits: payments and receipts leave Undeposited Funds for the bank, with other money beside them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from qbo_simulator import faults
from qbo_simulator.amounts import ZERO, cents
from qbo_simulator.entities import refusals
from qbo_simulator.entities.currencies import parse_date, set_currency
from qbo_simulator.entities.ledger import undeposited
from qbo_simulator.entities.rules import Rules, unlinked

if TYPE_CHECKING:
    from qbo_simulator.books import Books

Body = dict[str, Any]
_TAKEN_UP = ("Payment", "SalesReceipt")
_OTHERS = ("RefundReceipt", "JournalEntry", "Transfer", "Purchase", "Expense", "Check", "CreditCardCredit")
_PAIDISH = ("Bank", "Other Current Asset", "Credit Card", "Other Current Liability")


class DepositRules(Rules):
    """Deposits; a sparse update of one is a full one."""

    read_only = frozenset({"TotalAmt", "HomeTotalAmt", "LinkedTxn"})
    ignores_sparse = True

    def prepare(self, books: Books, new: Body, old: Body | None) -> None:
        """Check where the money comes from and goes to."""
        if not new.get("DepositToAccountRef"):
            raise faults.required("DepositToAccountRef")
        account = (
            books.refer(new, "DepositToAccountRef", "Account", kind="Accounts", before=old, name="FullyQualifiedName")
            or {}
        )
        if account.get("AccountType") not in _PAIDISH:
            raise faults.business("You can only deposit to an asset account.")
        new.setdefault("TxnDate", books.today.isoformat())
        parse_date(new["TxnDate"], "TxnDate")
        set_currency(books, new, account)
        books.refer(new, "DepartmentRef", "Department", kind="Departments", before=old, name="FullyQualifiedName")
        total = self._lines(books, new, old)
        back = new.get("CashBack")
        if back:
            if not back.get("AccountRef"):
                raise faults.required("CashBack.AccountRef")
            books.refer(
                back,
                "AccountRef",
                "Account",
                kind="Accounts",
                before=(old or {}).get("CashBack"),
                name="FullyQualifiedName",
            )
            back["Amount"] = cents(back.get("Amount"))
            total -= back["Amount"]
        if total < 0:
            raise refusals.negative_total()
        new["TotalAmt"] = total
        if books.company.multicurrency:
            new["HomeTotalAmt"] = cents(total * new["ExchangeRate"])
        new["TxnTaxDetail"] = {}

    def settle(self, books: Books, new: Body | None, old: Body | None) -> None:
        """Tell the payments in which deposit they are, or that they are in none any more."""
        before, after = _links(old), _links(new)
        identifier = (new or old or {})["Id"]
        for kind, target in sorted(before ^ after):
            body = books.shelf.get(kind, target)
            if body is None or kind not in _TAKEN_UP:
                continue
            body = unlinked(body, "Deposit", identifier)
            if (kind, target) in after:
                body["LinkedTxn"].append({"TxnId": identifier, "TxnType": "Deposit"})
            if not body["LinkedTxn"]:
                del body["LinkedTxn"]
            books.touch(kind, body, token=False)
            books.note(kind, target, "Update")

    def _lines(self, books: Books, new: Body, old: Body | None) -> Decimal:
        given = new.get("Line")
        if not given:
            raise faults.required("Line")
        had, seen = _links(old), set()
        numbered = 0
        lines, total = [], ZERO
        for line in given:
            links = line.get("LinkedTxn")
            if links:
                stored = _taken_up(books, line, links[0], had)
                target = (stored["LinkedTxn"][0]["TxnType"], stored["LinkedTxn"][0]["TxnId"])
                if target in seen:
                    raise faults.business("A transaction can be in a deposit only once.")
                seen.add(target)
            else:
                numbered += 1
                stored = _direct(books, line, numbered)
            lines.append(stored)
            total += stored["Amount"]
        new["Line"] = lines
        return total


def _taken_up(books: Books, line: Body, link: Body, had: set[tuple[str, str]]) -> Body:
    kind, identifier = str(link.get("TxnType")), str(link.get("TxnId"))
    if kind not in _TAKEN_UP + _OTHERS:
        raise faults.invalid_enumeration("TxnType", kind)
    target = books.shelf.get("Purchase" if kind in ("Expense", "Check", "CreditCardCredit") else kind, identifier)
    if target is None:
        raise faults.object_not_found()
    if kind in _TAKEN_UP and (kind, identifier) not in had:
        account = (target.get("DepositToAccountRef") or {}).get("value") or undeposited(books)
        if account != undeposited(books):
            raise faults.business("Only transactions in Undeposited Funds can be deposited.")
        if in_deposit(target):
            raise faults.business("This transaction has already been deposited.")
    amount = cents(target.get("TotalAmt") if line.get("Amount") is None else line["Amount"])
    if kind in _TAKEN_UP and amount != cents(target.get("TotalAmt")):
        raise faults.business("A transaction can only be deposited as a whole.")
    stored: Body = {"Amount": amount}
    stored["LinkedTxn"] = [{"TxnId": identifier, "TxnType": kind, "TxnLineId": str(link.get("TxnLineId") or "0")}]
    detail: Body = {}
    if target.get("PaymentMethodRef"):
        detail["PaymentMethodRef"] = {"value": target["PaymentMethodRef"]["value"]}
    if target.get("PaymentRefNum"):
        detail["CheckNum"] = target["PaymentRefNum"]
    if detail:
        stored["DepositLineDetail"] = detail
    return stored


def _direct(books: Books, line: Body, number: int) -> Body:
    if line.get("DetailType") not in (None, "DepositLineDetail"):
        raise faults.invalid_enumeration("DetailType", line["DetailType"])
    if line.get("Amount") is None:
        raise faults.required("Amount")
    detail = dict(line.get("DepositLineDetail") or {})
    if not detail.get("AccountRef"):
        raise faults.required("AccountRef")
    books.refer(detail, "AccountRef", "Account", kind="Accounts", before=detail, name="FullyQualifiedName")
    books.refer(detail, "PaymentMethodRef", "PaymentMethod", kind="PaymentMethods", before=detail, name="Name")
    books.refer(detail, "ClassRef", "Class", kind="Class", before=detail, name="FullyQualifiedName")
    kept = {name: value for name, value in line.items() if name not in ("Id", "LineNum", "LinkedTxn")}
    return {
        "Id": str(number),
        "LineNum": number,
        **kept,
        "Amount": cents(line["Amount"]),
        "DetailType": "DepositLineDetail",
        "DepositLineDetail": detail,
        "CustomExtensions": [],
    }


def _links(body: Body | None) -> set[tuple[str, str]]:
    return {
        (str(link["TxnType"]), str(link["TxnId"]))
        for line in (body or {}).get("Line") or ()
        for link in line.get("LinkedTxn") or ()
    }


def check_deposit(new: Body, old: Body | None) -> None:
    """Refuse to change amount, account or customer of what is in a deposit."""
    if old is None or not in_deposit(old):
        return
    same = cents(old.get("TotalAmt")) == cents(new.get("TotalAmt")) and all(
        (old.get(field) or {}).get("value") == (new.get(field) or {}).get("value")
        for field in ("DepositToAccountRef", "CustomerRef", "CurrencyRef")
    )
    if not same:
        raise faults.deposited()


def in_deposit(body: Body) -> bool:
    """Whether a payment or receipt is in a deposit: it can't be changed before it leaves that."""
    return any(link.get("TxnType") == "Deposit" for link in body.get("LinkedTxn") or ())
