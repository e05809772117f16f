"""The company that uses the CRM, for whoever needs its currency, its day or its fiscal year.

``profile()`` is the one truth about it. It is read once for a request, and once for what runs in ``remembered``.
"""

import calendar
import datetime
import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from core.models.company import CompanyProfile

_held: ContextVar[dict[str, CompanyProfile] | None] = ContextVar("company_profile", default=None)


@contextmanager
def remembered() -> Iterator[None]:
    """Inside, the profile is read once, however often it is asked for."""
    token = _held.set({})
    try:
        yield
    finally:
        _held.reset(token)


def forget() -> None:
    """Read the profile again the next time: it has just been changed."""
    held = _held.get()
    if held is not None:
        held.clear()


def profile() -> CompanyProfile:
    """The company's profile; made at the first use, with the currency of the environment."""
    held = _held.get()
    if held and "it" in held:
        return held["it"]
    row = CompanyProfile.objects.filter(pk=1).first()
    if row is None:
        row = CompanyProfile.objects.get_or_create(pk=1, defaults={"currency": settings.CRM_CURRENCY})[0]
    if held is not None:
        held["it"] = row
    return row


def zone() -> zoneinfo.ZoneInfo:
    """The company's time zone."""
    return zoneinfo.ZoneInfo(profile().time_zone)


def today(now: datetime.datetime | None = None) -> datetime.date:
    """The day it is where the company is."""
    return (now or timezone.now()).astimezone(zone()).date()


@dataclass(frozen=True)
class FiscalQuarter:
    """A quarter of a fiscal year. ``year`` is the calendar year in which the fiscal year ends."""

    year: int
    number: int
    first: datetime.date
    last: datetime.date

    def __str__(self) -> str:
        return f"Q{self.number} {self.year}"


def fiscal_quarter(day: datetime.date, start: int | None = None) -> FiscalQuarter:
    """The quarter that ``day`` is in. ``start`` is the first month of the fiscal year, the company's unless given."""
    begins = start or profile().fiscal_year_start
    passed = (day.month - begins) % 12
    first_year = day.year if day.month >= begins else day.year - 1
    first = _month(first_year, begins + passed // 3 * 3)
    end = _month(first_year, begins + passed // 3 * 3 + 2)
    last = end.replace(day=calendar.monthrange(end.year, end.month)[1])
    return FiscalQuarter(first_year + (begins > 1), passed // 3 + 1, first, last)


def fiscal_year(day: datetime.date, start: int | None = None) -> tuple[datetime.date, datetime.date]:
    """The first and the last day of the fiscal year that ``day`` is in."""
    begins = start or profile().fiscal_year_start
    first = datetime.date(day.year if day.month >= begins else day.year - 1, begins, 1)
    return first, first.replace(year=first.year + 1) - datetime.timedelta(days=1)


def works_on(day: datetime.date) -> bool:
    """Whether the company works on that weekday."""
    return day.weekday() in profile().working_days


def working_day_from(day: datetime.date) -> datetime.date:
    """``day``, or the first working day after it; ``day`` itself where no day is a working day."""
    days = (day + datetime.timedelta(days=ahead) for ahead in range(7))
    return next((each for each in days if works_on(each)), day)


def _month(year: int, month: int) -> datetime.date:
    return datetime.date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)
