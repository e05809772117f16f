"""Sales forms: invoices, estimates, credit memos, sales receipts and refund receipts."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from qbo_simulator import faults
from qbo_simulator.amounts import ZERO, cents
from qbo_simulator.entities import lines as form_lines
from qbo_simulator.entities import tax
from qbo_simulator.entities.catalogue import NUMBERED_TOGETHER, words
from qbo_simulator.entities.lists import move_stock
from qbo_simulator.entities.names import settle_balance
from qbo_simulator.entities.rules import Rules

if TYPE_CHECKING:
    from qbo_simulator.books import Books

Body = dict[str, Any]
_HOW = ("TaxExcluded", "TaxInclusive", "NotApplicable")
_EMAIL = ("NotSet", "NeedToSend", "EmailSent")
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
        self._currency(books, new, old, customer)
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
        if self.entity in ("Invoice", "SalesReceipt"):
            before, after = form_lines.quantities(old), form_lines.quantities(new)
            for item in sorted(before.keys() | after.keys()):
                move_stock(books, item, after.get(item, ZERO) - before.get(item, ZERO))
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

    def _currency(self, books: Books, new: Body, old: Body | None, customer: Body | None) -> None:
        company = books.company
        code = ((customer or {}).get("CurrencyRef") or {}).get("value") or company.home_currency
        asked = (new.get("CurrencyRef") or {}).get("value")
        if company.multicurrency and asked is not None and asked != code:
            raise faults.business(f"The currency of the transaction ({asked}) must be the customer's ({code}).")
        new["CurrencyRef"] = company.currency(code)
        if company.multicurrency:
            new["ExchangeRate"] = exchange_rate(books, new, code)
        else:
            new.pop("ExchangeRate", None)

    def _dates(self, books: Books, new: Body, customer: Body | None) -> None:
        new.setdefault("TxnDate", books.today.isoformat())
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
                raise faults.duplicate_number(number, *taken[0])
        if number.isdecimal() and len(number) < 16:
            books.tx.raise_number(realm, sequence, int(number))

    def _addresses(self, books: Books, new: Body, old: Body | None, customer: Body | None) -> None:
        for field in ("BillAddr", "ShipAddr"):
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
        if elsewhere:
            how = new["GlobalTaxCalculation"]
            taxed = tax.tax_elsewhere(books, form.flat, how=how, subtotal=form.subtotal, discount=form.discount)
        else:
            asked = ((new.get("TxnTaxDetail") or {}).get("TxnTaxCodeRef") or {}).get("value")
            taxed = tax.tax_in_us(
                books,
                form.flat,
                asked=asked,
                customer=customer,
                subtotal=form.subtotal,
                discount=form.discount,
                after_discount=bool(new.get("ApplyTaxAfterDiscount")),
            )
        new["Line"] = form.lines
        new["TxnTaxDetail"] = taxed.detail
        return form.subtotal - form.discount + taxed.total


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


def exchange_rate(books: Books, body: Body, code: str) -> Decimal:
    """Return the rate of a transaction: given, or the newest one known, or 1."""
    if code == books.company.home_currency:
        return Decimal(1)
    if body.get("ExchangeRate"):
        return Decimal(body["ExchangeRate"])
    known = [
        (str(rate.get("AsOfDate")), rate["Rate"])
        for rate in books.shelf.find("ExchangeRate")
        if rate.get("SourceCurrencyCode") == code
    ]
    return Decimal(str(max(known)[1])) if known else Decimal(1)


def parse_date(text: Any, field: str) -> date:
    """Return a date of the API. Raises Refused."""
    try:
        return date.fromisoformat(str(text))
    except ValueError as error:
        raise faults.invalid_property(f"{field} ({text})", field) from error


def due_date(day: date, term: Body | None) -> date:
    """Return when a form of ``day`` is due by a term: days to count, or a day of the month."""
    if term is None:
        return day
    if term.get("Type") != "DATE_DRIVEN":
        return day + timedelta(days=int(term.get("DueDays") or 0))
    wanted = int(term.get("DayOfMonthDue") or 1)
    due = _in_month(day.year, day.month, wanted)
    if due < day + timedelta(days=int(term.get("DueNextMonthDays") or 0)):
        due = _in_month(day.year + day.month // 12, day.month % 12 + 1, wanted)
    return due


def _in_month(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))
