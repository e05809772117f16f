"""Sales tax as QuickBooks reckons it: by tax code, each rate of a code on the sum of the amounts that carry it.

QuickBooks rounds once per rate and code, not once per line. In prices that include tax each line's amount before tax
is rounded, and what rounding leaves over belongs to the last rate, because the price with tax is what was agreed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum

ZERO = Decimal(0)
HUNDRED = Decimal(100)
CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    """``amount`` as QuickBooks keeps it: two decimals in every currency, halves away from zero."""
    return Decimal(amount).quantize(CENT, ROUND_HALF_UP)


class RateBase(Enum):
    """What a rate is taken of (QuickBooks: TaxTypeApplicable)."""

    AMOUNT = "TaxOnAmount"
    AMOUNT_AND_TAX = "TaxOnAmountPlusTax"
    TAX = "TaxOnTax"


@dataclass(frozen=True)
class TaxRatePart:
    """One rate of a tax code. ``percent`` is None where it is not known; lower ``order`` is taken first."""

    name: str
    percent: Decimal | None
    external_id: str = ""
    order: int = 0
    base: RateBase = RateBase.AMOUNT


@dataclass(frozen=True)
class TaxCodeRates:
    """A tax code with the rates that it consists of; one without rates taxes nothing."""

    name: str = ""
    rates: tuple[TaxRatePart, ...] = ()

    @property
    def known(self) -> bool:
        """Whether every rate has its percentage."""
        return all(rate.percent is not None for rate in self.rates)

    def in_order(self) -> list[TaxRatePart]:
        """The rates in the order in which they are taken."""
        return sorted(self.rates, key=lambda rate: rate.order)

    def factor(self) -> Decimal:
        """The tax on 1, unrounded: 0.2 for 20 %, more than the sum of the percentages for tax on tax."""
        taxes = ZERO
        for rate in self.in_order():
            taxes += _base(rate, Decimal(1), taxes) * (rate.percent or ZERO) / HUNDRED
        return taxes


@dataclass(frozen=True)
class TaxByRate:
    """The tax of one rate over the whole document."""

    name: str
    percent: Decimal
    net: Decimal
    amount: Decimal
    external_id: str = ""


@dataclass
class Share:
    """What of a document carries one tax code: before tax, and with tax where prices include it."""

    net: Decimal = ZERO
    gross: Decimal = ZERO


def _base(rate: TaxRatePart, net: Decimal, taxes: Decimal) -> Decimal:
    if rate.base is RateBase.AMOUNT_AND_TAX:
        return net + taxes
    return taxes if rate.base is RateBase.TAX else net


def net_of(gross: Decimal, code: TaxCodeRates) -> Decimal:
    """The amount before tax of a price that includes it."""
    return cents(gross / (1 + code.factor()))


def taxes_of(share: Share, code: TaxCodeRates, *, inclusive: bool) -> list[TaxByRate]:
    """The tax of each rate of ``code`` on ``share``, rounded to cents."""
    found: list[TaxByRate] = []
    taxes = ZERO
    for rate in code.in_order():
        percent = rate.percent or ZERO
        tax = cents(_base(rate, share.net, taxes) * percent / HUNDRED)
        taxes += tax
        found.append(TaxByRate(rate.name, percent, share.net, tax, rate.external_id))
    whole = share.gross - share.net
    if inclusive and found and whole and code.factor():
        last = found[-1]
        left = whole - sum((tax.amount for tax in found[:-1]), ZERO)
        found[-1] = TaxByRate(last.name, last.percent, last.net, left, last.external_id)
    return found


def together(taxes: Iterable[TaxByRate]) -> tuple[TaxByRate, ...]:
    """The taxes of several codes, one entry for each rate, in the order in which they first appear."""
    merged: dict[tuple[str, str, Decimal], TaxByRate] = {}
    for tax in taxes:
        key = (tax.external_id, tax.name, tax.percent)
        before = merged.get(key)
        merged[key] = tax if before is None else _sum(before, tax)
    return tuple(merged.values())


def _sum(one: TaxByRate, other: TaxByRate) -> TaxByRate:
    return TaxByRate(one.name, one.percent, one.net + other.net, one.amount + other.amount, one.external_id)
