"""Sales forms: invoices, estimates, credit memos, sales receipts and refund receipts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from qbo_simulator import faults
from qbo_simulator.amounts import ZERO, cents
from qbo_simulator.entities import automated_tax, refusals, tax
from qbo_simulator.entities import lines as form_lines
from qbo_simulator.entities.catalogue import NUMBERED_TOGETHER, words
from qbo_simulator.entities.currencies import parse_date, set_currency
from qbo_simulator.entities.deposits import check_deposit, in_deposit
from qbo_simulator.entities.ledger import undeposited
from qbo_simulator.entities.lists import move_stock
from qbo_simulator.entities.names import settle_balance
from qbo_simulator.entities.rules import Rules
from qbo_simulator.entities.terms import due_date

if TYPE_CHECKING:
    from qbo_simulator.books import Books

Body = dict[str, Any]
_HOW = ("TaxExcluded", "TaxInclusive", "NotApplicable")
_EMAIL = ("NotSet", "NeedToSend", "EmailSent")
#: Whether goods go out (1) or come back (-1).
_STOCK = {"Invoice": 1, "SalesReceipt": 1, "CreditMemo": -1, "RefundReceipt": -1}
_PRINT = ("NotSet", "NeedToPrint", "PrintComplete")


class SalesRules(Rules):
    """What all sales forms have in common."""

    read_only = words(
        "Balance TotalAmt HomeTotalAmt HomeBalance InvoiceLink FreeFormAddress ShipFromAddr RemainingCredit "
        "AllowIPNPayment AllowOnlinePayment"
    )

    def __init__(self, entity: str) -> None:
        self.entity = entity

    def prepare(self, books: Books, new: Body, old: Body | None) -> None:
        """Complete a form: names, lines, tax, totals, dates and number."""
        self._refuse_delivery_info(books, new, old)
        customer = self._customer(books, new, old)
        new.setdefault("TxnDate", books.today.isoformat())
        set_currency(books, new, customer)
        self._dates(books, new, customer)
        self._number(books, new, old)
        self._addresses(books, new, old, customer)
        sums = self._lines(books, new, old, customer)
        new["TotalAmt"] = sums
        new.setdefault("PrintStatus", "NeedToPrint")
        new.setdefault("EmailStatus", "NotSet")
        new.setdefault("CustomField", [])
        for field, known in (("EmailStatus", _EMAIL), ("PrintStatus", _PRINT)):
            if new[field] not in known:
                raise faults.invalid_enumeration(field, new[field])
        address = (new.get("BillEmail") or {}).get("Address")
        if address and ("@" not in address or "." not in address):
            raise faults.invalid_email("BillEmail", address)
        if new["EmailStatus"] == "NeedToSend" and not address:
            raise faults.required("BillEmail")
        if books.company.in_us:
            new.setdefault("ApplyTaxAfterDiscount", False)
        self.complete(books, new, old)
        if books.company.multicurrency:
            new["HomeTotalAmt"] = cents(new["TotalAmt"] * new["ExchangeRate"])
            if "Balance" in new:
                new["HomeBalance"] = cents(new["Balance"] * new["ExchangeRate"])

    def complete(self, books: Books, new: Body, old: Body | None) -> None:
        """Put in what is special to one kind of form."""
        new["Balance"] = ZERO

    def voided(self, books: Books, old: Body) -> Body:
        """Return the form with every amount, quantity and tax gone; it keeps its number."""
        new = dict(old)
        new["Line"] = [form_lines.emptied(line) for line in old.get("Line") or ()]
        new["TxnTaxDetail"] = {"TotalTax": 0}
        for field in ("TotalAmt", "Balance", "HomeTotalAmt", "HomeBalance", "Deposit"):
            if field in new:
                new[field] = 0
        return new

    def settle(self, books: Books, new: Body | None, old: Body | None) -> None:
        """Stock and the customer's balance follow."""
        direction = _STOCK.get(self.entity)
        if direction is not None:
            before, after = form_lines.quantities(old), form_lines.quantities(new)
            for item in sorted(before.keys() | after.keys()):
                move_stock(books, item, direction * (after.get(item, ZERO) - before.get(item, ZERO)))
        owners = {(body.get("CustomerRef") or {}).get("value") for body in (new, old) if body}
        for owner in sorted(filter(None, owners)):
            settle_balance(books, owner)

    # -- the parts of prepare -------------------------------------------------------------------------------------

    def _refuse_delivery_info(self, books: Books, new: Body, old: Body | None) -> None:
        sent, had = new.get("DeliveryInfo"), (old or {}).get("DeliveryInfo")
        if sent is not None and sent is not had and books.switches["refuse_delivery_info"]:
            raise faults.invalid_property("DeliveryInfo", "DeliveryInfo")
        if had is not None:
            new["DeliveryInfo"] = had

    def _customer(self, books: Books, new: Body, old: Body | None) -> Body | None:
        if not new.get("CustomerRef"):
            if self.entity == "SalesReceipt":
                return None
            raise faults.required("CustomerRef")
        books.refer(new, "DepartmentRef", "Department", kind="Departments", before=old, name="FullyQualifiedName")
        books.refer(new, "PaymentMethodRef", "PaymentMethod", kind="PaymentMethods", before=old, name="Name")
        return books.refer(new, "CustomerRef", "Customer", kind="Names", before=old, name="DisplayName")

    def _dates(self, books: Books, new: Body, customer: Body | None) -> None:
        day = parse_date(new["TxnDate"], "TxnDate")
        if "DueDate" in new:
            parse_date(new["DueDate"], "DueDate")
        term = books.refer(new, "SalesTermRef", "Term", kind="Terms", before=new, name="Name")
        if self.entity != "Invoice":
            return
        if term is None:
            named = ((customer or {}).get("SalesTermRef") or {}).get("value") or books.company.default_term
            term = books.shelf.get("Term", named)
        if "DueDate" not in new:
            new["DueDate"] = due_date(day, term).isoformat()

    def _number(self, books: Books, new: Body, old: Body | None) -> None:
        kinds = NUMBERED_TOGETHER if self.entity in NUMBERED_TOGETHER else (self.entity,)
        sequence = "number" if self.entity in NUMBERED_TOGETHER else f"number of {self.entity}"
        realm, number = books.company.realm, new.get("DocNumber")
        automatic = not books.company.custom_numbers
        if old is None and automatic and books.switches["docnumber_when_automatic"] == "ignore":
            number = None
        if number == "AUTO_GENERATE" or (not number and automatic):
            number = (old or {}).get("DocNumber")
            while not number or (old is None and books.shelf.numbered(kinds, number)):
                number = str(books.tx.next_number(realm, sequence))
        if not number:
            new.pop("DocNumber", None)
            return
        new["DocNumber"] = number
        if self.entity in NUMBERED_TOGETHER and number != (old or {}).get("DocNumber"):
            taken = [o for o in books.shelf.numbered(kinds, number) if o != (self.entity, (old or {}).get("Id"))]
            if taken and "allowduplicatedocnum" not in books.include:
                raise faults.duplicate_number(number, *taken[0], code=books.switches["duplicate_number_code"])
        if number.isdecimal() and len(number) < 16:
            books.tx.raise_number(realm, sequence, int(number))

    def _addresses(self, books: Books, new: Body, old: Body | None, customer: Body | None) -> None:
        for field in ("BillAddr", "ShipAddr"):
            if field == "ShipAddr" and self.entity == "RefundReceipt" and field not in new:
                continue
            if field not in new and old is None and customer and customer.get(field):
                new[field] = customer[field]
            elif isinstance(new.get(field), dict) and "Id" not in new[field]:
                new[field] = {"Id": str(books.tx.next_number(books.company.realm, "address")), **new[field]}
        new.setdefault("FreeFormAddress", True)
        if "ShipFromAddr" not in new and old is None and books.company.in_us:
            home = books.company.info.get("CompanyAddr") or {}
            place = f"{home.get('City', '')}, {home.get('CountrySubDivisionCode', '')}  {home.get('PostalCode', '')}"
            identifier = str(books.tx.next_number(books.company.realm, "address"))
            new["ShipFromAddr"] = {"Id": identifier, "Line1": home.get("Line1", ""), "Line2": place}

    def _lines(self, books: Books, new: Body, old: Body | None, customer: Body | None) -> Decimal:
        """Set Line and TxnTaxDetail, and return the total."""
        elsewhere = not books.company.in_us
        if elsewhere:
            new.setdefault("GlobalTaxCalculation", "TaxExcluded")
            if new["GlobalTaxCalculation"] not in _HOW:
                raise faults.invalid_enumeration("GlobalTaxCalculation", new["GlobalTaxCalculation"])
        inclusive = elsewhere and new["GlobalTaxCalculation"] == "TaxInclusive"
        form = form_lines.read(books, new, old, customer, inclusive=inclusive)
        given = tax.given_detail(books, new, old)
        if elsewhere:
            taxed = tax.tax_elsewhere(
                books,
                form.flat,
                how=new["GlobalTaxCalculation"],
                subtotal=form.subtotal,
                discount=form.discount,
                given=given,
            )
        else:
            taxed = tax.tax_in_us(
                books,
                form.flat,
                asked=self._tax_code(books, new, customer),
                customer=customer,
                subtotal=form.subtotal,
                discount=form.discount,
                after_discount=bool(new.get("ApplyTaxAfterDiscount")),
                given=given,
            )
        new["Line"] = form.lines
        new["TxnTaxDetail"] = taxed.detail
        total = form.subtotal - form.discount + form.shipping + taxed.total
        if total < 0:
            raise refusals.negative_total()
        return total

    def _tax_code(self, books: Books, new: Body, customer: Body | None) -> str | None:
        """Return the code asked for, or the one of the place where the company's tax is automated."""
        asked = ((new.get("TxnTaxDetail") or {}).get("TxnTaxCodeRef") or {}).get("value")
        if not books.company.automated_tax or (asked and books.switches["automated_tax_override"]):
            return asked
        return automated_tax.code_for(books, new, customer)


