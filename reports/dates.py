"""Periods of a time axis: the day after, the last day, what a period is called."""

import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.company import fiscal_year
from core.conditions.moments import day_after

MONTHS = {"month": 1, "quarter": 3, "fiscal_year": 12}


def next_of(day: datetime.date, bucket: str) -> datetime.date:
    """The first day of the period after the one that begins with ``day``."""
    if bucket in MONTHS:
        year, month = divmod(day.year * 12 + day.month - 1 + MONTHS[bucket], 12)
        return datetime.date(year, month + 1, 1)
    return day_after(day, 7 if bucket == "week" else 1)


def last_of(day: datetime.date, bucket: str) -> datetime.date:
    """The last day of the period that begins with ``day``."""
    return day_after(next_of(day, bucket), -1)


def first_of(day: datetime.date, bucket: str, fiscal_start: int | None = None) -> datetime.date:
    """The first day of the period that ``day`` is in; fiscal years begin with the month ``fiscal_start``."""
    if bucket == "week":
        return day_after(day, -day.weekday())
    if bucket == "month":
        return day.replace(day=1)
    if bucket == "quarter":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return fiscal_year(day, fiscal_start)[0] if bucket == "fiscal_year" else day


def words(day: datetime.date, bucket: str) -> str:
    """What the period that begins with ``day`` is called, in short."""
    if bucket == "month":
        return str(date_format(day, "M Y"))
    if bucket == "quarter":
        return f"Q{(day.month - 1) // 3 + 1} {day.year}"
    if bucket == "fiscal_year":
        return _("FY %d") % (day.year + (day.month > 1))
    return str(date_format(day, "j M Y"))
