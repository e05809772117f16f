"""Days and times of workflows, in the company's time zone."""

import datetime
from collections.abc import Mapping
from typing import Any

from core import company

DAY = datetime.timedelta(days=1)
DEFAULT_TIME = (9, 0)


def length_of(duration: Mapping[str, Any]) -> datetime.timedelta:
    """A duration such as ``{"amount": 3, "unit": "days"}``."""
    return datetime.timedelta(**{str(duration["unit"]): int(duration["amount"])})


def clock_of(text: Any) -> tuple[int, int] | None:
    """Hour and minute of a time such as 09:30; None for anything else."""
    hour, _colon, minute = text.partition(":") if isinstance(text, str) else ("", "", "")
    if not (hour.isdecimal() and minute.isdecimal() and len(hour) <= 2 and len(minute) == 2):
        return None
    found = int(hour), int(minute)
    return found if found[0] < 24 and found[1] < 60 else None


def moment_of(day: datetime.date, at: Any) -> datetime.datetime:
    """The time of that day where the company is."""
    hour, minute = clock_of(at) or DEFAULT_TIME
    return datetime.datetime.combine(day, datetime.time(hour, minute), tzinfo=company.zone())


def day_of(value: datetime.date | datetime.datetime) -> datetime.date:
    """A date, or the day of a moment where the company is."""
    return value.astimezone(company.zone()).date() if isinstance(value, datetime.datetime) else value


def shifted(day: datetime.date, days: int, *, working_days: bool) -> datetime.date:
    """``day`` moved by calendar days; off days give way to a working day, in the direction of the move."""
    moved = day + datetime.timedelta(days=days)
    if not working_days:
        return moved
    step = -DAY if days < 0 else DAY
    found = (moved + step * number for number in range(7))
    return next((each for each in found if company.works_on(each)), moved)


def days_that_come(
    after: datetime.datetime, until: datetime.datetime, days: int, at: Any, *, working_days: bool
) -> tuple[datetime.date, datetime.date] | None:
    """The first and the last date whose moment, moved by ``days``, lies after ``after`` and not after ``until``.

    The moments grow with the dates, so that those in between are no others. None where there is no such date.
    """
    # A working day is at most a week away, and a zone's day at most one more.
    first = day_of(after) - datetime.timedelta(days=days) - 9 * DAY
    last = day_of(until) - datetime.timedelta(days=days) + 9 * DAY
    found = []
    day = first
    while day <= last:
        if after < moment_of(shifted(day, days, working_days=working_days), at) <= until:
            found.append(day)
        day += DAY
    return (found[0], found[-1]) if found else None