class EstimateRules(SalesRules):
    """Estimates have a status and no balance."""

    statuses = ("Pending", "Accepted", "Closed", "Rejected")

    def complete(self, books: Books, new: Body, old: Body | None) -> None:
        """A new estimate is pending."""
        new.setdefault("TxnStatus", "Pending")
        if new["TxnStatus"] not in self.statuses:
            raise faults.invalid_enumeration("TxnStatus", new["TxnStatus"])
        new.pop("Balance", None)


class CreditMemoRules(SalesRules):
    """Credit memos can be used up by payments."""

    def complete(self, books: Books, new: Body, old: Body | None) -> None:
        """What was used stays used."""
        used = cents((old or {}).get("TotalAmt")) - cents((old or {}).get("RemainingCredit"))
        new["RemainingCredit"] = new["Balance"] = new["TotalAmt"] - used
        if new["RemainingCredit"] < 0:
            raise refusals.not_so_much_open()

    def check_delete(self, books: Books, old: Body) -> None:
        """A credit that a payment uses can't go before the payment lets go of it."""
        if cents(old.get("RemainingCredit")) != cents(old.get("TotalAmt")):
            raise refusals.still_linked()


class ReceiptRules(SalesRules):
    """Receipts of sales and of refunds: paid at once, from or into an account."""

    read_only = SalesRules.read_only | {"LinkedTxn"}

    def complete(self, books: Books, new: Body, old: Body | None) -> None:
        """The money is somewhere; what is in a deposit stays as it is."""
        super().complete(books, new, old)
        account = undeposited(books)
        if "DepositToAccountRef" not in new:
            if self.entity == "RefundReceipt":
                raise faults.required("DepositToAccountRef")
            if account:
                new["DepositToAccountRef"] = {"value": account}
        books.refer(new, "DepositToAccountRef", "Account", kind="Accounts", before=old, name="FullyQualifiedName")
        if (old or {}).get("LinkedTxn"):
            new["LinkedTxn"] = (old or {})["LinkedTxn"]
        check_deposit(new, old)

    def check_delete(self, books: Books, old: Body) -> None:
        """What is in a deposit can't go."""
        if in_deposit(old):
            raise faults.deposited()

    def voided(self, books: Books, old: Body) -> Body:
        """Return the receipt with nothing on it."""
        if in_deposit(old):
            raise faults.deposited()
        return super().voided(books, old)
