"""How often something is billed, in words, and what lines come to by period."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy, ngettext

from core.money import ZERO, formatted
from crm import amounts
from crm.enums import BillingPeriod

EVERY = {
    BillingPeriod.MONTH: gettext_lazy("Billed monthly"),
    BillingPeriod.QUARTER: gettext_lazy("Billed quarterly"),
    BillingPeriod.YEAR: gettext_lazy("Billed yearly"),
}
PER = {
    BillingPeriod.ONCE: gettext_lazy("One-time"),
    BillingPeriod.MONTH: gettext_lazy("Per month"),
    BillingPeriod.QUARTER: gettext_lazy("Per quarter"),
    BillingPeriod.YEAR: gettext_lazy("Per year"),
}


def in_words(period: str, count: int | None) -> str:
    """“Billed monthly, 12 times”; nothing for what is billed once."""
    if not period:
        return ""
    words = str(EVERY[BillingPeriod(period)])
    return ngettext("%(words)s, once", "%(words)s, %(count)d times", count) % {
        "words": words, "count": count} if count else words  # fmt: skip


@dataclass(frozen=True)
class PeriodTotal:
    """What the lines of one period come to, before a discount on the whole."""

    label: str
    total: str


def totals(lines: Iterable[Any], currency: str) -> list[PeriodTotal]:
    """One-time and recurring totals apart; nothing where everything is billed once."""
    sums: dict[str, Decimal] = {}
    for line in lines:
        period = line.billing_period
        sums[period] = sums.get(period, ZERO) + amounts.line_amount(line, currency)
    if not any(sums):
        return []
    return [
        PeriodTotal(str(PER[period]), formatted(sums[period], currency)) for period in BillingPeriod if period in sums
    ]
