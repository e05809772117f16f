"""What a draft's lines come to before tax: Decimal throughout, rounded per line as QuickBooks rounds."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from core.money import rounded

ZERO = Decimal(0)
MONEY_STEP = Decimal("0.00001")
RATE_STEP = Decimal("0.0000000001")


def line_amount(quantity: Decimal, unit_price: Decimal, currency: str) -> Decimal:
    """Quantity times price, to the currency's decimals, halves away from zero."""
    return rounded(quantity * unit_price, currency)


def subtotal(amounts: Iterable[Decimal]) -> Decimal:
    """The sum of line amounts."""
    return sum(amounts, ZERO)


def plain(amount: Decimal) -> str:
    """``amount`` in canonical notation, as events and drafts carry it: no exponent, no trailing zeros."""
    text = format(amount, "f")
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def stored_money(amount: Decimal) -> Decimal:
    """``amount`` with the decimals of a money column, so that a stored and a new figure can be compared."""
    return amount.quantize(MONEY_STEP, rounding=ROUND_HALF_UP)


def stored_rate(rate: Decimal) -> Decimal:
    """``rate`` with the decimals of a price, quantity or exchange rate column."""
    return rate.quantize(RATE_STEP, rounding=ROUND_HALF_UP)


def converted(amount: Decimal, exchange_rate: Decimal, currency: str) -> Decimal:
    """``amount`` at the invoice's own rate, in ``currency``."""
    return rounded(amount * exchange_rate, currency)
