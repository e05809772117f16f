"""Payments: what they are applied to, and both ends of each link."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from qbo_simulator import faults
from qbo_simulator.amounts import ZERO, cents
from qbo_simulator.entities.currencies import parse_date, set_currency
from qbo_simulator.entities.deposits import check_deposit, in_deposit
from qbo_simulator.entities.names import settle_balance
from qbo_simulator.entities.rules import Rules, unlinked

if TYPE_CHECKING:
    from qbo_simulator.books import Books

Body = dict[str, Any]
_APPLICABLE = ("Invoice", "CreditMemo")
_OTHERS = ("JournalEntry", "Expense", "Check", "CreditCardCredit")
_NAME_VALUE = {
    "name": "{http://schema.intuit.com/finance/v3}NameValue",
    "declaredType": "com.intuit.schema.finance.v3.NameValue",
    "scope": "javax.xml.bind.JAXBElement$GlobalScope",
}


def applications(body: Body | None) -> dict[tuple[str, str], Decimal]:
    """Return how much of a payment is applied to each transaction."""
    found: dict[tuple[str, str], Decimal] = {}
    for line in (body or {}).get("Line") or ():
        for link in line.get("LinkedTxn") or ():
            target = (str(link["TxnType"]), str(link["TxnId"]))
            found[target] = found.get(target, ZERO) + cents(line.get("Amount"))
    return found


class PaymentRules(Rules):
    """Payments."""

    read_only = frozenset({"UnappliedAmt", "LinkedTxn", "HomeTotalAmt"})

    def prepare(self, books: Books, new: Body, old: Body | None) -> None:
        """Check what is applied, and complete a payment."""
        if new.get("TotalAmt") is None:
            raise faults.required("TotalAmt")
        if not new.get("CustomerRef"):
            raise faults.required("CustomerRef")
        if new["TotalAmt"] < 0:
            raise faults.business("The amount of a payment can't be negative.")
        new["TotalAmt"] = cents(new["TotalAmt"])
        customer = books.refer(new, "CustomerRef", "Customer", kind="Names", before=old, name="DisplayName")
        new.setdefault("TxnDate", books.today.isoformat())
        parse_date(new["TxnDate"], "TxnDate")
        set_currency(books, new, customer)
        self._accounts(books, new, old)
        new["ProcessPayment"] = False
        new["Line"] = self._lines(books, new, old)
        if not new["Line"] and old is None and books.switches["auto_apply_payments"]:
            new["Line"] = self._oldest_first(books, new)
        applied = applications(new)
        used = sum((amount for (kind, _), amount in applied.items() if kind == "Invoice"), ZERO)
        credit = sum((amount for (kind, _), amount in applied.items() if kind != "Invoice"), ZERO)
        check_deposit(new, old)
        new["UnappliedAmt"] = new["TotalAmt"] + credit - used
        if new["UnappliedAmt"] < 0:
            raise faults.business("The amount applied is more than the amount of the payment.")

    def settle(self, books: Books, new: Body | None, old: Body | None) -> None:
        """Move balances and links of what is paid, now or before."""
        before, after = applications(old), applications(new)
        identifier = (new or old or {})["Id"]
        for kind, target in sorted(before.keys() | after.keys()):
            moved = after.get((kind, target), ZERO) - before.get((kind, target), ZERO)
            linked = (kind, target) in after
            if moved or linked != ((kind, target) in before):
                _apply(books, kind, target, identifier, moved, linked=linked)
        if new is not None:
            explain(books, new)
        for kind, target in before.keys() | after.keys():
            if kind == "Invoice":
                renew_open_balances(books, target)
        owners = {(body.get("CustomerRef") or {}).get("value") for body in (new, old) if body}
        for kind, target in before.keys() | after.keys():
            owners.add(((books.shelf.get(kind, target) or {}).get("CustomerRef") or {}).get("value"))
        for owner in sorted(filter(None, owners)):
            settle_balance(books, owner)

    def check_delete(self, books: Books, old: Body) -> None:
        """A deposited payment can't go."""
        if in_deposit(old):
            raise faults.deposited()

    def voided(self, books: Books, old: Body) -> Body:
        """Return the payment with nothing in it and nothing applied."""
        if in_deposit(old):
            raise faults.deposited()
        return old | {"TotalAmt": 0, "UnappliedAmt": 0, "Line": []}

    # -- the parts ------------------------------------------------------------------------------------------------

    def _accounts(self, books: Books, new: Body, old: Body | None) -> None:
        if "DepositToAccountRef" not in new and new["TotalAmt"]:
            found = books.shelf.find("Account", "json_extract(body, '$.AccountSubType') = 'UndepositedFunds'")
            if found:
                new["DepositToAccountRef"] = {"value": found[0]["Id"]}
        books.refer(new, "DepositToAccountRef", "Account", kind="Accounts", before=old)
        books.refer(new, "PaymentMethodRef", "PaymentMethod", kind="PaymentMethods", before=old)

    def _lines(self, books: Books, new: Body, old: Body | None) -> list[Body]:
        lines = []
        had = applications(old)
        customer = new["CustomerRef"]["value"]
        seen: dict[tuple[str, str], Decimal] = {}
        for line in new.get("Line") or ():
            links = line.get("LinkedTxn") if isinstance(line, dict) else None
            if not links:
                raise faults.required("LinkedTxn")
            if line.get("Amount") is None:
                raise faults.required("Amount")
            kind, identifier = str(links[0].get("TxnType")), str(links[0].get("TxnId"))
            amount = cents(line["Amount"])
            if kind not in _APPLICABLE + _OTHERS:
                raise faults.invalid_enumeration("TxnType", kind)
            if kind in _APPLICABLE:
                target = books.shelf.get(kind, identifier)
                if target is None:
                    raise faults.object_not_found()
                if not _related(books, customer, target):
                    raise faults.business("A payment can only be applied to transactions of its customer.")
                seen[kind, identifier] = seen.get((kind, identifier), ZERO) + amount
                open_amount = cents(target.get("RemainingCredit" if kind == "CreditMemo" else "Balance"))
                if seen[kind, identifier] > open_amount + had.get((kind, identifier), ZERO):
                    raise faults.business("You can't apply more than the open balance of a transaction.")
            if amount:
                lines.append({"Amount": amount, "LinkedTxn": [{"TxnId": identifier, "TxnType": kind}]})
        return lines

    def _oldest_first(self, books: Books, new: Body) -> list[Body]:
        lines, left = [], new["TotalAmt"]
        invoices = books.shelf.find("Invoice", "owner = ? AND balance > 0", (new["CustomerRef"]["value"],))
        for invoice in sorted(invoices, key=lambda body: (body["TxnDate"], int(body["Id"]))):
            part = min(left, cents(invoice["Balance"]))
            if part > 0 and books.company.auto_apply_payments:
                lines.append({"Amount": part, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]})
                left -= part
        return lines


