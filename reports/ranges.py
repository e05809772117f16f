"""The periods that a report can be about, as days of the company."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.company import fiscal_year
from core.conditions.moments import PERIODS, day_after

Days = tuple[datetime.date, datetime.date]
MOST_YEARS = 100


@dataclass(frozen=True)
class Period:
    """The first and the last day, and what it is called."""

    first: datetime.date
    last: datetime.date
    words: str

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def before(self) -> "Period":
        """The period of the same length right before it."""
        last = day_after(self.first, -1)
        return Period(day_after(last, 1 - self.days), last, _("the period before"))


def _last_days(count: int) -> Callable[[datetime.date], Days]:
    return lambda today: (day_after(today, 1 - count), today)


def _named(name: str) -> Callable[[datetime.date], Days]:
    def days(today: datetime.date) -> Days:
        first, after = PERIODS[name](today)
        return first, day_after(after, -1)

    return days


def _last_12_months(today: datetime.date) -> Days:
    """This month and the eleven before it, up to today."""
    year, month = divmod(today.year * 12 + today.month - 12, 12)
    return datetime.date(year, month + 1, 1), today


def _last_fiscal_year(today: datetime.date, start: int | None = None) -> Days:
    return fiscal_year(day_after(fiscal_year(today, start)[0], -1), start)


# The ranges that depend on the month with which fiscal years begin.
FISCAL = {"this_fiscal_year": fiscal_year, "last_fiscal_year": _last_fiscal_year}


RANGES: dict[str, tuple[Any, Callable[[datetime.date], Days]]] = {
    "today": (gettext_lazy("Today"), _named("today")),
    "last_7_days": (gettext_lazy("Last 7 days"), _last_days(7)),
    "last_30_days": (gettext_lazy("Last 30 days"), _last_days(30)),
    "last_90_days": (gettext_lazy("Last 90 days"), _last_days(90)),
    "this_week": (gettext_lazy("This week"), _named("this_week")),
    "last_week": (gettext_lazy("Last week"), _named("last_week")),
    "this_month": (gettext_lazy("This month"), _named("this_month")),
    "last_month": (gettext_lazy("Last month"), _named("last_month")),
    "this_quarter": (gettext_lazy("This quarter"), _named("this_quarter")),
    "last_quarter": (gettext_lazy("Last quarter"), _named("last_quarter")),
    "last_12_months": (gettext_lazy("Last 12 months"), _last_12_months),
    "this_year": (gettext_lazy("This year"), _named("this_year")),
    "last_year": (gettext_lazy("Last year"), _named("last_year")),
    "this_fiscal_year": (gettext_lazy("This fiscal year"), fiscal_year),
    "last_fiscal_year": (gettext_lazy("Last fiscal year"), _last_fiscal_year),
    "next_30_days": (gettext_lazy("Next 30 days"), lambda today: (today, day_after(today, 29))),
    "next_90_days": (gettext_lazy("Next 90 days"), lambda today: (today, day_after(today, 89))),
}
# What is offered instead of a period over which a report takes too long, the widest first.
NARROWER = ("last_12_months", "last_90_days", "last_30_days", "last_7_days")


def period_of(named: Any, today: datetime.date, fiscal_start: int | None = None) -> Period | None:
    """A range as it stands in a definition; None for all time. Raises ValueError.

    Fiscal years begin with the month ``fiscal_start``, the CRM's own unless given.
    """
    if named in (None, ""):
        return None
    if isinstance(named, str):
        if named not in RANGES:
            raise ValueError(named)
        label, days = RANGES[named]
        return Period(*(FISCAL[named](today, fiscal_start) if named in FISCAL else days(today)), str(label))
    if not isinstance(named, dict) or set(named) - {"from", "to"}:
        raise ValueError(named)
    first, last = (datetime.date.fromisoformat(str(named.get(key))) for key in ("from", "to"))
    if first > last or last.year - first.year > MOST_YEARS:
        raise ValueError(named)
    words = {"first": date_format(first, "DATE_FORMAT"), "last": date_format(last, "DATE_FORMAT")}
    return Period(first, last, _("%(first)s to %(last)s") % words)


def narrower(period: Period | None, today: datetime.date) -> str:
    """The widest named range that is clearly narrower than ``period``; empty where there is none."""
    for name in NARROWER:
        offered = period_of(name, today)
        if offered is not None and (period is None or offered.days * 2 <= period.days):
            return name
    return ""
