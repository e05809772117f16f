"""Items, accounts and the other lists with a unique name; and the two objects that exist once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qbo_simulator import faults
from qbo_simulator.amounts import ZERO
from qbo_simulator.entities.intake import CLEARED
from qbo_simulator.entities.renaming import spread
from qbo_simulator.entities.rules import Rules

if TYPE_CHECKING:
    from qbo_simulator.books import Books

DELETED = " (deleted)"


class ListRules(Rules):
    """A list whose elements have a name of their own and are made inactive, never deleted."""

    read_only = frozenset({"FullyQualifiedName", "Level"})

    #: Which name of a parent its children show; accounts show none.
    parent_shown = "FullyQualifiedName"
    #: The references of other objects that show the name.
    refers: tuple[str, ...] = ()

    def __init__(self, entity: str, name_field: str = "Name", *, nested: bool = False) -> None:
        self.entity = entity
        self.name_field = name_field
        self.nested = nested

    def merge(self, old: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
        """A sparse update can't take the name away."""
        if given.get(self.name_field) is CLEARED:
            given = {name: value for name, value in given.items() if name != self.name_field}
        return super().merge(old, given)

    def prepare(self, books: Books, new: dict[str, Any], old: dict[str, Any] | None) -> None:
        """Check the name and put in the defaults."""
        name = str(new.get(self.name_field) or "").strip()
        if not name:
            raise faults.required(self.name_field)
        if any(sign in name for sign in ":\t\n"):
            raise faults.invalid_text(self.name_field, "Names cannot include tabs, newlines or ':'.")
        new.setdefault("Active", True)
        if new["Active"] is False and (old is None or old.get("Active") is not False):
            name = self._retired(books, name.removesuffix(DELETED), (old or {}).get("Id"))
        new[self.name_field] = name
        parent = None
        if self.nested:
            parent = books.refer(
                new, "ParentRef", self.entity, kind=f"{self.entity}s", before=old, name=self.parent_shown
            )
            if parent is not None and old is not None and books.is_within(self.entity, parent, old["Id"]):
                raise faults.business("A record can't be below itself.")
        self._check_free(books, new, old, name)
        if self.nested:
            new["FullyQualifiedName"] = f"{parent['FullyQualifiedName']}:{name}" if parent else name
            if parent:
                new["Level"] = int(parent.get("Level") or 0) + 1
        self.complete(books, new, old)

    def complete(self, books: Books, new: dict[str, Any], old: dict[str, Any] | None) -> None:
        """Put in what is special to one list."""

    def settle(self, books: Books, new: dict[str, Any] | None, old: dict[str, Any] | None) -> None:
        """Carry a new name to what is below, and to the documents."""
        if new is None or old is None or not self.nested:
            if new is not None and old is not None and self.refers and new[self.name_field] != old[self.name_field]:
                spread(books, self.refers, new["Id"], new[self.name_field])
            return
        if new["FullyQualifiedName"] == old.get("FullyQualifiedName"):
            return
        self.rename(books, new)
        for child in books.shelf.find(self.entity, "owner = ?", (new["Id"],)):
            renamed = child | {
                "FullyQualifiedName": f"{new['FullyQualifiedName']}:{child[self.name_field]}",
                "ParentRef": {"value": new["Id"], **self._parent_name(new)},
                "Level": int(new.get("Level") or 0) + 1,
            }
            books.touch(self.entity, renamed, token=False)
            self.settle(books, renamed, child)

    def _parent_name(self, parent: dict[str, Any]) -> dict[str, Any]:
        return {"name": parent[self.parent_shown]} if self.parent_shown else {}

    def rename(self, books: Books, new: dict[str, Any]) -> None:
        """Put a new name on the documents."""
        if self.refers:
            spread(books, self.refers, new["Id"], new["FullyQualifiedName"])

    def _retired(self, books: Books, clean: str, mine: str | None) -> str:
        name, count = clean + DELETED, 1
        while [other for other in books.shelf.named((self.entity,), name) if other[1] != mine]:
            count += 1
            name = f"{clean} (deleted {count})"
        return name

    def _check_free(self, books: Books, new: dict[str, Any], old: dict[str, Any] | None, name: str) -> None:
        parent = (new.get("ParentRef") or {}).get("value")
        for _, identifier in books.shelf.named((self.entity,), name):
            other = books.shelf.get(self.entity, identifier) or {}
            if identifier != (old or {}).get("Id") and (other.get("ParentRef") or {}).get("value") == parent:
                raise faults.duplicate_name(f"Id={identifier}")


