"""Customers, vendors and employees: one list of names."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from qbo_simulator import faults
from qbo_simulator.amounts import cents
from qbo_simulator.entities.currencies import parse_date
from qbo_simulator.entities.ledger import first_account
from qbo_simulator.entities.renaming import spread
from qbo_simulator.entities.rules import Rules

if TYPE_CHECKING:
    from qbo_simulator.books import Books

_SPACE = ("Customer", "Vendor", "Employee")
_PARTS = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")
_DELIVERY = ("Print", "Email", "None")
_TAKEN = "Another customer, vendor or employee is already using this \nname. Please use a different name."
DELETED = " (deleted)"


class NameRules(Rules):
    """What customers, vendors and employees have in common."""

    entity = "Customer"
    read_only = frozenset({"FullyQualifiedName", "V4IDPseudonym", "ClientEntityId", "Level", "IsProject"})
    not_clearable = frozenset({"DisplayName", "PrintOnCheckName"})

    def prepare(self, books: Books, new: dict[str, Any], old: dict[str, Any] | None) -> None:
        """Make the names, check that they are free, and rename who is deactivated."""
        self._check_texts(new)
        spoken = " ".join(str(new[part]) for part in _PARTS if new.get(part))
        if not new.get("DisplayName"):
            if not spoken:
                raise faults.required("DisplayName")
            new["DisplayName"] = spoken
        new["DisplayName"] = str(new["DisplayName"]).strip()
        new.setdefault("Active", True)
        if not new.get("PrintOnCheckName"):
            plain = " ".join(str(new[p]) for p in ("GivenName", "MiddleName", "FamilyName") if new.get(p))
            new["PrintOnCheckName"] = new.get("CompanyName") or plain or new["DisplayName"]
        if new["Active"] is False and (old is None or old.get("Active") is not False):
            self._retire(books, new, old)
        self._check_free(books, new, old)
        _give_address_ids(books, new)
        if not 0 < len(new["DisplayName"]) <= 500:
            raise faults.too_long("DisplayName", 500, len(new["DisplayName"]))

    def settle(self, books: Books, new: dict[str, Any] | None, old: dict[str, Any] | None) -> None:
        """Nothing depends on a vendor or an employee."""

    def _check_texts(self, new: dict[str, Any]) -> None:
        for field in ("DisplayName", "PrintOnCheckName", *_PARTS):
            text = new.get(field)
            if isinstance(text, str) and any(sign in text for sign in ":\t\n"):
                detail = "Names must have at least one character and cannot include tabs, newlines or ':'."
                raise faults.invalid_text(field, detail)
        for field in ("PrimaryEmailAddr",):
            address = (new.get(field) or {}).get("Address")
            if address and ("@" not in address or "." not in address):
                raise faults.invalid_email(field, address)

    def _retire(self, books: Books, new: dict[str, Any], old: dict[str, Any] | None) -> None:
        clean = new["DisplayName"].removesuffix(DELETED)
        name, count = clean + DELETED, 1
        while [other for other in books.shelf.named(_SPACE, name) if other != (self.entity, (old or {}).get("Id"))]:
            count += 1
            name = f"{clean} (deleted {count})"
        new["DisplayName"] = name

    def _check_free(self, books: Books, new: dict[str, Any], old: dict[str, Any] | None) -> None:
        mine = (self.entity, (old or {}).get("Id"))
        if [other for other in books.shelf.named(_SPACE, new["DisplayName"]) if other != mine]:
            raise faults.duplicate_name(_TAKEN)


def _give_address_ids(books: Books, new: dict[str, Any]) -> None:
    for field in ("BillAddr", "ShipAddr"):
        address = new.get(field)
        if isinstance(address, dict) and "Id" not in address:
            new[field] = {"Id": str(books.tx.next_number(books.company.realm, "address")), **address}


def _check_choice(new: dict[str, Any], field: str, known: tuple[str, ...]) -> None:
    if str(new[field]) not in known:
        raise faults.invalid_enumeration(field, new[field])


def set_name_currency(books: Books, new: dict[str, Any], old: dict[str, Any] | None) -> None:
    """Give a customer or vendor its currency, which stays for ever. Raises Refused."""
    company = books.company
    wanted = (new.get("CurrencyRef") or {}).get("value")
    had = ((old or {}).get("CurrencyRef") or {}).get("value")
    if had and wanted and wanted != had:
        raise faults.business("The currency of a customer or vendor can't be changed.")
    code = had or wanted or company.home_currency
    if code != company.home_currency and not company.multicurrency:
        raise faults.business("Multi Currency should be enabled to perform this operation.")
    new["CurrencyRef"] = company.currency(code)


def _take_opening(books: Books, new: dict[str, Any], old: dict[str, Any] | None) -> None:
    """Put aside what a new customer or vendor owes from before, until its record is stored."""
    amount, day = new.get("Balance"), new.pop("OpenBalanceDate", None)
    if old is None and amount and cents(amount):
        if day is not None:
            parse_date(day, "OpenBalanceDate")
        books.memory["opening balance"] = (cents(amount), day)


def _open_customer(books: Books, customer: dict[str, Any], amount: Decimal, day: str | None) -> None:
    """Book what a new customer owes as an invoice, or what it has too much as a credit memo."""
    line = {
        "Amount": abs(amount),
        "Description": "Opening Balance",
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"TaxCodeRef": {"value": "NON"}} if books.company.in_us else {},
    }
    form: dict[str, Any] = {"CustomerRef": {"value": customer["Id"]}, "PrivateNote": "Opening Balance", "Line": [line]}
    if not books.company.in_us:
        form["GlobalTaxCalculation"] = "NotApplicable"
    if day:
        form |= {"TxnDate": day, "DueDate": day}
    entity = "Invoice" if amount > 0 else "CreditMemo"
    if entity == "CreditMemo":
        form.pop("DueDate", None)
    books.create(books.shelf.entity(entity), form)


def _open_vendor(books: Books, vendor: dict[str, Any], amount: Decimal, day: str | None) -> None:
    """Book what a new vendor is owed as a bill, or what it owes as a credit."""
    account = first_account(books, subtype="OtherMiscellaneousServiceCost") or first_account(books, kind="Expense")
    if account is None:
        raise faults.business("An opening balance needs an expense account.")
    line = {
        "Amount": abs(amount),
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": {"AccountRef": {"value": account}},
    }
    form: dict[str, Any] = {"VendorRef": {"value": vendor["Id"]}, "PrivateNote": "Opening Balance", "Line": [line]}
    if not books.company.in_us:
        form["GlobalTaxCalculation"] = "NotApplicable"
    if day:
        form["TxnDate"] = day
    books.create(books.shelf.entity("Bill" if amount > 0 else "VendorCredit"), form)


class CustomerRules(NameRules):
    """Customers: parents, currency and balance."""

    entity = "Customer"
    read_only = NameRules.read_only | {"Balance", "BalanceWithJobs", "OpenBalanceDate"}
    on_create = frozenset({"Balance", "OpenBalanceDate"})

    def prepare(self, books: Books, new: dict[str, Any], old: dict[str, Any] | None) -> None:
        """Complete a customer."""
        super().prepare(books, new, old)
        company = books.company
        new.setdefault("Taxable", True)
        new.setdefault("BillWithParent", False)
        new.setdefault("PreferredDeliveryMethod", "Print")
        _check_choice(new, "PreferredDeliveryMethod", _DELIVERY)
        if new.get("TaxExemptionReasonId") is not None:
            _check_choice(new, "TaxExemptionReasonId", tuple(map(str, range(1, 16))))
        books.refer(new, "CustomerTypeRef", "CustomerType", kind="CustomerType", before=old)
        books.refer(new, "DefaultTaxCodeRef", "TaxCode", kind="TaxCode", before=old)
        _take_opening(books, new, old)
        new["IsProject"] = bool((old or {}).get("IsProject", False))
        for field in ("Balance", "BalanceWithJobs"):
            new[field] = (old or {}).get(field, 0)
        set_name_currency(books, new, old)
        books.refer(new, "SalesTermRef", "Term", kind="Terms", before=old)
        books.refer(new, "PaymentMethodRef", "PaymentMethod", kind="PaymentMethods", before=old)
        if old is None and company.in_us and company.uses_sales_tax and company.default_tax_code and new["Taxable"]:
            new.setdefault("DefaultTaxCodeRef", {"value": company.default_tax_code})
        leaving = new["Active"] is False and (old or {}).get("Active") is not False
        if leaving and cents(new["Balance"]) and books.switches["deactivate_with_balance"] == "refuse":
            raise faults.business("You can't make a customer with an open balance inactive.")
        self._place(books, new, old)

    def settle(self, books: Books, new: dict[str, Any] | None, old: dict[str, Any] | None) -> None:
        """Book the opening balance of a new customer; carry a new name to the sub-customers and the documents."""
        opening = books.memory.pop("opening balance", None)
        if new is not None and old is None and opening is not None:
            _open_customer(books, new, *opening)
        if new is None or old is None:
            return
        parents = [(body.get("ParentRef") or {}).get("value") for body in (old, new)]
        if parents[0] != parents[1]:
            for parent in filter(None, parents):
                settle_balance(books, parent)
        if new["FullyQualifiedName"] != old.get("FullyQualifiedName"):
            for child in books.shelf.find("Customer", "owner = ?", (new["Id"],)):
                renamed = child | {
                    "FullyQualifiedName": f"{new['FullyQualifiedName']}:{child['DisplayName']}",
                    "Level": int(new.get("Level") or 0) + 1,
                }
                books.touch("Customer", renamed, token=False)
                self.settle(books, renamed, child)
        if new["DisplayName"] != old.get("DisplayName"):
            for entity in ("Invoice", "Payment", "Estimate", "CreditMemo", "SalesReceipt", "RefundReceipt"):
                for body in books.shelf.find(entity, "owner = ?", (new["Id"],)):
                    body["CustomerRef"] = {"value": new["Id"], "name": new["DisplayName"]}
                    books.put_silently(entity, body)

    def _place(self, books: Books, new: dict[str, Any], old: dict[str, Any] | None) -> None:
        parent = books.refer(new, "ParentRef", "Customer", kind="Names", before=old)
        new["Job"] = parent is not None
        new.pop("Level", None)
        new["FullyQualifiedName"] = new["DisplayName"]
        if parent is None:
            return
        if old is not None and books.is_within("Customer", parent, old["Id"]):
            raise faults.business("A customer can't be its own parent.")
        new["Level"] = int(parent.get("Level") or 0) + 1
        if new["Level"] + (_levels_below(books, old["Id"]) if old is not None else 0) > 4:
            raise faults.business("You can only have up to 4 levels of sub-customers.")
        new["FullyQualifiedName"] = f"{parent['FullyQualifiedName']}:{new['DisplayName']}"


def _levels_below(books: Books, customer: str) -> int:
    """How many levels of sub-customers a customer has."""
    children = books.shelf.find("Customer", "owner = ?", (customer,))
    return max((1 + _levels_below(books, child["Id"]) for child in children), default=0)


def settle_balance(books: Books, customer: str | None) -> None:
    """Compute a customer's balances again, and those of its parents; the SyncToken stays."""
    while customer is not None:
        body = books.shelf.get("Customer", customer)
        if body is None:
            return
        owed, credit = books.shelf.open_balance(customer)
        balance = cents(Decimal(repr(owed)) - Decimal(repr(credit))) + _by_journal(books, "Customer", customer)
        children = books.shelf.find("Customer", "owner = ?", (customer,))
        together = balance + sum((cents(child.get("BalanceWithJobs")) for child in children), Decimal(0))
        if (balance, together) != (cents(body.get("Balance")), cents(body.get("BalanceWithJobs"))):
            body |= {"Balance": balance, "BalanceWithJobs": together}
            books.touch("Customer", body, token=False)
        customer = (body.get("ParentRef") or {}).get("value")


