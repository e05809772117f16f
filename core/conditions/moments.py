"""Days, moments and relative periods as half-open spans, so that SQL and memory compare the same two bounds.

A day is the span from its first moment to that of the next day, in the reader's time zone: 23 or 25 hours where the
clocks change. Weeks begin on Monday.
"""

import datetime
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

Bound = datetime.date | datetime.datetime
DAY = datetime.timedelta(days=1)
MOST_DAYS = 36_500
EARLIEST = datetime.datetime.min.replace(tzinfo=datetime.UTC)
LATEST = datetime.datetime.max.replace(tzinfo=datetime.UTC)


@dataclass(frozen=True)
class Span:
    """From ``start`` (included) to ``end`` (not included); None is open. Both are dates or both aware date-times."""

    start: Bound | None
    end: Bound | None


def zone_of(zone: "str | datetime.tzinfo | None") -> datetime.tzinfo:
    """An IANA name or a zone as a zone; the active one for None. Raises ZoneInfoNotFoundError."""
    if zone is None:
        return timezone.get_current_timezone()
    return zoneinfo.ZoneInfo(zone) if isinstance(zone, str) else zone


def day_after(day: datetime.date, days: int = 1) -> datetime.date:
    """``days`` later, or the nearest day that exists."""
    try:
        return day + datetime.timedelta(days=days)
    except OverflowError:
        return datetime.date.max if days > 0 else datetime.date.min


def first_moment(day: datetime.date, zone: datetime.tzinfo) -> datetime.datetime:
    """When ``day`` begins in ``zone``. Where midnight is skipped it is the moment of the skip."""
    try:
        return datetime.datetime.combine(day, datetime.time.min, tzinfo=zone).astimezone(datetime.UTC)
    except OverflowError:
        return EARLIEST if day.year < 5000 else LATEST


def days_as_moments(span: Span, zone: datetime.tzinfo) -> Span:
    """A span of days as a span of moments."""
    return Span(*(None if day is None else first_moment(day, zone) for day in (span.start, span.end)))


def span_of_day(value: Any) -> Span:
    """``2026-03-29`` as the span of that day. Raises ValueError."""
    text = str(value)
    if len(text) != 10:
        raise ValueError(value)
    day = datetime.date.fromisoformat(text)
    return Span(day, day_after(day) if day != datetime.date.max else None)


def span_of_moment(value: Any, zone: datetime.tzinfo) -> Span:
    """A day, or a moment as long as it is exact: ``2026-03-29T10:00`` is that minute. Raises ValueError.

    A moment without an offset is one of ``zone``.
    """
    text = str(value)
    if len(text) == 10:
        return days_as_moments(span_of_day(text), zone)
    moment = datetime.datetime.fromisoformat(text)
    clock = text[11:].replace("Z", "+").replace("-", "+").split("+")[0]
    exact = datetime.timedelta(minutes=1)
    if clock.count(":") == 2:
        exact = datetime.timedelta(microseconds=1) if "." in clock else datetime.timedelta(seconds=1)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    try:
        start = moment.astimezone(datetime.UTC)
        return Span(start, start + exact)
    except OverflowError as error:
        raise ValueError(value) from error


def _month(day: datetime.date, months: int) -> datetime.date:
    """The first day of the month that lies ``months`` away."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year < datetime.MINYEAR:
        return datetime.date.min
    return datetime.date(year, month + 1, 1) if year <= datetime.MAXYEAR else datetime.date.max


def _months(length: int, away: int) -> Callable[[datetime.date], tuple[datetime.date, datetime.date]]:
    """The block of ``length`` months (1, 3, 12 from January on) that lies ``away`` blocks from a day."""

    def block(day: datetime.date) -> tuple[datetime.date, datetime.date]:
        first = -((day.month - 1) % length) + length * away
        return _month(day, first), _month(day, first + length)

    return block


def _weeks(away: int) -> Callable[[datetime.date], tuple[datetime.date, datetime.date]]:
    def week(day: datetime.date) -> tuple[datetime.date, datetime.date]:
        monday = day_after(day, 7 * away - day.weekday())
        return monday, day_after(monday, 7)

    return week


def _days(away: int) -> Callable[[datetime.date], tuple[datetime.date, datetime.date]]:
    return lambda day: (day_after(day, away), day_after(day, away + 1))


PERIODS: dict[str, Callable[[datetime.date], tuple[datetime.date, datetime.date]]] = {
    "today": _days(0),
    "yesterday": _days(-1),
    "tomorrow": _days(1),
    **{
        f"{when}_{unit}": block(away)
        for when, away in (("this", 0), ("last", -1), ("next", 1))
        for unit, block in (
            ("week", _weeks),
            ("month", lambda away: _months(1, away)),
            ("quarter", lambda away: _months(3, away)),
            ("year", lambda away: _months(12, away)),
        )
    },
}
# Periods of a number of days. Today counts, so that "last 7 days" and "more than 7 days ago" cover the past once.
COUNTED: dict[str, Callable[[datetime.date, int], tuple[datetime.date | None, datetime.date | None]]] = {
    "last_days": lambda day, count: (day_after(day, -count), day_after(day, 1)),
    "next_days": lambda day, count: (day, day_after(day, count + 1)),
    "more_than_days_ago": lambda day, count: (None, day_after(day, -count)),
    "more_than_days_ahead": lambda day, count: (day_after(day, count + 1), None),
}


def period(value: Any, today: datetime.date) -> Span:
    """``{"period": "this_month"}`` or ``{"period": "last_days", "days": 7}`` as days. Raises ValueError."""
    if not isinstance(value, dict) or not set(value) <= {"period", "days"}:
        raise ValueError(value)
    name, days = value.get("period"), value.get("days")
    if isinstance(name, str) and name in PERIODS and days is None:
        return Span(*PERIODS[name](today))
    if isinstance(name, str) and name in COUNTED:
        count = int(str(days))
        if not 0 <= count <= MOST_DAYS:
            raise ValueError(value)
        return Span(*COUNTED[name](today, count))
    raise ValueError(value)