class ItemRules(ListRules):
    """Products and services."""

    read_only = ListRules.read_only | {"DeferredRevenue"}
    types = ("Inventory", "Service", "NonInventory", "Category", "Group")

    def __init__(self) -> None:
        super().__init__("Item", nested=True)

    def complete(self, books: Books, new: dict[str, Any], old: dict[str, Any] | None) -> None:
        """Check what the type of the item asks for."""
        kind = new.setdefault("Type", (old or {}).get("Type", "Service"))
        if kind not in self.types:
            raise faults.invalid_enumeration("Type", kind)
        if kind == "Group" and old is None:
            raise faults.unsupported_operation("create")
        if kind == "Category":
            if new["Active"] is False:
                raise faults.business("You can't make a category inactive.")
            return
        if old is not None and kind != old.get("Type") and "Inventory" in (kind, old.get("Type")):
            raise faults.business("The type of this item can't be changed.")
        sku = new.get("Sku")
        if sku is not None and any(sign in str(sku) for sign in "\t\n"):
            raise faults.invalid_text("Sku", "SKUs cannot include tabs or newlines.")
        self._references(books, new, old)
        new.setdefault("Taxable", not books.company.in_us)
        for field in ("IncomeAccountRef", "ExpenseAccountRef", "AssetAccountRef"):
            books.refer(new, field, "Account", kind="Accounts", before=old, name="FullyQualifiedName")
        if kind == "Inventory":
            for field in ("IncomeAccountRef", "ExpenseAccountRef", "AssetAccountRef", "InvStartDate", "QtyOnHand"):
                if new.get(field) is None:
                    raise faults.required(field)
        elif kind != "Group" and not new.get("IncomeAccountRef") and not new.get("ExpenseAccountRef"):
            raise faults.required("IncomeAccountRef")
        if kind == "Inventory":
            self._check_accounts(books, new)
        if kind != "Group":
            new.setdefault("UnitPrice", 0)
            new.setdefault("PurchaseCost", 0)
        new["TrackQtyOnHand"] = kind == "Inventory"
        if old is not None and kind == "Inventory" and "QtyOnHand" in old:
            new["QtyOnHand"] = old["QtyOnHand"]
        if old is None:
            new["DeferredRevenue"] = False

    def _references(self, books: Books, new: dict[str, Any], old: dict[str, Any] | None) -> None:
        books.refer(new, "PrefVendorRef", "Vendor", kind="Names", before=old, name="DisplayName")
        books.refer(new, "ClassRef", "Class", kind="Class", before=old, name="FullyQualifiedName")
        for field in ("SalesTaxCodeRef", "PurchaseTaxCodeRef"):
            books.refer(new, field, "TaxCode", kind="TaxCode", before=old)

    def _check_accounts(self, books: Books, new: dict[str, Any]) -> None:
        """The accounts of an inventory item have types of their own."""
        for field, kinds in (
            ("IncomeAccountRef", ("Income",)),
            ("ExpenseAccountRef", ("Cost of Goods Sold",)),
            ("AssetAccountRef", ("Other Current Asset",)),
        ):
            account = books.shelf.get("Account", new[field]["value"]) or {}
            if account.get("AccountType") not in kinds:
                raise faults.business(f"You need to select a different type of account for {field} of this item.")

    def rename(self, books: Books, new: dict[str, Any]) -> None:
        """Carry a new name to the documents."""
        _rename_item(books, new)


_SALES = ("Invoice", "Estimate", "CreditMemo", "SalesReceipt", "RefundReceipt")


