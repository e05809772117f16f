"""What an invoice comes to: Decimal throughout, rounded where QuickBooks rounds.

``reckon`` is the one place that turns lines, discount, shipping, deposit and tax codes into totals. QuickBooks keeps
two decimals of every currency: a line's amount, the discount of the whole, and tax once for each rate of a code are
rounded to them. A line in a currency without decimals has none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from core.money import decimals, rounded
from invoices.enums import TaxMode
from invoices.tax import (
    HUNDRED,
    ZERO,
    RateBase,
    Share,
    TaxByRate,
    TaxCodeRates,
    TaxRatePart,
    cents,
    net_of,
    taxes_of,
    together,
)

__all__ = [
    "Discount",
    "PricedLine",
    "RateBase",
    "TaxByRate",
    "TaxCodeRates",
    "TaxRatePart",
    "Totals",
    "converted",
    "discounted",
    "line_amount",
    "plain",
    "reckon",
    "stored_money",
    "stored_percent",
    "stored_rate",
    "subtotal",
]

MONEY_STEP = Decimal("0.00001")
RATE_STEP = Decimal("0.0000000001")
PERCENT_STEP = Decimal("0.0001")
# The codes that mark lines of US companies, where one rate counts for the whole document.
TAXABLE, NOT_TAXABLE = "TAX", "NON"


@dataclass(frozen=True)
class PricedLine:
    """A line's amount as typed (with tax where prices include it), and the code that taxes it.

    The code is the id of a tax code; in US companies TAX or NON, and an empty one is NON.
    """

    amount: Decimal
    tax_code: str = ""


@dataclass(frozen=True)
class Discount:
    """A discount of the whole document: a percentage of the lines, or an amount; shipping is never discounted."""

    percent: Decimal | None = None
    amount: Decimal | None = None

    def of(self, base: Decimal) -> Decimal:
        """What is taken off ``base``."""
        return cents(base * self.percent / HUNDRED if self.percent is not None else self.amount or ZERO)


@dataclass(frozen=True)
class Totals:
    """What a document comes to. ``subtotal``, ``discount`` and ``shipping`` are before tax, as QuickBooks keeps them.

    ``total`` is always ``subtotal - discount + shipping + tax``. ``tax`` is None where QuickBooks adds it or a rate is
    unknown; ``total`` and ``balance`` are before tax then.
    """

    subtotal: Decimal
    discount: Decimal
    shipping: Decimal
    tax: Decimal | None
    total: Decimal
    deposit: Decimal
    balance: Decimal
    tax_by_rate: tuple[TaxByRate, ...] = ()


def reckon(
    lines: Sequence[PricedLine],
    *,
    currency: str,
    discount: Discount | None = None,
    shipping: Decimal = ZERO,
    shipping_tax_code: str = "",
    deposit: Decimal = ZERO,
    mode: TaxMode = TaxMode.AUTOMATIC,
    tax_after_discount: bool = True,
    codes: Mapping[str, TaxCodeRates] | None = None,
) -> Totals:
    """What ``lines`` come to, to the cent as QuickBooks has it.

    ``codes`` are the tax codes by id. Mode automatic is that of US companies: ``codes`` is None where QuickBooks finds
    the rate itself; with a fixed rate it maps TAX to the document's code. There alone ``tax_after_discount`` decides
    whether the discount lowers the tax; everywhere else it always does. In mode inclusive all amounts given include
    tax, and those of the answer do not.
    """
    us = mode == TaxMode.AUTOMATIC
    inclusive = mode == TaxMode.INCLUSIVE
    known = {} if codes is None else codes
    shares: dict[str, Share] = {}
    unknown = us and codes is None
    for line in lines:
        unknown |= not _add(shares, line, known, us=us, inclusive=inclusive)
    net = sum((share.net for share in shares.values()), ZERO)
    gross = sum((share.gross for share in shares.values()), ZERO)
    off = discount.of(gross) if discount else ZERO
    if inclusive and off and gross:
        # QuickBooks keeps the discount before tax, and percentages are of the lines before tax.
        by_percent = discount is not None and discount.percent is not None
        off = discount.of(net) if discount and by_percent else cents(off * net / gross)
    if off and net and (not us or tax_after_discount):
        for share in shares.values():
            # The share of the price with tax first: it needs the discount's part of the whole, before and with tax.
            share.gross -= cents(off * share.gross / net)
            share.net -= cents(off * share.net / net)
    carried: dict[str, Share] = {}
    unknown |= not _add(carried, PricedLine(shipping, shipping_tax_code), known, us=us, inclusive=inclusive)
    shipped = sum((share.net for share in carried.values()), ZERO)
    for code, share in carried.items():
        before = shares.setdefault(code, Share())
        before.net, before.gross = before.net + share.net, before.gross + share.gross
    taxes: tuple[TaxByRate, ...] = ()
    tax: Decimal | None = None
    if mode == TaxMode.NOT_APPLICABLE:
        tax = ZERO
    elif not unknown:
        taxes = together(
            part
            for code, share in shares.items()
            for part in taxes_of(share, known.get(code, TaxCodeRates()), inclusive=inclusive)
        )
        tax = sum((part.amount for part in taxes), ZERO)
    total = net - off + shipped + (tax or ZERO)
    paid = cents(deposit)
    return Totals(net, off, shipped, tax, total, paid, total - paid, taxes)


def _add(
    shares: dict[str, Share],
    line: PricedLine,
    codes: Mapping[str, TaxCodeRates],
    *,
    us: bool,
    inclusive: bool,
) -> bool:
    """Add a line to the share of its code; whether its tax can be told."""
    amount = cents(line.amount)
    if not amount:
        return True
    name = line.tax_code or (NOT_TAXABLE if us else "")
    code = codes.get(name)
    share = shares.setdefault(name, Share())
    share.gross += amount
    share.net += net_of(amount, code) if inclusive and code is not None and code.known else amount
    return (code is not None and code.known) or (us and name == NOT_TAXABLE)


def discounted(amount: Decimal, discount: Discount | None, currency: str) -> Decimal:
    """What is left of a line's ``amount`` after its own discount."""
    return amount - kept(discount.of(amount), currency) if discount else amount


def line_amount(quantity: Decimal, unit_price: Decimal, currency: str) -> Decimal:
    """Quantity times price, to the currency's decimals but at most two, halves away from zero."""
    return kept(quantity * unit_price, currency)


def kept(amount: Decimal, currency: str) -> Decimal:
    """An amount that we decide, as it is typed and sent: 0 decimals for JPY, 2 for USD, and no third one for KWD."""
    return rounded(amount, currency) if decimals(currency) < 2 else cents(amount)


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


def stored_percent(percent: Decimal | None) -> Decimal | None:
    """``percent`` with the decimals of a percentage column."""
    return None if percent is None else percent.quantize(PERCENT_STEP, rounding=ROUND_HALF_UP)


def converted(amount: Decimal, exchange_rate: Decimal, currency: str) -> Decimal:
    """``amount`` at the invoice's own rate, in ``currency``."""
    return rounded(amount * exchange_rate, currency)
