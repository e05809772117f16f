"""The lines of a sales form: Ids, names, amounts, subtotal and discount."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from qbo_simulator import faults
from qbo_simulator.amounts import ZERO, cents
from qbo_simulator.entities import tax

if TYPE_CHECKING:
    from qbo_simulator.books import Books

Line = dict[str, Any]
_KNOWN = ("SalesItemLineDetail", "DescriptionOnly", "GroupLineDetail", "DiscountLineDetail", "SubTotalLineDetail")


@dataclass
class Form:
    """The lines as they will be stored, and what they add up to."""

    lines: list[Line] = field(default_factory=list)
    #: The lines with amounts, those inside bundles included.
    flat: list[Line] = field(default_factory=list)
    #: What the lines come to; shipping stands below it, and no discount lowers it.
    subtotal: Decimal = ZERO
    discount: Decimal = ZERO
    shipping: Decimal = ZERO


@dataclass
class Numbers:
    """Which Ids of the old lines are still in use, and the next free ones."""

    old: dict[str, Line]
    last_id: int
    used: set[str] = field(default_factory=set)
    last_num: int = 0

    def give(self, line: Line) -> Line:
        """Return the line with its Id (kept when it had one before) and its place."""
        identifier = str(line.get("Id", ""))
        if identifier not in self.old or identifier in self.used:
            self.last_id += 1
            identifier = str(self.last_id)
        self.used.add(identifier)
        self.last_num += 1
        return {"Id": identifier, "LineNum": self.last_num} | {
            name: value for name, value in line.items() if name not in ("Id", "LineNum")
        }


def read(
    books: Books, new: dict[str, Any], old: dict[str, Any] | None, customer: dict[str, Any] | None, *, inclusive: bool
) -> Form:
    """Check the lines of a form and complete them. Raises Refused."""
    given = new.get("Line")
    if not isinstance(given, list) or not given:
        raise faults.required("Line")
    before = {str(line["Id"]): line for line in flat_lines((old or {}).get("Line") or ()) if "Id" in line}
    numbers = Numbers(before, max((int(i) for i in before if i.isdecimal()), default=0))
    form = Form()
    discounts: list[Line] = []
    shipping: list[Line] = []
    for line in given:
        kind = _kind(line)
        if kind == "SubTotalLineDetail":
            continue
        if kind == "DiscountLineDetail":
            discounts.append(line)
            continue
        stored = numbers.give(line)
        if kind == "GroupLineDetail":
            stored = _bundle(books, stored, numbers, customer, inclusive=inclusive)
            form.flat += stored["GroupLineDetail"]["Line"]
        elif kind == "SalesItemLineDetail":
            stored = _item_line(books, stored, before.get(stored["Id"]), customer, inclusive=inclusive)
            form.flat.append(stored)
            if is_shipping(stored):
                shipping.append(stored)
                continue
        else:
            stored.setdefault("DescriptionLineDetail", {})
            form.flat.append(stored)
        form.lines.append(stored)
    if len(shipping) > 1:
        raise faults.business("A transaction can have only one shipping line.")
    if (
        not form.lines
        and not shipping
        and not any(_kind(line) == "SubTotalLineDetail" for line in (old or {}).get("Line") or ())
    ):
        raise faults.required("Line")
    form.shipping = sum((cents(line.get("Amount")) for line in shipping), ZERO)
    form.subtotal = sum((cents(line.get("Amount")) for line in form.flat), ZERO) - form.shipping
    form.lines.append({"Amount": form.subtotal, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}})
    if len(discounts) > 1:
        raise faults.business("A transaction can have only one discount line.")
    for line in discounts:
        stored = _discount(books, line, form.subtotal)
        form.discount = stored["Amount"]
        form.lines.append(stored)
    form.lines += shipping
    return form


def is_shipping(line: Line) -> bool:
    """Whether a line is what is asked for shipping."""
    return ((line.get("SalesItemLineDetail") or {}).get("ItemRef") or {}).get("value") == "SHIPPING_ITEM_ID"


def emptied(line: Line) -> Line:
    """Return a line of a voided form: amount and quantity are zero, the price is gone."""
    new = {**line, "Amount": 0}
    detail = line.get("SalesItemLineDetail")
    if isinstance(detail, dict):
        kept = {name: value for name, value in detail.items() if name not in ("UnitPrice", "TaxInclusiveAmt")}
        new["SalesItemLineDetail"] = {name: 0 if name == "Qty" else value for name, value in kept.items()}
    bundle = line.get("GroupLineDetail")
    if isinstance(bundle, dict):
        inner = [emptied(child) for child in bundle.get("Line") or ()]
        new["GroupLineDetail"] = {**bundle, "Quantity": 0, "Line": inner}
    return new


def quantities(body: dict[str, Any] | None) -> dict[str, Decimal]:
    """Return how much of each item a form sells."""
    sold: dict[str, Decimal] = {}
    for line in flat_lines((body or {}).get("Line") or ()):
        detail = line.get("SalesItemLineDetail") or {}
        item = (detail.get("ItemRef") or {}).get("value")
        if item and detail.get("Qty"):
            sold[item] = sold.get(item, ZERO) + detail["Qty"]
    return sold


def flat_lines(lines: Any) -> list[Line]:
    """Return the lines and those inside bundles."""
    found: list[Line] = []
    for line in lines:
        if isinstance(line, dict):
            found.append(line)
            found += (line.get("GroupLineDetail") or {}).get("Line") or []
    return found


def _kind(line: Any) -> str:
    if not isinstance(line, dict):
        raise faults.invalid_property("Line", "Line")
    kind = line.get("DetailType")
    if kind is None:
        raise faults.required("Line.DetailType")
    if kind not in _KNOWN:
        raise faults.invalid_enumeration("DetailType", kind)
    return str(kind)


def amount_of(line: Line) -> Decimal:
    """Return the amount of a line in cents. Raises Refused when there is none."""
    if line.get("Amount") is None:
        raise faults.required("Amount")
    return cents(line["Amount"])


def _item_line(
    books: Books, line: Line, before: Line | None, customer: dict[str, Any] | None, *, inclusive: bool
) -> Line:
    given = line.get("SalesItemLineDetail")
    if given is not None and not isinstance(given, dict):
        raise faults.invalid_property("SalesItemLineDetail", "Line")
    detail = dict(given or {})
    line["SalesItemLineDetail"] = detail
    line["Amount"] = amount_of(line)
    if "ItemRef" not in detail:
        detail["ItemRef"] = {"value": _default_item(books)}
    known = (before or {}).get("SalesItemLineDetail")
    item: dict[str, Any] | None = None
    if detail["ItemRef"]["value"] not in ("SHIPPING_ITEM_ID", "GRATUITY_ITEM_ID"):
        item = books.refer(detail, "ItemRef", "Item", kind="Item", before=known, name="FullyQualifiedName")
    books.refer(detail, "ClassRef", "Class", kind="Class", before=known, name="FullyQualifiedName")
    if item and item.get("IncomeAccountRef"):
        detail["ItemAccountRef"] = item["IncomeAccountRef"]
    _tax_code(books, detail, item, customer)
    forget_zeros(detail, line["Amount"])
    price, quantity = detail.get("UnitPrice"), detail.get("Qty")
    by_gross = inclusive and detail.get("TaxInclusiveAmt") is not None
    if price is not None and quantity is not None and not by_gross:
        check_amount(books, line["Amount"], price * quantity)
    if inclusive:
        tax.take_tax_out(books, line)
    else:
        detail.pop("TaxInclusiveAmt", None)
    line.setdefault("CustomExtensions", [])
    return line


def forget_zeros(detail: dict[str, Any], amount: Decimal) -> None:
    """Take zeros beside an amount as not sent: python-quickbooks fills them in, and QuickBooks keeps the amount."""
    if not amount:
        return
    if detail.get("Qty") == 0 and detail.get("UnitPrice") == 0:
        del detail["Qty"], detail["UnitPrice"]
    if detail.get("TaxInclusiveAmt") == 0:
        del detail["TaxInclusiveAmt"]


def check_amount(books: Books, amount: Decimal, product: Decimal) -> None:
    """Refuse an amount that is not price times quantity."""
    # Half a cent up or down is forgiven: clients multiply with more or fewer digits than we keep.
    if books.switches["check_amounts"] and abs(product - amount) > Decimal("0.0051"):
        raise faults.amount_mismatch(amount, str(books.switches["amount_mismatch_code"]))


def _tax_code(
    books: Books, detail: dict[str, Any], item: dict[str, Any] | None, customer: dict[str, Any] | None
) -> None:
    code = (detail.get("TaxCodeRef") or {}).get("value")
    if books.company.in_us:
        taxable = bool(item and item.get("Taxable")) and (customer or {}).get("Taxable") is not False
        detail["TaxCodeRef"] = {"value": code or ("TAX" if taxable else "NON")}
        if code and books.shelf.text("TaxCode", code) is None:
            raise faults.invalid_reference("TaxCode", code)
    elif code is not None:
        tax.check_code(books, code)
        detail["TaxCodeRef"] = {"value": code}


def _default_item(books: Books) -> str:
    for name in ("services", "sales", "hours"):
        found = books.shelf.named(("Item",), name)
        if found:
            return found[0][1]
    rows = books.shelf.find("Item", "active = 1", limit=1)
    if not rows:
        raise faults.required("ItemRef")
    return str(rows[0]["Id"])


def _bundle(books: Books, line: Line, numbers: Numbers, customer: dict[str, Any] | None, *, inclusive: bool) -> Line:
    detail = dict(line.get("GroupLineDetail") or {})
    books.refer(detail, "GroupItemRef", "Item", kind="Item", before=detail, name="FullyQualifiedName")
    children = []
    for child in detail.get("Line") or ():
        kept = numbers.old.get(str(child.get("Id", "")))
        children.append(_item_line(books, numbers.give(child), kept, customer, inclusive=inclusive))
    detail["Line"] = children
    return {**line, "Amount": line.get("Amount", ZERO), "GroupLineDetail": detail}


def _discount(books: Books, line: Line, subtotal: Decimal) -> Line:
    detail = dict(line.get("DiscountLineDetail") or {})
    if detail.get("PercentBased"):
        if detail.get("DiscountPercent") is None:
            raise faults.required("DiscountPercent")
        amount = cents(subtotal * detail["DiscountPercent"] / 100)
    else:
        detail["PercentBased"] = False
        amount = amount_of(line)
    if "DiscountAccountRef" not in detail:
        account = books.company.discount_account
        if account is None:
            given = books.shelf.find("Account", "json_extract(body, '$.AccountSubType') = 'DiscountsRefundsGiven'")
            account = given[0]["Id"] if given else None
        if account:
            detail["DiscountAccountRef"] = {"value": account}
    books.refer(detail, "DiscountAccountRef", "Account", kind="Accounts", before=detail, name="FullyQualifiedName")
    kept = {name: value for name, value in line.items() if name not in ("Id", "LineNum", "Amount")}
    return {"Amount": amount, **kept, "DiscountLineDetail": detail}
