"""Calendar months, each named by its first day."""

import calendar
import datetime


def months_between(first: datetime.date, last: datetime.date) -> list[datetime.date]:
    """The months that the days from ``first`` to ``last`` touch."""
    found, month = [], first.replace(day=1)
    while month <= last:
        found.append(month)
        month = month_after(month)
    return found


def month_after(day: datetime.date, months: int = 1) -> datetime.date:
    """The month that lies ``months`` after that of ``day``."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return datetime.date(year, month + 1, 1)


def month_end(day: datetime.date) -> datetime.date:
    """The last day of the month of ``day``."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