def _related(books: Books, customer: str, target: Body) -> bool:
    """Whether a transaction belongs to the customer, its sub-customers or its parents."""
    owner = (target.get("CustomerRef") or {}).get("value")
    return owner == customer or _root(books, owner) == _root(books, customer)


def _root(books: Books, customer: str | None) -> str | None:
    while customer is not None:
        parent = ((books.shelf.get("Customer", customer) or {}).get("ParentRef") or {}).get("value")
        if parent is None:
            return customer
        customer = parent
    return None


def _apply(books: Books, kind: str, target: str, payment: str, amount: Decimal, *, linked: bool) -> None:
    body = books.shelf.get(kind, target) if kind in _APPLICABLE else None
    if body is None:
        return
    body["Balance"] = cents(body.get("Balance")) - amount
    if kind == "CreditMemo":
        body["RemainingCredit"] = cents(body.get("RemainingCredit")) - amount
    else:
        body = unlinked(body, "Payment", payment)
        if linked:
            body["LinkedTxn"].append({"TxnId": payment, "TxnType": "Payment"})
    if "HomeBalance" in body:
        body["HomeBalance"] = cents(body["Balance"] * Decimal(str(body.get("ExchangeRate", 1))))
    books.touch(kind, body, token=bool(books.switches["payment_moves_invoice_token"]))
    books.note(kind, target, "Update")


def explain_line(line: Body, target: Body) -> None:
    """Put the open balance (before this payment) and the number of the paid transaction on a payment's line."""
    link = line["LinkedTxn"][0]
    left = target.get("RemainingCredit" if link["TxnType"] == "CreditMemo" else "Balance")
    facts = {
        "txnId": link["TxnId"],
        "txnOpenBalance": f"{cents(left) + cents(line['Amount']):.2f}",
        "txnReferenceNumber": target.get("DocNumber"),
    }
    line["LineEx"] = {
        "any": [
            {
                **_NAME_VALUE,
                "value": {"Name": name, "Value": value},
                "nil": False,
                "globalScope": True,
                "typeSubstituted": False,
            }
            for name, value in facts.items()
            if value is not None
        ]
    }


def explain(books: Books, body: Body) -> None:
    """Bring what a payment tells about the transactions it pays up to date, unnoticed."""
    for line in body["Line"]:
        link = line["LinkedTxn"][0]
        target = books.shelf.get(link["TxnType"], link["TxnId"])
        if target is not None:
            explain_line(line, target)
    books.put_silently("Payment", body)


def renew_open_balances(books: Books, invoice: str) -> None:
    """Bring the open balance that the payments of an invoice tell up to date, unnoticed."""
    body = books.shelf.get("Invoice", invoice)
    for link in (body or {}).get("LinkedTxn") or ():
        payment = books.shelf.get("Payment", str(link["TxnId"])) if link["TxnType"] == "Payment" else None
        if payment is not None:
            explain(books, payment)


def release(books: Books, invoice: str, amount: Decimal | None) -> None:
    """Take ``amount`` (or all, for None) of what is applied to an invoice back to its payments, newest first."""
    body = books.shelf.get("Invoice", invoice) or {}
    for link in reversed(body.get("LinkedTxn") or []):
        payment = books.shelf.get("Payment", str(link["TxnId"])) if link["TxnType"] == "Payment" else None
        if payment is None or (amount is not None and amount <= 0):
            continue
        kept = []
        for line in payment["Line"]:
            if line["LinkedTxn"][0] == {"TxnId": invoice, "TxnType": "Invoice"}:
                part = cents(line["Amount"]) if amount is None else min(amount, cents(line["Amount"]))
                payment["UnappliedAmt"] = cents(payment.get("UnappliedAmt")) + part
                amount = None if amount is None else amount - part
                if part == cents(line["Amount"]):
                    continue
                line["Amount"] = cents(line["Amount"]) - part
            kept.append(line)
        payment["Line"] = kept
        books.touch("Payment", payment, token=True)
        books.note("Payment", payment["Id"], "Update")
        # A payment may be of another customer than the invoice: its parent, or who had the invoice before.
        settle_balance(books, (payment.get("CustomerRef") or {}).get("value"))
        if all(line["LinkedTxn"][0] != {"TxnId": invoice, "TxnType": "Invoice"} for line in kept):
            current = books.shelf.get("Invoice", invoice)
            if current is not None:
                books.put_silently("Invoice", unlinked(current, "Payment", payment["Id"]))