def _by_journal(books: Books, kind: str, identifier: str) -> Decimal:
    """Return what journal entries debit less credit to a name on receivables or payables."""
    found = Decimal(0)
    wanted = "Accounts Receivable" if kind == "Customer" else "Accounts Payable"
    for entry in books.shelf.find("JournalEntry", "instr(body, ?) > 0", (f'"value":"{identifier}"',)):
        for line in entry.get("Line") or ():
            detail = line.get("JournalEntryLineDetail") or {}
            entity = detail.get("Entity") or {}
            if entity.get("Type") != kind or (entity.get("EntityRef") or {}).get("value") != identifier:
                continue
            account = books.shelf.get("Account", detail["AccountRef"]["value"]) or {}
            if account.get("AccountType") == wanted:
                sign = 1 if detail.get("PostingType") == "Debit" else -1
                found += sign * cents(line.get("Amount"))
    return found


def settle_vendor(books: Books, vendor: str | None) -> None:
    """Compute again what is owed to a vendor: open bills less credits and what was paid too much."""
    body = books.shelf.get("Vendor", vendor)
    if body is None or vendor is None:
        return
    row = books.tx.one(
        "SELECT coalesce(sum(CASE entity WHEN 'Bill' THEN balance ELSE -balance END), 0) FROM objects "
        "WHERE realm = ? AND owner = ? AND entity IN ('Bill', 'VendorCredit') AND deleted = 0",
        (books.company.realm, vendor),
    )
    balance = cents(repr(row[0])) - _by_journal(books, "Vendor", vendor)
    for payment in books.shelf.find("BillPayment", "owner = ?", (vendor,)):
        balance -= unapplied(payment)
    if balance != cents(body.get("Balance")):
        books.touch("Vendor", body | {"Balance": balance}, token=False)


