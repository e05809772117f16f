"""Invoices: what was paid stays paid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qbo_simulator import faults
from qbo_simulator.amounts import ZERO, cents
from qbo_simulator.entities.payments import release, renew_open_balances
from qbo_simulator.entities.sales import SalesRules

if TYPE_CHECKING:
    from qbo_simulator.books import Books

Body = dict[str, Any]


class InvoiceRules(SalesRules):
    """Invoices."""

    def __init__(self) -> None:
        super().__init__("Invoice")

    def complete(self, books: Books, new: Body, old: Body | None) -> None:
        """Balance, links and the payment switches."""
        new["LinkedTxn"] = _links(books, new, old)
        paid = ZERO
        if old is not None:
            paid = cents(old.get("TotalAmt")) - cents(old.get("Deposit")) - cents(old.get("Balance"))
        new["Balance"] = new["TotalAmt"] - cents(new.get("Deposit")) - paid
        new["AllowIPNPayment"] = False
        new["AllowOnlinePayment"] = False
        new.setdefault("AllowOnlineCreditCardPayment", books.company.in_us)
        new.setdefault("AllowOnlineACHPayment", books.company.in_us)

    def settle(self, books: Books, new: Body | None, old: Body | None) -> None:
        """Payments give back what an invoice no longer needs; an estimate that was billed is closed."""
        if new is not None and cents(new.get("Balance")) < 0:
            release(books, new["Id"], -cents(new["Balance"]))
            renewed = books.reread(books.shelf.entity("Invoice"), new["Id"])
            renewed["Balance"] = ZERO
            books.put_silently("Invoice", renewed)
        elif new is not None and old is not None:
            renew_open_balances(books, new["Id"])
        if new is not None and old is None:
            _close_estimates(books, new)
        super().settle(books, new, old)

    def check_delete(self, books: Books, old: Body) -> None:
        """An invoice with payments can't go before they are unlinked."""
        if not any(link.get("TxnType") == "Payment" for link in old.get("LinkedTxn") or ()):
            return
        if books.switches["delete_paid_invoice"] == "refuse":
            raise faults.business(
                "This transaction is linked to other transactions. Unlink or delete those before you delete it."
            )
        release(books, old["Id"], None)

    def voided(self, books: Books, old: Body) -> Body:
        """Payments of a voided invoice become unapplied."""
        release(books, old["Id"], None)
        new = super().voided(books, old)
        new["LinkedTxn"] = [link for link in old.get("LinkedTxn") or () if link.get("TxnType") != "Payment"]
        return new


def _links(books: Books, new: Body, old: Body | None) -> list[Body]:
    """Return the links: payments as they are, estimates as asked for."""
    had = (old or {}).get("LinkedTxn") or []
    asked = new.get("LinkedTxn")
    if not isinstance(asked, list):
        return had
    kept = [link for link in had if link.get("TxnType") != "Estimate"]
    for link in asked:
        if link.get("TxnType") != "Estimate":
            continue
        estimate = books.shelf.get("Estimate", str(link.get("TxnId")))
        if estimate is None:
            raise faults.object_not_found()
        if link not in had and estimate.get("TxnStatus") not in ("Pending", "Accepted"):
            raise faults.business("Only a pending or accepted estimate can be linked to an invoice.")
        kept.append({"TxnId": str(link["TxnId"]), "TxnType": "Estimate"})
    return kept


def _close_estimates(books: Books, new: Body) -> None:
    for link in new.get("LinkedTxn") or ():
        estimate = books.shelf.get("Estimate", link["TxnId"]) if link["TxnType"] == "Estimate" else None
        if estimate is not None:
            estimate["TxnStatus"] = "Closed"
            estimate["LinkedTxn"] = [{"TxnId": new["Id"], "TxnType": "Invoice"}]
            books.touch("Estimate", estimate, token=False)
