"""What lines come to: pure arithmetic on Decimal, shared by deals and quotes."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Protocol

from core.money import ZERO, rounded

HUNDRED = Decimal(100)


class Line(Protocol):
    """What an amount is computed from."""

    @property
    def quantity(self) -> Decimal:
        """How many units."""

    @property
    def unit_price(self) -> Decimal:
        """The price of one, before discount and tax."""

    @property
    def discount_percent(self) -> Decimal:
        """0 to 100."""


def line_amount(line: Line, currency: str) -> Decimal:
    """The line before tax, after its discount, rounded to the currency."""
    return rounded(line.quantity * line.unit_price * (HUNDRED - line.discount_percent) / HUNDRED, currency)


def total(lines: Iterable[Line], currency: str) -> Decimal:
    """The sum of the rounded lines."""
    return sum((line_amount(line, currency) for line in lines), ZERO)
