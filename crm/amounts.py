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

    @property
    def discount_amount(self) -> Decimal:
        """What is taken off after the percentage."""


def gross_amount(line: Line, currency: str) -> Decimal:
    """The line before tax and discount, rounded to the currency."""
    return rounded(line.quantity * line.unit_price, currency)


def line_amount(line: Line, currency: str) -> Decimal:
    """The line before tax, after its discount, rounded to the currency."""
    kept = line.quantity * line.unit_price * (HUNDRED - line.discount_percent) / HUNDRED
    return rounded(kept, currency) - rounded(line.discount_amount, currency)


def total(lines: Iterable[Line], currency: str) -> Decimal:
    """The sum of the rounded lines."""
    return sum((line_amount(line, currency) for line in lines), ZERO)


def discount_on(subtotal: Decimal, percent: Decimal, amount: Decimal, currency: str) -> Decimal:
    """What a discount on the whole takes off ``subtotal``: ``percent`` of it, or ``amount``."""
    return rounded(subtotal * percent / HUNDRED if percent else amount, currency)


def discount_percent_of(gross: Decimal, net: Decimal) -> Decimal:
    """How much less ``net`` is than ``gross``, in percent; 0 where there is nothing to compare."""
    return (gross - net) * HUNDRED / gross if gross > 0 else ZERO
