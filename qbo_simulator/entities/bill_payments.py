"""Payments of bills, and both ends of each link."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from qbo_simulator import faults
from qbo_simulator.amounts import ZERO, cents
from qbo_simulator.entities import refusals
from qbo_simulator.entities.currencies import parse_date, set_currency
from qbo_simulator.entities.names import settle_vendor, unapplied
from qbo_simulator.entities.payments import applications
from qbo_simulator.entities.purchasing import without_link
from qbo_simulator.entities.rules import Rules

if TYPE_CHECKING:
    from qbo_simulator.books import Books

Body = dict[str, Any]
_APPLICABLE = ("Bill", "VendorCredit")
_OTHERS = ("Deposit", "JournalEntry")
#: How a bill names the payment, however it was paid.
LINK = "BillPaymentCheck"
_ACCOUNTS = {
    "Check": ("CheckPayment", "BankAccountRef", ("Bank", "Other Current Asset")),
    "CreditCard": ("CreditCardPayment", "CCAccountRef", ("Credit Card",)),
}


class BillPaymentRules(Rules):
    """Payments of bills by check or card."""

    read_only = frozenset({"LinkedTxn", "HomeTotalAmt"})

    def prepare(self, books: Books, new: Body, old: Body | None) -> None:
        """Check what is paid and from where."""
        if not new.get("VendorRef"):
            raise faults.required("VendorRef")
        if new.get("TotalAmt") is None:
            raise faults.required("TotalAmt")
        if not new.get("PayType"):
            raise faults.required("PayType")
        if new["TotalAmt"] < 0:
            raise refusals.negative_total()
        new["TotalAmt"] = cents(new["TotalAmt"])
        vendor = books.refer(new, "VendorRef", "Vendor", kind="Names", before=old, name="DisplayName")
        new.setdefault("TxnDate", books.today.isoformat())
        parse_date(new["TxnDate"], "TxnDate")
        set_currency(books, new, vendor)
        self._account(books, new, old)
        books.refer(new, "APAccountRef", "Account", kind="Accounts", before=old, name="FullyQualifiedName")
        new["Line"] = self._lines(books, new, old)
        if unapplied(new) < 0:
            raise refusals.over_applied()

    def settle(self, books: Books, new: Body | None, old: Body | None) -> None:
        """Move balances and links of the bills, now and before."""
        before, after = applications(old), applications(new)
        identifier = (new or old or {})["Id"]
        for kind, target in sorted(before.keys() | after.keys()):
            moved = after.get((kind, target), ZERO) - before.get((kind, target), ZERO)
            linked = (kind, target) in after
            if moved or linked != ((kind, target) in before):
                _apply(books, kind, target, identifier, moved, linked=linked)
        owners = {(body.get("VendorRef") or {}).get("value") for body in (new, old) if body}
        for owner in sorted(filter(None, owners)):
            settle_vendor(books, owner)

    def voided(self, books: Books, old: Body) -> Body:
        """Return the payment with nothing in it; its bills are open again."""
        return old | {"TotalAmt": 0, "Line": []}

    def _account(self, books: Books, new: Body, old: Body | None) -> None:
        if new["PayType"] not in _ACCOUNTS:
            raise faults.invalid_enumeration("PayType", new["PayType"])
        group, field, types = _ACCOUNTS[new["PayType"]]
        paid_by = dict(new.get(group) or {})
        if not paid_by.get(field):
            raise faults.required(field)
        account = books.refer(
            paid_by, field, "Account", kind="Accounts", before=(old or {}).get(group), name="FullyQualifiedName"
        )
        if account is not None and account.get("AccountType") not in types:
            raise faults.business("You must choose an account of the right type for this payment type.")
        if group == "CheckPayment":
            paid_by.setdefault("PrintStatus", "NotSet")
        new[group] = paid_by
        for other, _, _ in _ACCOUNTS.values():
            if other != group:
                new.pop(other, None)

    def _lines(self, books: Books, new: Body, old: Body | None) -> list[Body]:
        had = applications(old)
        seen: dict[tuple[str, str], Decimal] = {}
        lines = []
        for line in new.get("Line") or ():
            links = line.get("LinkedTxn")
            if not links:
                raise faults.required("LinkedTxn")
            if line.get("Amount") is None:
                raise faults.required("Amount")
            kind, identifier, amount = str(links[0].get("TxnType")), str(links[0].get("TxnId")), cents(line["Amount"])
            if kind not in _APPLICABLE + _OTHERS:
                raise faults.invalid_enumeration("TxnType", kind)
            target = books.shelf.get(kind, identifier)
            if target is None:
                raise faults.object_not_found()
            if kind in _APPLICABLE:
                if (target.get("VendorRef") or {}).get("value") != new["VendorRef"]["value"]:
                    raise faults.business("A bill payment can only be applied to transactions of its vendor.")
                seen[kind, identifier] = seen.get((kind, identifier), ZERO) + amount
                if seen[kind, identifier] > cents(target.get("Balance")) + had.get((kind, identifier), ZERO):
                    raise refusals.not_so_much_open()
            if amount:
                lines.append({"Amount": amount, "LinkedTxn": [{"TxnId": identifier, "TxnType": kind}]})
        return lines


def _apply(books: Books, kind: str, target: str, payment: str, amount: Decimal, *, linked: bool) -> None:
    body = books.shelf.get(kind, target) if kind in _APPLICABLE else None
    if body is None:
        return
    body = without_link(body, LINK, payment)
    body["Balance"] = cents(body.get("Balance")) - amount
    if "HomeBalance" in body:
        body["HomeBalance"] = cents(body["Balance"] * Decimal(str(body.get("ExchangeRate", 1))))
    if linked:
        body["LinkedTxn"] = [*(body.get("LinkedTxn") or []), {"TxnId": payment, "TxnType": LINK}]
    books.touch(kind, body, token=bool(books.switches["payment_moves_invoice_token"]))
    books.note(kind, target, "Update")
