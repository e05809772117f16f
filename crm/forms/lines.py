"""The line items editor: rows as typed, their values, and what is wrong with which field."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from core.money import ZERO, NotAnAmount, formatted, formatted_number, parsed
from crm import amounts
from crm.models import DealLine, Product, QuoteLine
from crm.services.lines import MOST_LINES, BadLine, LineValues

COLUMNS = ("key", "product", "name", "description", "quantity", "unit_price", "discount_percent")


@dataclass
class Row:
    """A row of the editor; every value is the text that the field shows."""

    key: str
    name: str = ""
    description: str = ""
    quantity: str = "1"
    unit_price: str = ""
    discount_percent: str = ""
    product: str = ""
    amount: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def in_words(self) -> str:
        """What is wrong, in one line."""
        return " ".join(self.errors.values())


def new_key() -> str:
    """A name for a row, to tell the fields of rows apart."""
    return f"r{uuid.uuid4().hex[:8]}"


def rows_of(lines: Sequence[DealLine | QuoteLine], currency: str) -> list[Row]:
    """The editor's rows for stored lines."""
    return [
        Row(
            key=new_key(),
            name=line.name,
            description=line.description,
            quantity=formatted_number(line.quantity),
            unit_price=formatted_number(line.unit_price),
            discount_percent=formatted_number(line.discount_percent) if line.discount_percent else "",
            product=str(line.product_id or ""),
            amount=formatted(amounts.line_amount(line, currency), currency),
        )
        for line in lines
    ]


def row_for(product: Product | None, currency: str) -> Row:
    """A new row, filled from ``product``; the price only where it is in ``currency``."""
    if product is None:
        return Row(key=new_key())
    price = product.unit_price if product.currency == currency else None
    return Row(
        key=new_key(),
        name=product.name,
        description=product.description,
        unit_price=formatted_number(price),
        product=str(product.pk),
        amount=formatted(price, currency),
    )


class LinesForm:
    """The posted rows. ``values`` are complete only when ``is_valid``."""

    def __init__(self, data: QueryDict, currency: str) -> None:
        posted = [data.getlist(column) for column in COLUMNS]
        self.currency = currency
        self.values: list[LineValues] = []
        self.problem = ""
        self.rows = [Row(**dict(zip(COLUMNS, texts, strict=True))) for texts in zip(*posted, strict=False)]
        if len({len(column) for column in posted}) > 1:
            self.problem = _("The line items arrived incompletely. Please try again.")
        if len(self.rows) > MOST_LINES:
            self.problem = _("At most %d lines fit here.") % MOST_LINES
            return
        for row in self.rows:
            self.values.append(self._read(row))

    def _read(self, row: Row) -> LineValues:
        line = LineValues(
            name=row.name.replace("\x00", "").strip(),
            description=row.description.replace("\x00", "").strip(),
            quantity=self._number(row, "quantity", Decimal(1)),
            unit_price=self._number(row, "unit_price", ZERO),
            discount_percent=self._number(row, "discount_percent", ZERO),
            product_id=int(row.product) if row.product.isdecimal() and len(row.product) < 19 else None,
        )
        if not line.name:
            row.errors["name"] = _("Name the product or service.")
        if not row.errors:
            row.amount = formatted(amounts.line_amount(line, self.currency), self.currency)
        return line

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
        return not self.problem and not any(row.errors for row in self.rows)

    @property
    def total(self) -> str:
        """The sum of the lines that can be read."""
        readable: Any = [line for line, row in zip(self.values, self.rows, strict=False) if not row.errors]
        return formatted(amounts.total(readable, self.currency), self.currency)
