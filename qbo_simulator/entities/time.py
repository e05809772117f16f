"""Time sheets and budgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qbo_simulator import faults
from qbo_simulator.amounts import ZERO
from qbo_simulator.entities.currencies import parse_date
from qbo_simulator.entities.lists import ListRules
from qbo_simulator.entities.rules import Rules

if TYPE_CHECKING:
    from qbo_simulator.books import Books

Body = dict[str, Any]
_BILLABLE = ("Billable", "NotBillable", "HasBeenBilled")


class TimeActivityRules(Rules):
    """Hours that somebody worked."""

    def prepare(self, books: Books, new: Body, old: Body | None) -> None:
        """Check who worked, for whom, and how long."""
        who = new.get("NameOf")
        if not who:
            raise faults.required("NameOf")
        if who not in ("Employee", "Vendor", "Other"):
            raise faults.invalid_enumeration("NameOf", who)
        field = "VendorRef" if who in ("Vendor", "Other") else "EmployeeRef"
        if not new.get(field):
            raise faults.required(field)
        entity = field.removesuffix("Ref")
        books.refer(new, field, entity, kind="Names", before=old, name="DisplayName")
        books.refer(new, "CustomerRef", "Customer", kind="Names", before=old, name="DisplayName")
        books.refer(new, "ItemRef", "Item", kind="Item", before=old, name="FullyQualifiedName")
        books.refer(new, "ClassRef", "Class", kind="Class", before=old, name="FullyQualifiedName")
        books.refer(new, "DepartmentRef", "Department", kind="Departments", before=old, name="FullyQualifiedName")
        new.setdefault("TxnDate", books.today.isoformat())
        parse_date(new["TxnDate"], "TxnDate")
        status = new.setdefault("BillableStatus", "NotBillable")
        if status not in _BILLABLE:
            raise faults.invalid_enumeration("BillableStatus", status)
        if status == "Billable" and not new.get("CustomerRef"):
            raise faults.business("When you check Billable, you must enter a customer.")
        new.setdefault("Taxable", False)
        new.setdefault("HourlyRate", 0)
        if not (new.get("StartTime") and new.get("EndTime")):
            if new.get("Hours") is None and new.get("Minutes") is None:
                raise faults.required("Hours")
            new.setdefault("Hours", 0)
            new.setdefault("Minutes", 0)
            if not 0 <= new["Hours"] <= 8760:
                raise faults.illegal_number("Hours", new["Hours"])
            if not 0 <= new["Minutes"] <= 59:
                raise faults.illegal_number("Minutes", new["Minutes"])


class BudgetRules(ListRules):
    """Budgets: what is meant to come in and go out of an account each month."""

    types = ("ProfitAndLoss", "BalanceSheet")
    entries = ("Monthly", "Quarterly", "Annually")

    def __init__(self) -> None:
        super().__init__("Budget")

    def complete(self, books: Books, new: Body, old: Body | None) -> None:
        """Check the time, the kind and the accounts."""
        for field in ("StartDate", "EndDate"):
            if not new.get(field):
                raise faults.required(field)
            parse_date(new[field], field)
        for field, known in (("BudgetType", self.types), ("BudgetEntryType", self.entries)):
            if new.setdefault(field, known[0]) not in known:
                raise faults.invalid_enumeration(field, new[field])
        for detail in new.get("BudgetDetail") or ():
            if not detail.get("AccountRef"):
                raise faults.required("AccountRef")
            for field, entity in (("AccountRef", "Account"), ("CustomerRef", "Customer"), ("ClassRef", "Class")):
                books.refer(detail, field, entity, kind=f"{entity}s", before=detail, name="FullyQualifiedName")
            detail.setdefault("Amount", ZERO)
