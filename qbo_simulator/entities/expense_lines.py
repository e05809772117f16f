"""The lines of what is bought: by account or by item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qbo_simulator import faults
from qbo_simulator.amounts import ZERO, cents
from qbo_simulator.entities import tax
from qbo_simulator.entities.lines import Form, Line, Numbers, amount_of, check_amount, flat_lines, forget_zeros

if TYPE_CHECKING:
    from qbo_simulator.books import Books

ACCOUNT, ITEM = "AccountBasedExpenseLineDetail", "ItemBasedExpenseLineDetail"
_GROUP = "GroupLineDetail"
_KINDS = (ACCOUNT, ITEM, _GROUP, "DescriptionOnly", "TaxLineDetail")
_BILLABLE = ("Billable", "NotBillable", "HasBeenBilled")


def read(books: Books, new: dict[str, Any], old: dict[str, Any] | None, *, inclusive: bool) -> Form:
    """Check the lines of a purchase form and complete them. Raises Refused."""
    given = new.get("Line")
    if not isinstance(given, list) or not given:
        raise faults.required("Line")
    before = {str(line["Id"]): line for line in flat_lines((old or {}).get("Line") or ()) if "Id" in line}
    numbers = Numbers(before, max((int(i) for i in before if i.isdecimal()), default=0))
    form = Form()
    for line in given:
        kind = line.get("DetailType")
        if kind is None:
            raise faults.required("Line.DetailType")
        if kind not in _KINDS:
            raise faults.invalid_enumeration("DetailType", kind)
        stored = numbers.give(line)
        if kind in (ACCOUNT, ITEM):
            _complete(books, stored, before.get(stored["Id"]), kind, inclusive=inclusive)
            form.flat.append(stored)
        form.lines.append(stored)
    form.subtotal = sum((cents(line.get("Amount")) for line in form.flat), ZERO)
    return form


def _complete(books: Books, line: Line, before: Line | None, kind: str, *, inclusive: bool) -> None:
    detail = dict(line.get(kind) or {})
    line[kind] = detail
    line["Amount"] = amount_of(line)
    known = (before or {}).get(kind)
    item: Line | None = None
    if kind == ACCOUNT:
        if not detail.get("AccountRef"):
            raise faults.required("AccountRef")
        books.refer(detail, "AccountRef", "Account", kind="Accounts", before=known, name="FullyQualifiedName")
    else:
        if not detail.get("ItemRef"):
            raise faults.required("ItemRef")
        item = books.refer(detail, "ItemRef", "Item", kind="Item", before=known, name="FullyQualifiedName")
        if item is not None and item.get("Type") == "Category":
            raise faults.business("You can't use a category on a transaction.")
        forget_zeros(detail, line["Amount"])
        price, quantity = detail.get("UnitPrice"), detail.get("Qty")
        if price is not None and quantity is not None and not inclusive:
            check_amount(books, line["Amount"], price * quantity)
    books.refer(detail, "CustomerRef", "Customer", kind="Names", before=known, name="DisplayName")
    books.refer(detail, "ClassRef", "Class", kind="Class", before=known, name="FullyQualifiedName")
    status = detail.setdefault("BillableStatus", "NotBillable")
    if status not in _BILLABLE:
        raise faults.invalid_enumeration("BillableStatus", status)
    if status == "Billable" and not detail.get("CustomerRef"):
        raise faults.business("When you check Billable, you must enter a customer.")
    code = (detail.get("TaxCodeRef") or {}).get("value")
    if books.company.in_us:
        detail["TaxCodeRef"] = {"value": code or "NON"}
    if code is not None:
        tax.check_code(books, code)
    if inclusive:
        tax.take_tax_out(books, line, purchase=True)
    line.setdefault("LinkedTxn", [])
    line.setdefault("CustomExtensions", [])
