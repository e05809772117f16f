"""What is bought: bills, vendor credits, purchases and purchase orders."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from qbo_simulator import faults
from qbo_simulator.amounts import ZERO, cents
from qbo_simulator.entities import expense_lines, refusals, tax
from qbo_simulator.entities.currencies import parse_date, set_currency
from qbo_simulator.entities.ledger import first_account
from qbo_simulator.entities.lists import move_stock
from qbo_simulator.entities.names import settle_vendor
from qbo_simulator.entities.rules import Rules, unlinked
from qbo_simulator.entities.terms import due_date

if TYPE_CHECKING:
    from qbo_simulator.books import Books

Body = dict[str, Any]
_HOW = ("TaxExcluded", "TaxInclusive", "NotApplicable")


class PurchaseFormRules(Rules):
    """What all forms of buying have in common."""

    read_only = frozenset({"TotalAmt", "Balance", "HomeTotalAmt", "HomeBalance", "VendorCreditAmt"})
    #: Whether stock and vendor balance follow.
    posts = True
    #: 1 takes goods in, -1 sends them back.
    direction = 1
    has_balance = True

    def __init__(self, entity: str) -> None:
        self.entity = entity

    def prepare(self, books: Books, new: Body, old: Body | None) -> None:
        """Complete a form: vendor, account, dates, lines, tax and total."""
        vendor = self.party(books, new, old)
        new.setdefault("TxnDate", books.today.isoformat())
        day = parse_date(new["TxnDate"], "TxnDate")
        set_currency(books, new, vendor)
        books.refer(new, "DepartmentRef", "Department", kind="Departments", before=old, name="FullyQualifiedName")
        if self.entity == "Bill":
            if "DueDate" in new:
                parse_date(new["DueDate"], "DueDate")
            term = books.refer(new, "SalesTermRef", "Term", kind="Terms", before=old)
            new.setdefault("DueDate", due_date(day, term).isoformat())
        total = self._lines(books, new, old)
        if total < 0:
            raise refusals.negative_total()
        new["TotalAmt"] = total
        if self.has_balance:
            paid = cents((old or {}).get("TotalAmt")) - cents((old or {}).get("Balance"))
            if total < paid:
                raise faults.business("The amount of a bill can't be less than what was paid of it.")
            new["Balance"] = total - paid
        if books.company.multicurrency:
            new["HomeTotalAmt"] = cents(total * new["ExchangeRate"])
            if self.has_balance:
                new["HomeBalance"] = cents(new["Balance"] * new["ExchangeRate"])
        self.link(books, new, old)

    def party(self, books: Books, new: Body, old: Body | None) -> Body | None:
        """Check who sells, and put in the account and the address."""
        if not new.get("VendorRef"):
            raise faults.required("VendorRef")
        vendor = books.refer(new, "VendorRef", "Vendor", kind="Names", before=old, name="DisplayName")
        if "APAccountRef" not in new:
            account = first_account(books, kind="Accounts Payable")
            if account:
                new["APAccountRef"] = {"value": account}
        books.refer(new, "APAccountRef", "Account", kind="Accounts", before=old, name="FullyQualifiedName")
        if "VendorAddr" not in new and old is None and (vendor or {}).get("BillAddr"):
            new["VendorAddr"] = dict((vendor or {})["BillAddr"])
        return vendor

    def link(self, books: Books, new: Body, old: Body | None) -> None:
        """Keep the links that payments made; a client can't set those."""
        had = (old or {}).get("LinkedTxn") or []
        asked = [link for link in new.get("LinkedTxn") or () if link.get("TxnType") == "PurchaseOrder"]
        kept = [link for link in had if link.get("TxnType") != "PurchaseOrder"]
        for link in asked:
            order = books.shelf.get("PurchaseOrder", str(link.get("TxnId")))
            if order is None:
                raise faults.object_not_found()
            if link not in had and order.get("POStatus") == "Closed":
                raise faults.business("Only an open purchase order can be linked to a bill.")
        links = kept + [{"TxnId": str(link["TxnId"]), "TxnType": "PurchaseOrder"} for link in asked]
        new.pop("LinkedTxn", None)
        if links:
            new["LinkedTxn"] = links

    def settle(self, books: Books, new: Body | None, old: Body | None) -> None:
        """Stock, the vendor's balance and the linked orders follow."""
        if not self.posts:
            return
        before, after = bought(old), bought(new)
        for item in sorted(before.keys() | after.keys()):
            move_stock(books, item, (before.get(item, ZERO) - after.get(item, ZERO)) * self.direction)
        for link in (new or {}).get("LinkedTxn") or ():
            order = books.shelf.get("PurchaseOrder", link["TxnId"]) if link["TxnType"] == "PurchaseOrder" else None
            if order is not None and new is not None and order.get("POStatus") != "Closed":
                order |= {"POStatus": "Closed", "LinkedTxn": [{"TxnId": new["Id"], "TxnType": self.entity}]}
                books.touch("PurchaseOrder", order, token=False)
        owners = {(body.get("VendorRef") or {}).get("value") for body in (new, old) if body}
        for owner in sorted(filter(None, owners)):
            settle_vendor(books, owner)

    def check_delete(self, books: Books, old: Body) -> None:
        """What a payment uses stays until the payment lets go of it."""
        payments = [
            str(link["TxnId"])
            for link in old.get("LinkedTxn") or ()
            if str(link.get("TxnType")).startswith("BillPayment")
        ]
        if not payments:
            return
        if books.switches["delete_paid_invoice"] == "refuse":
            raise refusals.still_linked()
        for identifier in payments:
            payment = books.shelf.get("BillPayment", identifier)
            if payment is not None:
                link = {"TxnId": old["Id"], "TxnType": self.entity}
                payment["Line"] = [line for line in payment["Line"] if link not in line["LinkedTxn"]]
                books.touch("BillPayment", payment, token=True)

    def _lines(self, books: Books, new: Body, old: Body | None) -> Decimal:
        """Set Line and TxnTaxDetail, and return the total."""
        elsewhere = not books.company.in_us
        if not elsewhere:
            form = expense_lines.read(books, new, old, inclusive=False)
            new["Line"] = form.lines
            return form.subtotal
        how = new.setdefault("GlobalTaxCalculation", "TaxExcluded")
        if how not in _HOW:
            raise faults.invalid_enumeration("GlobalTaxCalculation", how)
        form = expense_lines.read(books, new, old, inclusive=how == "TaxInclusive")
        given = tax.given_detail(books, new, old)
        taxed = tax.tax_elsewhere(
            books, form.flat, how=how, subtotal=form.subtotal, discount=ZERO, purchase=True, given=given
        )
        new["Line"], new["TxnTaxDetail"] = form.lines, taxed.detail
        return form.subtotal + taxed.total


