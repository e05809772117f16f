"""Recurring transactions: templates of other transactions, wrapped in their name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qbo_simulator import faults
from qbo_simulator.entities.intake import CLEARED, take_in
from qbo_simulator.entities.rules import Rules
from qbo_simulator.entities.vocabulary import spoken

if TYPE_CHECKING:
    from qbo_simulator.books import Books
    from qbo_simulator.entities.catalogue import Entity

Body = dict[str, Any]
KINDS = (
    "Bill",
    "Purchase",
    "CreditMemo",
    "Deposit",
    "Estimate",
    "Invoice",
    "JournalEntry",
    "RefundReceipt",
    "SalesReceipt",
    "Transfer",
    "VendorCredit",
    "PurchaseOrder",
)
_RECUR_TYPES = ("Automated", "Reminded", "Unscheduled", "Reminder")
_INTERVALS = ("Yearly", "Monthly", "Weekly", "Daily")
#: What is only known once a transaction is made from the template.
_NOT_YET = ("DocNumber", "TxnDate", "DueDate", "LinkedTxn", "Balance", "HomeBalance", "InvoiceLink", "RemainingCredit")


class RecurringRules(Rules):
    """What is inside keeps the rules of its own kind, but books nothing."""

    def write(self, books: Books, entity: Entity, operation: str, request: Body) -> Body | None:
        """Create, change or delete a template. Raises Refused."""
        kind, asked = _unwrapped(request)
        if operation == "delete":
            old = self._claim(books, entity, kind, asked)
            books.shelf.bury(entity.name, str(old["Id"]), books.stamp)
            books.note(entity.name, str(old["Id"]), "Delete")
            return {kind: {"status": "Deleted", "domain": "QBO", "Id": old["Id"]}}
        asked = spoken(kind, asked, books.switches["unknown_properties"])
        given = {name: value for name, value in take_in(asked).items() if value is not CLEARED}
        old_body = self._claim(books, entity, kind, asked) if given.get("Id") else None
        new = {**(old_body or {}), **given} if given.get("sparse") is True else given
        _check_schedule(new)
        _complete(books, kind, new)
        if old_body is None:
            identifier, token = str(books.tx.next_number(books.company.realm, "txn")), "0"
            created = books.stamp
        else:
            identifier, token = str(old_body["Id"]), str(int(old_body["SyncToken"]) + 1)
            created = old_body["MetaData"]["CreateTime"]
        new |= {
            "RecurDataRef": {"value": identifier},
            "domain": "QBO",
            "sparse": False,
            "Id": identifier,
            "SyncToken": token,
            "MetaData": {"CreateTime": created, "LastUpdatedTime": books.stamp},
        }
        books.shelf.put(entity, {kind: new})
        books.note(entity.name, identifier, "Update" if old_body else "Create")
        return {kind: new}

    def _claim(self, books: Books, entity: Entity, kind: str, asked: Body) -> Body:
        identifier = asked.get("Id")
        if not identifier:
            raise faults.required("Id")
        stored = books.shelf.get(entity.name, str(identifier))
        if stored is None or kind not in stored:
            raise faults.object_not_found()
        if asked.get("SyncToken") is None:
            raise faults.required("SyncToken")
        inner: Body = stored[kind]
        if str(asked["SyncToken"]) != inner["SyncToken"]:
            raise faults.stale_object()
        return inner


def _unwrapped(request: Body) -> tuple[str, Body]:
    body = request.get("RecurringTransaction") if isinstance(request.get("RecurringTransaction"), dict) else request
    found = [(name, value) for name, value in (body or {}).items() if name in KINDS and isinstance(value, dict)]
    if len(found) != 1:
        raise faults.required("RecurringTransaction")
    return found[0]


def _check_schedule(new: Body) -> None:
    info = new.get("RecurringInfo")
    if not isinstance(info, dict):
        raise faults.required("RecurringInfo")
    if not info.get("Name"):
        raise faults.required("RecurringInfo.Name")
    kind = info.setdefault("RecurType", "Automated")
    if kind not in _RECUR_TYPES:
        raise faults.invalid_enumeration("RecurType", kind)
    info.setdefault("Active", True)
    schedule = info.get("ScheduleInfo") or {}
    interval = schedule.get("IntervalType")
    if interval is None and kind == "Automated":
        raise faults.required("ScheduleInfo.IntervalType")
    if interval is not None and interval not in _INTERVALS:
        raise faults.invalid_enumeration("IntervalType", interval)


def _complete(books: Books, kind: str, new: Body) -> None:
    """Let the rules of the kind check and complete the template, without a number or a date of its own."""
    for name in _NOT_YET:
        new.pop(name, None)
    new["DocNumber"] = "recurring"
    # A sequence that moves here would leave a hole in the numbers of the real transactions.
    books.rules[kind].prepare(books, new, None)
    for name in _NOT_YET:
        new.pop(name, None)
