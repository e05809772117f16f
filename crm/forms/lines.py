"""The line items editor: rows as typed, their values, and what is wrong with which field."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from core.money import ZERO, NotAnAmount, formatted, formatted_number, parsed, rounded
from crm import amounts, taxes, terms
from crm.enums import BillingPeriod
from crm.models import DealLine, Product, Quote, QuoteLine
from crm.queries.prices import price_in
from crm.services.lines import MOST_LINES, MOST_PERIODS, BadLine, LineValues
from crm.services.quotes import Discount

COLUMNS = ("key", "product", "name", "description", "quantity", "unit_price", "discount_percent")
# Columns that a page may leave out.
MORE_COLUMNS = {"discount_kind": "percent", "tax_code": "", "billing_period": "", "billing_count": ""}
PERCENT, AMOUNT = "percent", "amount"


@dataclass
class Row:
    """A row of the editor; every value is the text that the field shows."""

    key: str
    name: str = ""
    description: str = ""
    quantity: str = "1"
    unit_price: str = ""
    discount_percent: str = ""
    discount_kind: str = PERCENT
    tax_code: str = ""
    product: str = ""
    billing_period: str = ""
    billing_count: str = ""
    amount: str = ""
    tax: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def periods(self) -> list[tuple[str, Any]]:
        """The choices of how often it is billed."""
        return list(BillingPeriod.choices)

    @property
    def in_words(self) -> str:
        """What is wrong, in one line."""
        return " ".join(self.errors.values())


def new_key() -> str:
    """A name for a row, to tell the fields of rows apart."""
    return f"r{uuid.uuid4().hex[:8]}"


def rows_of(lines: Sequence[DealLine | QuoteLine], told: taxes.PrintedTaxes, currency: str) -> list[Row]:
    """The editor's rows for stored lines, with their taxes as ``told``."""
    return [
        Row(
            key=new_key(),
            name=line.name,
            description=line.description,
            quantity=formatted_number(line.quantity),
            unit_price=formatted_number(line.unit_price),
            discount_percent=_discount(line.discount_percent, line.discount_amount),
            discount_kind=AMOUNT if line.discount_amount and not line.discount_percent else PERCENT,
            tax_code=line.tax_code,
            product=str(line.product_id or ""),
            billing_period=line.billing_period,
            billing_count=str(line.billing_count or ""),
            amount=formatted(amounts.line_amount(line, currency), currency),
            tax=tax,
        )
        for line, tax in zip(lines, told.by_line, strict=True)
    ]


def _discount(percent: Decimal, amount: Decimal) -> str:
    value = percent or amount
    return formatted_number(value) if value else ""


def row_for(product: Product | None, currency: str) -> Row:
    """A new row, filled from ``product``: its price in ``currency`` of today, how often it is billed."""
    if product is None:
        return Row(key=new_key())
    price = price_in(product, currency)
    return Row(
        key=new_key(),
        name=product.name,
        description=product.description,
        unit_price=formatted_number(price),
        product=str(product.pk),
        billing_period=product.billing_period,
        billing_count=str(product.billing_count or ""),
        amount=formatted(price, currency),
    )