def _rename_item(books: Books, item: dict[str, Any]) -> None:
    """Put an item's new name on the lines of the documents, without touching the documents."""
    named = {"value": item["Id"], "name": item["FullyQualifiedName"]}
    for entity in _SALES:
        for body in books.shelf.find(entity, "instr(body, ?) > 0", (f'"ItemRef":{{"value":"{item["Id"]}",',)):
            for line in body.get("Line") or ():
                inner = (line.get("GroupLineDetail") or {}).get("Line") or ()
                for detail in (part.get("SalesItemLineDetail") or {} for part in (line, *inner)):
                    if (detail.get("ItemRef") or {}).get("value") == item["Id"]:
                        detail["ItemRef"] = named
            books.put_silently(entity, body)


def move_stock(books: Books, item: str, quantity: Any) -> None:
    """Take a quantity from the stock of an inventory item; the SyncToken stays."""
    body = books.shelf.get("Item", item)
    if body is not None and body.get("TrackQtyOnHand") and quantity:
        body["QtyOnHand"] = (body.get("QtyOnHand") or ZERO) - quantity
        books.touch("Item", body, token=False)


class ClassRules(ListRules):
    """Classes, up to five levels deep."""

    refers = ("ClassRef",)

    def complete(self, books: Books, new: dict[str, Any], old: dict[str, Any] | None) -> None:
        """A class says whether it is below another."""
        new["SubClass"] = bool(new.get("ParentRef"))
        _check_depth(new)


class DepartmentRules(ListRules):
    """Departments, which some companies call locations, up to five levels deep."""

    refers = ("DepartmentRef",)

    def complete(self, books: Books, new: dict[str, Any], old: dict[str, Any] | None) -> None:
        """A department says whether it is below another."""
        new["SubDepartment"] = bool(new.get("ParentRef"))
        _check_depth(new)


def _check_depth(new: dict[str, Any]) -> None:
    if int(new.get("Level") or 0) > 4:
        raise faults.business("You can only have up to five levels of sub-elements.")


class TermRules(ListRules):
    """Payment terms."""

    refers = ("SalesTermRef",)
    read_only = ListRules.read_only | {"Type"}

    def __init__(self) -> None:
        super().__init__("Term")

    def complete(self, books: Books, new: dict[str, Any], old: dict[str, Any] | None) -> None:
        """A term counts days, or names a day of the month."""
        if new.get("DayOfMonthDue") is not None:
            new["Type"] = "DATE_DRIVEN"
            if not 1 <= new["DayOfMonthDue"] <= 31:
                raise faults.illegal_number("DayOfMonthDue", new["DayOfMonthDue"])
            return
        if new.get("DueDays") is None:
            raise faults.required("DueDays")
        if not 0 <= new["DueDays"] <= 999:
            raise faults.illegal_number("DueDays", new["DueDays"])
        new["Type"] = "STANDARD"


class PaymentMethodRules(ListRules):
    """Ways to pay."""

    refers = ("PaymentMethodRef",)

    def __init__(self) -> None:
        super().__init__("PaymentMethod")

    def complete(self, books: Books, new: dict[str, Any], old: dict[str, Any] | None) -> None:
        """A method is a credit card or is none."""
        new.setdefault("Type", "NON_CREDIT_CARD")
        if new["Type"] not in ("CREDIT_CARD", "NON_CREDIT_CARD"):
            raise faults.invalid_enumeration("Type", new["Type"])


class SingleRules(Rules):
    """Preferences and CompanyInfo: every update is sparse, group by group."""

    always_sparse = True

    def merge(self, old: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
        """Return ``old`` with the given fields, also inside its groups."""
        new = dict(old)
        for name, value in given.items():
            if isinstance(value, dict) and isinstance(new.get(name), dict):
                group = {**new[name], **value}
                new[name] = {key: item for key, item in group.items() if item is not CLEARED}
            elif value is not CLEARED:
                new[name] = value
            elif isinstance(new.get(name), dict):
                # A phone or address that is not there is shown empty.
                new[name] = {}
            else:
                new.pop(name, None)
        return new