class PurchaseRules(PurchaseFormRules):
    """Expenses, checks and credit card charges: paid at once."""

    has_balance = False
    types = ("Cash", "Check", "CreditCard")

    def party(self, books: Books, new: Body, old: Body | None) -> Body | None:
        """Check the account that pays and, where given, who is paid."""
        kind = new.get("PaymentType")
        if not kind:
            raise faults.required("PaymentType")
        if kind not in self.types:
            raise faults.invalid_enumeration("PaymentType", kind)
        if not new.get("AccountRef"):
            raise faults.required("AccountRef")
        account = (
            books.refer(new, "AccountRef", "Account", kind="Accounts", before=old, name="FullyQualifiedName") or {}
        )
        wanted = {"CreditCard": ("Credit Card",), "Check": ("Bank",)}.get(kind, ("Bank", "Credit Card"))
        if account.get("AccountType") not in (*wanted, "Other Current Asset"):
            raise faults.business("You must choose an account of the right type for this payment type.")
        books.refer(new, "PaymentMethodRef", "PaymentMethod", kind="PaymentMethods", before=old, name="Name")
        new.setdefault("Credit", False)
        if kind == "Check":
            new.setdefault("PrintStatus", "NotSet")
        entity = new.get("EntityRef")
        if not entity:
            return None
        kind_of_name = entity.get("type") or "Vendor"
        if kind_of_name not in ("Vendor", "Customer", "Employee"):
            raise faults.invalid_enumeration("EntityRef.type", kind_of_name)
        found = books.refer(new, "EntityRef", kind_of_name, kind="Names", before=old, name="DisplayName")
        new["EntityRef"] = {**new["EntityRef"], "type": kind_of_name}
        return found


class PurchaseOrderRules(PurchaseFormRules):
    """Orders: nothing is booked before the bill comes."""

    posts = False
    has_balance = False

    def prepare(self, books: Books, new: Body, old: Body | None) -> None:
        """Complete an order with its number and status."""
        super().prepare(books, new, old)
        status = new.setdefault("POStatus", "Open")
        if status not in ("Open", "Closed"):
            raise faults.invalid_enumeration("POStatus", status)
        if not new.get("DocNumber") and not books.company.custom_numbers:
            new["DocNumber"] = (old or {}).get("DocNumber") or str(
                books.tx.next_number(books.company.realm, "number of PurchaseOrder")
            )

    def link(self, books: Books, new: Body, old: Body | None) -> None:
        """The links are the bills that came."""
        new.pop("LinkedTxn", None)
        if (old or {}).get("LinkedTxn"):
            new["LinkedTxn"] = (old or {})["LinkedTxn"]


class VendorCreditRules(PurchaseFormRules):
    """Credits of vendors: goods go back, the vendor owes."""

    direction = -1


def bought(body: Body | None) -> dict[str, Decimal]:
    """Return how much of each item a form takes in."""
    found: dict[str, Decimal] = {}
    for line in (body or {}).get("Line") or ():
        detail = line.get(expense_lines.ITEM) or {}
        item = (detail.get("ItemRef") or {}).get("value")
        if item and detail.get("Qty"):
            found[item] = found.get(item, ZERO) + detail["Qty"]
    return found


def without_link(body: Body, entity: str, identifier: str) -> Body:
    """Return a bill without its link to a payment; no empty list is left."""
    plain = unlinked(body, entity, identifier)
    if not plain["LinkedTxn"]:
        del plain["LinkedTxn"]
    return plain
