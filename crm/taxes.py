"""Sales tax on line items: what a typed tax means, and what it comes to, for each line and for the whole.

The rate is part of a line, so a published quote stays as it was. As in accounting, tax is rounded once for each tax
code, on what is left after the discount on the whole; the lines' shares of it always add up to it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Protocol

from django.utils.translation import gettext as _

from core.money import ZERO, decimals, formatted, rounded
from core.registry import SalesTax, sales_taxes
from crm import amounts

HUNDRED = Decimal(100)
# “20”, “20%” and “20.0% S” say their rate themselves.
_RATE = re.compile(r"(\d{1,3}(?:[.,]\d{1,4})?)\s*(?:%|$)")


class TaxedLine(amounts.Line, Protocol):
    """What a tax is computed from."""

    @property
    def tax_code(self) -> str:
        """As printed; empty where there is no tax."""

    @property
    def tax_rate(self) -> Decimal | None:
        """Percent; None where there is no tax or its rate is not known."""


@dataclass(frozen=True)
class TaxSum:
    """The tax of one code over all lines."""

    label: str
    net: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Taxes:
    """The tax of lines: ``by_line`` in their order, None where there is none. ``unknown`` are codes without a rate."""

    by_line: tuple[Decimal | None, ...]
    sums: tuple[TaxSum, ...]
    unknown: tuple[str, ...]

    @property
    def told(self) -> bool:
        """Whether there is a tax, and all of it is known."""
        return bool(self.sums) and not self.unknown

    @property
    def total(self) -> Decimal:
        """The whole tax, as far as it is known."""
        return sum((each.amount for each in self.sums), ZERO)


@dataclass(frozen=True)
class PrintedTaxes:
    """Taxes as texts: ``by_line`` in the order of the lines; ``total`` is with tax, empty unless all tax is known."""

    by_line: list[str]
    sums: list[tuple[str, str]]
    unknown: str
    total: str


def choices(currency: str) -> list[SalesTax]:
    """The taxes that accounting knows, one for each name."""
    found: dict[str, SalesTax] = {}
    for offered in sales_taxes:
        for each in offered(currency):
            found.setdefault(plain_name(each.name), each)
    return list(found.values())


def plain_name(name: str) -> str:
    """``20% S`` and ``20.0% s`` are the same code."""
    return name.casefold().replace(".0%", "%").replace(" ", "")


def written(code: str) -> str:
    """A tax as it is printed: a mere number is a percentage."""
    return f"{code}%" if code and _RATE.fullmatch(code) and not code.endswith("%") else code


def rate_of(code: str, known: Iterable[SalesTax]) -> Decimal | None:
    """The percentage of a typed tax: that of accounting's code of this name, or the one that it begins with."""
    for each in known:
        if plain_name(each.name) == plain_name(code) and each.percent is not None:
            return each.percent
    found = _RATE.match(code.strip())
    rate = Decimal(found[1].replace(",", ".")) if found else None
    return rate if rate is not None and rate <= HUNDRED else None


def taxes(lines: Sequence[TaxedLine], off: Decimal, currency: str) -> Taxes:
    """The tax of ``lines``, of which a discount on the whole takes ``off``."""
    nets = [amounts.line_amount(line, currency) for line in lines]
    whole = sum(nets, ZERO)
    by_line: list[Decimal | None] = [None] * len(lines)
    groups: dict[tuple[str, Decimal], list[int]] = {}
    for position, line in enumerate(lines):
        if line.tax_code and line.tax_rate is not None:
            groups.setdefault((line.tax_code, line.tax_rate), []).append(position)
    sums = []
    for (code, rate), positions in groups.items():
        net = sum((nets[position] for position in positions), ZERO)
        net -= rounded(off * net / whole, currency) if whole else ZERO
        tax = rounded(net * rate / HUNDRED, currency)
        sums.append(TaxSum(code, net, tax))
        for position, share in zip(positions, _shares(tax, [nets[each] for each in positions], currency), strict=True):
            by_line[position] = share
    unknown = dict.fromkeys(line.tax_code for line in lines if line.tax_code and line.tax_rate is None)
    return Taxes(tuple(by_line), tuple(sums), tuple(unknown))


def printed(lines: Sequence[TaxedLine], off: Decimal, total: Decimal, currency: str) -> PrintedTaxes:
    """The tax of ``lines`` as texts; ``total`` is what they come to before tax, after ``off``."""
    found = taxes(lines, off, currency)
    return PrintedTaxes(
        by_line=[formatted(tax, currency) for tax in found.by_line],
        sums=[
            (
                _("%(tax)s on %(net)s") % {"tax": each.label, "net": formatted(each.net, currency)},
                formatted(each.amount, currency),
            )
            for each in found.sums
        ],
        unknown=", ".join(found.unknown),
        total=formatted(total + found.total, currency) if found.told else "",
    )


def _shares(tax: Decimal, nets: Sequence[Decimal], currency: str) -> list[Decimal]:
    """``tax`` shared out by ``nets``, to the last cent: what rounding leaves goes to the largest remainders."""
    whole, step = sum(nets, ZERO), Decimal(1).scaleb(-decimals(currency))
    if not whole:
        return [tax, *[ZERO] * (len(nets) - 1)]
    exact = [tax * net / whole for net in nets]
    shares = [part.quantize(step, rounding=ROUND_DOWN) for part in exact]
    left = tax - sum(shares, ZERO)
    unit = step if left > 0 else -step
    order = sorted(range(len(nets)), key=lambda position: abs(exact[position] - shares[position]), reverse=True)
    for position in order[: int(abs(left) / step)]:
        shares[position] += unit
    return shares