def unapplied(payment: dict[str, Any]) -> Decimal:
    """Return what a payment of bills leaves over: its total and the credits it uses, less the bills it pays."""
    left = cents(payment.get("TotalAmt"))
    for line in payment.get("Line") or ():
        kinds = [link.get("TxnType") for link in line.get("LinkedTxn") or ()]
        left += cents(line.get("Amount")) if "VendorCredit" in kinds else -cents(line.get("Amount"))
    return left


class VendorRules(NameRules):
    """Vendors."""

    entity = "Vendor"
    read_only = NameRules.read_only | {"Balance", "OpenBalanceDate"}
    on_create = frozenset({"Balance", "OpenBalanceDate"})

    def prepare(self, books: Books, new: dict[str, Any], old: dict[str, Any] | None) -> None:
        """Complete a vendor."""
        super().prepare(books, new, old)
        _take_opening(books, new, old)
        new["Balance"] = (old or {}).get("Balance", 0)
        new.setdefault("Vendor1099", False)
        set_name_currency(books, new, old)
        books.refer(new, "TermRef", "Term", kind="Terms", before=old)
        books.refer(new, "APAccountRef", "Account", kind="Accounts", before=old, name="FullyQualifiedName")
        new.pop("FullyQualifiedName", None)
        number = str(new.get("TaxIdentifier") or "")
        if number and not number.startswith("X"):
            # Only the last four digits are ever shown again.
            new["TaxIdentifier"] = "X" * max(0, len(number) - 4) + number[-4:]

    def settle(self, books: Books, new: dict[str, Any] | None, old: dict[str, Any] | None) -> None:
        """Book the opening balance of a new vendor; carry a new name to the documents."""
        opening = books.memory.pop("opening balance", None)
        if new is not None and old is None and opening is not None:
            _open_vendor(books, new, *opening)
        if new is not None and old is not None and new["DisplayName"] != old.get("DisplayName"):
            spread(books, ("VendorRef", "EntityRef"), new["Id"], new["DisplayName"], owners_only=True)


class EmployeeRules(NameRules):
    """Employees."""

    entity = "Employee"

    def prepare(self, books: Books, new: dict[str, Any], old: dict[str, Any] | None) -> None:
        """Complete an employee."""
        super().prepare(books, new, old)
        new.setdefault("BillableTime", False)
        if new.get("Gender") is not None:
            _check_choice(new, "Gender", ("Male", "Female"))
        for field in ("HiredDate", "ReleasedDate", "BirthDate"):
            if new.get(field) is not None:
                parse_date(new[field], field)
        if new.get("SSN"):
            # Never shown, whatever was sent.
            new["SSN"] = "XXX-XX-XXXX"

    def settle(self, books: Books, new: dict[str, Any] | None, old: dict[str, Any] | None) -> None:
        """Carry a new name to the time sheets."""
        if new is not None and old is not None and new["DisplayName"] != old.get("DisplayName"):
            spread(books, ("EmployeeRef",), new["Id"], new["DisplayName"])