class LinesForm:
    """The posted rows. ``values`` are complete only when ``is_valid``."""

    def __init__(self, data: QueryDict, currency: str) -> None:
        posted = [data.getlist(column) for column in COLUMNS]
        names = [*COLUMNS]
        for column in MORE_COLUMNS:
            if column in data:
                posted.append(data.getlist(column))
                names.append(column)
        self.whole_text, self.whole_kind = data.get("whole_discount", "").strip(), data.get("whole_discount_kind", "")
        self.whole_error = ""
        self.discount: Discount | None = None
        self.currency = currency
        self.values: list[LineValues] = []
        self.problem = ""
        self.known_taxes = taxes.choices(currency) if any(data.getlist("tax_code")) else []
        self.rows = [Row(**dict(zip(names, texts, strict=True))) for texts in zip(*posted, strict=False)]
        if len({len(column) for column in posted}) > 1:
            self.problem = _("The line items arrived incompletely. Please try again.")
        if len(self.rows) > MOST_LINES:
            self.problem = _("At most %d lines fit here.") % MOST_LINES
            return
        for row in self.rows:
            self.values.append(self._read(row))
        if "whole_discount" in data:
            self.discount = self._read_whole()
        for (row, _line), tax in zip(self._readable(), self.taxes.by_line, strict=True):
            row.tax = tax

    def _read_whole(self) -> Discount:
        if not self.whole_text:
            return Discount()
        try:
            number = parsed(self.whole_text[:40].removesuffix("%"))
        except NotAnAmount:
            self.whole_error = _("“%s” is not a number. Type it like 1,234.50.") % self.whole_text[:40]
            return Discount()
        if not ZERO <= number < Decimal(10) ** 13:
            self.whole_error = _("This number is too large.") if number > 0 else _("A discount is not less than 0.")
            return Discount()
        if self.whole_kind == AMOUNT:
            return Discount(amount=rounded(number, self.currency))
        return Discount(percent=round(number, 4))

    def _read(self, row: Row) -> LineValues:
        code = taxes.written(row.tax_code.replace("\x00", "").strip()[:120])
        discount = self._number(row, "discount_percent", ZERO)
        in_money = row.discount_kind == AMOUNT
        line = LineValues(
            name=row.name.replace("\x00", "").strip(),
            description=row.description.replace("\x00", "").strip(),
            quantity=self._number(row, "quantity", Decimal(1)),
            unit_price=self._number(row, "unit_price", ZERO),
            discount_percent=ZERO if in_money else discount,
            discount_amount=rounded(discount, self.currency) if in_money else ZERO,
            tax_code=code,
            tax_rate=taxes.rate_of(code, self.known_taxes) if code else None,
            billing_period=row.billing_period if row.billing_period in BillingPeriod.values else BillingPeriod.ONCE,
            billing_count=self._count(row),
            product_id=int(row.product) if row.product.isdecimal() and len(row.product) < 19 else None,
        )
        if not line.name:
            row.errors["name"] = _("Name the product or service.")
        if not row.errors:
            row.amount = formatted(amounts.line_amount(line, self.currency), self.currency)
        return line

    @staticmethod
    def _count(row: Row) -> int | None:
        text = row.billing_count.strip()
        if not text or not row.billing_period:
            return None
        if not text.isdecimal() or not 0 < int(text[:9]) <= MOST_PERIODS:
            row.errors["billing_count"] = _("Say how many times it is billed, 1 to %d.") % MOST_PERIODS
            return None
        return int(text)

    @staticmethod
    def _number(row: Row, column: str, empty: Decimal) -> Decimal:
        text = str(getattr(row, column)).strip()
        if not text:
            return empty
        try:
            number = parsed(text[:40].removesuffix("%"))
        except NotAnAmount:
            row.errors[column] = _("“%s” is not a number. Type it like 1,234.50.") % text[:40]
            return empty
        if abs(number) >= Decimal(10) ** 13:
            row.errors[column] = _("This number is too large.")
            return empty
        return round(number, 4 if column == "discount_percent" else 10)

    def refuse(self, refusal: BadLine) -> None:
        """Show a service's refusal at its row and field."""
        self.rows[refusal.position].errors[refusal.field] = str(refusal)

    @property
    def is_valid(self) -> bool:
        """Whether every row could be read."""
        return not self.problem and not self.whole_error and not any(row.errors for row in self.rows)

    @property
    def subtotal(self) -> Decimal:
        """The sum of the lines that can be read."""
        return amounts.total([line for _row, line in self._readable()], self.currency)

    @property
    def periods(self) -> list[terms.PeriodTotal]:
        """One-time and recurring totals of the readable lines apart."""
        return terms.totals([line for _row, line in self._readable()], self.currency)

    @property
    def taxes(self) -> taxes.PrintedTaxes:
        """The taxes of the readable lines, and what these come to with them."""
        off = self._off()
        return taxes.printed([line for _row, line in self._readable()], off, self.subtotal - off, self.currency)

    def _readable(self) -> list[tuple[Row, LineValues]]:
        return [(row, line) for row, line in zip(self.rows, self.values, strict=False) if not row.errors]

    @property
    def total(self) -> str:
        """What the readable lines come to after the discount on the whole."""
        return formatted(self.subtotal - self._off(), self.currency)

    @property
    def whole(self) -> dict[str, str]:
        """The discount on the whole as the editor shows it."""
        off = self._off()
        return {
            "text": self.whole_text,
            "kind": self.whole_kind or PERCENT,
            "error": self.whole_error,
            "off": formatted(-off, self.currency) if off else "",
            "subtotal": formatted(self.subtotal, self.currency),
        }

    def _off(self) -> Decimal:
        given = self.discount or Discount()
        return amounts.discount_on(self.subtotal, given.percent, given.amount, self.currency)


def whole_of(quote: Quote) -> dict[str, str]:
    """The stored discount on the whole as the editor shows it."""
    off = quote.subtotal - quote.amount
    return {
        "text": _discount(quote.discount_percent, quote.discount_amount),
        "kind": AMOUNT if quote.discount_amount and not quote.discount_percent else PERCENT,
        "error": "",
        "off": formatted(-off, quote.currency) if off else "",
        "subtotal": formatted(quote.subtotal, quote.currency),
    }
