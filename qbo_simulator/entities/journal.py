"""Journal entries, transfers, card payments and stock counts: what books money without a form of sale or purchase."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from qbo_simulator import faults
from qbo_simulator.amounts import ZERO, cents
from qbo_simulator.entities.currencies import parse_date, set_currency
from qbo_simulator.entities.lines import Numbers
from qbo_simulator.entities.lists import ListRules, move_stock
from qbo_simulator.entities.names import settle_balance, settle_vendor
from qbo_simulator.entities.rules import Rules

if TYPE_CHECKING:
    from qbo_simulator.books import Books

Body = dict[str, Any]
_POSTINGS = ("Debit", "Credit")
_NAMES = ("Customer", "Vendor", "Employee")
_BALANCE_SHEET = ("Asset", "Liability", "Equity")


def _begin(books: Books, new: Body) -> None:
    new.setdefault("TxnDate", books.today.isoformat())
    parse_date(new["TxnDate"], "TxnDate")
    set_currency(books, new, None)


def _numbers(new: Body, old: Body | None) -> Numbers:
    if not isinstance(new.get("Line"), list) or not new["Line"]:
        raise faults.required("Line")
    before = {str(line["Id"]): line for line in (old or {}).get("Line") or () if "Id" in line}
    return Numbers(before, max((int(i) for i in before if i.isdecimal()), default=0))


class JournalEntryRules(Rules):
    """Journal entries: debits are as much as credits."""

    read_only = frozenset({"TotalAmt", "HomeTotalAmt"})

    def prepare(self, books: Books, new: Body, old: Body | None) -> None:
        """Check the lines and their balance, and give the entry its number."""
        _begin(books, new)
        numbers = _numbers(new, old)
        sums = dict.fromkeys(_POSTINGS, ZERO)
        lines = []
        for line in new["Line"]:
            stored = numbers.give(line)
            stored.pop("LineNum")
            if stored.get("DetailType") == "DescriptionOnly":
                lines.append(stored)
                continue
            detail = self._detail(books, stored, numbers.old.get(stored["Id"]))
            sums[detail["PostingType"]] += stored["Amount"]
            lines.append(stored)
        if sums["Debit"] != sums["Credit"]:
            raise faults.business("Debits and credits must be equal.")
        new["Line"] = lines
        new["TotalAmt"] = sums["Debit"]
        if books.company.multicurrency:
            new["HomeTotalAmt"] = cents(sums["Debit"] * new["ExchangeRate"])
        new.setdefault("Adjustment", False)
        new.setdefault("TxnTaxDetail", {})
        if not new.get("DocNumber") and not books.company.custom_numbers:
            number = books.tx.next_number(books.company.realm, "number of JournalEntry") if old is None else None
            new["DocNumber"] = (old or {}).get("DocNumber") or str(number)

    def settle(self, books: Books, new: Body | None, old: Body | None) -> None:
        """The balances of customers and vendors on receivables and payables follow."""
        names: set[tuple[str, str]] = set()
        for line in [*((new or {}).get("Line") or ()), *((old or {}).get("Line") or ())]:
            entity = (line.get("JournalEntryLineDetail") or {}).get("Entity") or {}
            if entity.get("EntityRef"):
                names.add((str(entity.get("Type")), str(entity["EntityRef"]["value"])))
        for kind, identifier in sorted(names):
            if kind == "Customer":
                settle_balance(books, identifier)
            elif kind == "Vendor":
                settle_vendor(books, identifier)

    def _detail(self, books: Books, line: Body, before: Body | None) -> Body:
        kind = line.get("DetailType")
        if kind != "JournalEntryLineDetail":
            raise faults.required("DetailType") if kind is None else faults.invalid_enumeration("DetailType", kind)
        if line.get("Amount") is None:
            raise faults.required("Amount")
        line["Amount"] = cents(line["Amount"])
        detail: Body = dict(line.get("JournalEntryLineDetail") or {})
        line["JournalEntryLineDetail"] = detail
        if detail.get("PostingType") not in _POSTINGS:
            if not detail.get("PostingType"):
                raise faults.required("PostingType")
            raise faults.invalid_enumeration("PostingType", detail["PostingType"])
        if not detail.get("AccountRef"):
            raise faults.required("AccountRef")
        known = (before or {}).get("JournalEntryLineDetail")
        account = books.refer(detail, "AccountRef", "Account", kind="Accounts", before=known, name="FullyQualifiedName")
        for field, entity in (("ClassRef", "Class"), ("DepartmentRef", "Department")):
            books.refer(detail, field, entity, kind=entity, before=known, name="FullyQualifiedName")
        kind_of_name = self._name(books, detail, known)
        wanted = {"Accounts Receivable": "Customer", "Accounts Payable": "Vendor"}.get(
            str((account or {}).get("AccountType"))
        )
        if wanted and kind_of_name != wanted:
            raise faults.business(
                f"When you use {(account or {})['AccountType']}, you must choose a {wanted.lower()} in the Name field."
            )
        return detail

    def _name(self, books: Books, detail: Body, known: Body | None) -> str | None:
        entity = detail.get("Entity")
        if not isinstance(entity, dict) or not entity.get("EntityRef"):
            return None
        kind = entity.get("Type") or "Customer"
        if kind not in _NAMES:
            raise faults.invalid_enumeration("Type", kind)
        entity = {"Type": kind, **entity}
        books.refer(entity, "EntityRef", kind, kind="Names", before=(known or {}).get("Entity"), name="DisplayName")
        detail["Entity"] = entity
        return str(kind)


class JournalCodeRules(ListRules):
    """The journals of a French company."""

    types = ("Expenses", "Sales", "Bank", "Nouveaux", "Wages", "Cash", "Others")

    def __init__(self) -> None:
        super().__init__("JournalCode")

    def complete(self, books: Books, new: Body, old: Body | None) -> None:
        """A journal has a type."""
        new.setdefault("Type", "Others")
        if new["Type"] not in self.types:
            raise faults.invalid_enumeration("Type", new["Type"])


class MoneyMoveRules(Rules):
    """Transfers and payments of credit cards: one amount from one account to another."""

    def __init__(self, source: str, target: str, *, target_type: str | None = None) -> None:
        self.source = source
        self.target = target
        self.target_type = target_type

    def prepare(self, books: Books, new: Body, old: Body | None) -> None:
        """Check both accounts and the amount."""
        for field in (self.source, self.target):
            if not new.get(field):
                raise faults.required(field)
        if new.get("Amount") is None:
            raise faults.required("Amount")
        if new["Amount"] <= 0:
            raise faults.business("The amount must be greater than zero.")
        new["Amount"] = cents(new["Amount"])
        source = books.refer(new, self.source, "Account", kind="Accounts", before=old, name="FullyQualifiedName") or {}
        target = books.refer(new, self.target, "Account", kind="Accounts", before=old, name="FullyQualifiedName") or {}
        if source["Id"] == target["Id"]:
            raise faults.business("You can't transfer money from an account to itself.")
        if not {source.get("Classification"), target.get("Classification")} <= set(_BALANCE_SHEET):
            raise faults.business("You can only transfer money between balance sheet accounts.")
        if self.target_type and target.get("AccountType") != self.target_type:
            raise faults.business(f"{self.target} must be an account of the type {self.target_type}.")
        books.refer(new, "VendorRef", "Vendor", kind="Names", before=old, name="DisplayName")
        _begin(books, new)


class InventoryAdjustmentRules(Rules):
    """Counts of the stock that correct what the books say."""

    def prepare(self, books: Books, new: Body, old: Body | None) -> None:
        """Check the account and how much each item changes by."""
        if not new.get("AdjustAccountRef"):
            raise faults.required("AdjustAccountRef")
        books.refer(new, "AdjustAccountRef", "Account", kind="Accounts", before=old, name="FullyQualifiedName")
        new.setdefault("TxnDate", books.today.isoformat())
        parse_date(new["TxnDate"], "TxnDate")
        numbers = _numbers(new, old)
        lines = []
        for line in new["Line"]:
            stored = numbers.give(line)
            detail = dict(stored.get("ItemAdjustmentLineDetail") or {})
            if not detail.get("ItemRef"):
                raise faults.required("ItemRef")
            item = books.refer(detail, "ItemRef", "Item", kind="Item", before=detail, name="FullyQualifiedName") or {}
            if not item.get("TrackQtyOnHand"):
                raise faults.business("You can only adjust the quantity of inventory items.")
            if detail.get("QtyDiff") is None:
                raise faults.required("QtyDiff")
            lines.append({**stored, "DetailType": "ItemAdjustmentLineDetail", "ItemAdjustmentLineDetail": detail})
        new["Line"] = lines

    def settle(self, books: Books, new: Body | None, old: Body | None) -> None:
        """The stock follows."""
        before, after = _counted(old), _counted(new)
        for item in sorted(before.keys() | after.keys()):
            move_stock(books, item, before.get(item, ZERO) - after.get(item, ZERO))


def _counted(body: Body | None) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for line in (body or {}).get("Line") or ():
        detail = line["ItemAdjustmentLineDetail"]
        found[detail["ItemRef"]["value"]] = found.get(detail["ItemRef"]["value"], ZERO) + detail["QtyDiff"]
    return found
