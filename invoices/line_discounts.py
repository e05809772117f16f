"""The discount of one line of an invoice that QuickBooks has. Pure.

QuickBooks keeps no discount of a line: the line gets the price that leads to the amount after it, and its description
says what was taken off.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from core.money import formatted, formatted_number
from invoices.totals import Discount, discounted, line_amount, plain

PRICE_STEP = Decimal("0.0000001")  # QuickBooks keeps seven decimals of a price
LONGEST = 4000


class TooMuch(ValueError):
    """The discount is more than there is, or less than nothing."""


@dataclass(frozen=True)
class LinePrice:
    """A line's figures after its discount; ``words`` say what was taken off, empty without one."""

    quantity: Decimal | None
    unit_price: Decimal | None
    amount: Decimal
    words: str = ""


def priced(quantity: Decimal, price: Decimal, typed: str, currency: str) -> LinePrice:
    """The figures of a line with a discount as typed: ``10%``, ``25.5`` or nothing. Raises TooMuch."""
    before = line_amount(quantity, price, currency)
    if not typed:
        return LinePrice(quantity, price, before)
    percent = Decimal(typed[:-1]) if typed.endswith("%") else None
    discount = Discount(percent=percent) if percent is not None else Discount(amount=Decimal(typed))
    amount = discounted(before, discount, currency)
    if not 0 <= amount <= before or not quantity:
        raise TooMuch(typed)
    after = (amount / quantity).quantize(PRICE_STEP)
    return LinePrice(quantity, Decimal(plain(after)), amount, taken_off(before, percent, before - amount, currency))


def taken_off(before: Decimal, percent: Decimal | None, amount: Decimal, currency: str) -> str:
    """“$150.00 less 10%”."""
    taken = formatted(amount, currency) if percent is None else f"{formatted_number(percent.normalize())}%"
    return _("%(before)s less %(discount)s") % {"before": formatted(before, currency), "discount": taken}


def with_words(description: str, words: str) -> str:
    """A line's description with what was taken off below it."""
    return "\n".join(each for each in (description, words) if each)[:LONGEST]
