"""When something is due."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import Any


def due_date(day: date, term: dict[str, Any] | None) -> date:
    """Return when a form of ``day`` is due by a term: days to count, or a day of the month."""
    if term is None:
        return day
    try:
        return _by_term(day, term)
    except (OverflowError, ValueError):
        return date.max


def _by_term(day: date, term: dict[str, Any]) -> date:
    if term.get("Type") != "DATE_DRIVEN":
        return day + timedelta(days=int(term.get("DueDays") or 0))
    wanted = int(term.get("DayOfMonthDue") or 1)
    due = _in_month(day.year, day.month, wanted)
    if due < day + timedelta(days=int(term.get("DueNextMonthDays") or 0)):
        due = _in_month(day.year + day.month // 12, day.month % 12 + 1, wanted)
    return due


def _in_month(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))
