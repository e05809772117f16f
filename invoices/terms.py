"""When an invoice is due under given terms. Pure."""

import calendar
import datetime

from invoices.ports import TermsChoice


def due_on(issued_on: datetime.date, terms: TermsChoice) -> datetime.date | None:
    """The due date that QuickBooks computes, or None for terms that name neither days nor a day of the month.

    Terms with a day of the month are due on the next such day; an invoice made fewer than ``due_next_month_days``
    before it is due a month later.
    """
    if terms.due_days is not None:
        return issued_on + datetime.timedelta(days=terms.due_days)
    if terms.due_day_of_month is None:
        return None
    due = _day_of(issued_on.year, issued_on.month, terms.due_day_of_month)
    if due < issued_on:
        due = _month_later(due, terms.due_day_of_month)
    if terms.due_next_month_days and (due - issued_on).days < terms.due_next_month_days:
        due = _month_later(due, terms.due_day_of_month)
    return due


def _day_of(year: int, month: int, day: int) -> datetime.date:
    return datetime.date(year, month, max(1, min(day, calendar.monthrange(year, month)[1])))


def _month_later(date: datetime.date, day: int) -> datetime.date:
    year, month = divmod(date.year * 12 + date.month, 12)
    return _day_of(year, month + 1, day)
