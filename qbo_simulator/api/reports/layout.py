"""The shape that every report has: header, columns, and rows within sections."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from qbo_simulator import clock, faults
from qbo_simulator.amounts import ZERO
from qbo_simulator.api.reports.ledger import Document, Entry
from qbo_simulator.company import Company

Row = dict[str, Any]
#: A value, or a value with the Id of what it names.
Cell = str | Decimal | tuple[str, str | None] | None
YEAR_TO_DATE = "this calendar year-to-date"


@dataclass
class Asked:
    """What a client wants to see of a report."""

    company: Company
    now: datetime
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """Today where the company is."""
        return self.now.astimezone(self.company.zone).date()

    def get(self, name: str, default: str = "") -> str:
        """Return a parameter."""
        return self.parameters.get(name) or default

    @cached_property
    def filtered(self) -> bool:
        """Whether anything is filtered at all."""
        return any(self.get(name) for name in ("customer", "vendor", "item", "class", "account"))

    def ids(self, name: str) -> frozenset[str]:
        """Return the Ids of a filter; none means all."""
        return frozenset(filter(None, (part.strip() for part in self.get(name).split(","))))

    def day(self, name: str) -> str | None:
        """Return a date. Raises Refused for what is none."""
        text = self.get(name)
        if not text:
            return None
        try:
            return date.fromisoformat(text[:10]).isoformat()
        except ValueError as error:
            raise faults.invalid_property(f"{name} ({text})", name) from error

    def period(self) -> tuple[str, str]:
        """Return first and last day; this year until today when nothing is asked for."""
        macro = self.get("date_macro").lower().replace("_", " ")
        first, last = _MACROS.get(macro, _year_to_date)(self.today)
        start, end = self.day("start_date"), self.day("end_date")
        if start and not end:
            last = max(date.fromisoformat(start), self.today)
        if end and not start:
            first = min(date.fromisoformat(end).replace(month=1, day=1), date.fromisoformat(end))
        period = (start or first.isoformat(), end or last.isoformat())
        if period[0] > period[1]:
            raise faults.invalid_property(f"start_date ({period[0]})", "start_date")
        return period

    def buckets(self) -> list[tuple[str, str, str]]:
        """Return the columns in time: title, first and last day; one without a title for the total alone."""
        first, last = self.period()
        by = self.get("summarize_column_by", "Total").lower()
        if by not in ("month", "quarter", "year", "week", "days", "day"):
            return []
        found: list[tuple[str, str, str]] = []
        start, end = date.fromisoformat(first), date.fromisoformat(last)
        while start <= end and len(found) < 400:
            stop = min(_end_of(by, start), end)
            found.append((_title(by, start, stop), start.isoformat(), stop.isoformat()))
            start = stop + timedelta(days=1)
        return found


def _end_of(by: str, day: date) -> date:
    if by in ("days", "day"):
        return day
    if by == "week":
        return day + timedelta(days=(5 - day.weekday()) % 7)
    month = {"month": day.month, "quarter": (day.month + 2) // 3 * 3, "year": 12}[by]
    return date(day.year, month, calendar.monthrange(day.year, month)[1])


def _title(by: str, first: date, last: date) -> str:
    if by in ("days", "day"):
        return first.strftime("%b %-d, %Y")
    if by == "month":
        whole = first.day == 1 and (last + timedelta(days=1)).day == 1
        return first.strftime("%b %Y") if whole else f"{first:%b} {first.day} - {last.day}, {first.year}"
    if by == "year":
        return f"{first:%b} - {last:%b} {last.year}" if (first.month, last.month) != (1, 12) else str(last.year)
    return (
        f"{first:%b} {first.day} - {last:%b} {last.day}, {last.year}"
        if by == "week"
        else (f"{first:%b} - {last:%b} {last.year}")
    )


def _year_to_date(today: date) -> tuple[date, date]:
    return today.replace(month=1, day=1), today


def _month(today: date, back: int) -> tuple[date, date]:
    number = today.year * 12 + today.month - 1 - back
    year, month = divmod(number, 12)
    return date(year, month + 1, 1), date(year, month + 1, calendar.monthrange(year, month + 1)[1])


def _quarter(today: date, back: int) -> tuple[date, date]:
    start = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    first = _month(start, 3 * back)[0]
    return first, _end_of("quarter", first)


def _week(today: date, back: int) -> tuple[date, date]:
    first = today - timedelta(days=(today.weekday() + 1) % 7 + 7 * back)
    return first, first + timedelta(days=6)


def _years(today: date, back: int) -> tuple[date, date]:
    return date(today.year - back, 1, 1), date(today.year - back, 12, 31)


_MACROS = {
    "all": lambda today: (date(1970, 1, 1), today),
    "all dates": lambda today: (date(1970, 1, 1), today),
    "today": lambda today: (today, today),
    "yesterday": lambda today: (today - timedelta(days=1),) * 2,
    "this week": lambda today: _week(today, 0),
    "last week": lambda today: _week(today, 1),
    "this week-to-date": lambda today: (_week(today, 0)[0], today),
    "this month": lambda today: _month(today, 0),
    "last month": lambda today: _month(today, 1),
    "next month": lambda today: _month(today, -1),
    "this month-to-date": lambda today: (today.replace(day=1), today),
    "this fiscal quarter": lambda today: _quarter(today, 0),
    "this calendar quarter": lambda today: _quarter(today, 0),
    "last fiscal quarter": lambda today: _quarter(today, 1),
    "last calendar quarter": lambda today: _quarter(today, 1),
    "this fiscal year": lambda today: _years(today, 0),
    "this calendar year": lambda today: _years(today, 0),
    "last fiscal year": lambda today: _years(today, 1),
    "last calendar year": lambda today: _years(today, 1),
    "this fiscal year-to-date": _year_to_date,
    YEAR_TO_DATE: _year_to_date,
}


def passes(asked: Asked, document: Document, entry: Entry) -> bool:
    """Whether an entry passes the filters of a report."""
    if not asked.filtered:
        return True
    party = str(document.party.get("value") or "")
    return (
        (not (customers := asked.ids("customer")) or ("CustomerRef" in document.body and party in customers))
        and (not (vendors := asked.ids("vendor")) or ("CustomerRef" not in document.body and party in vendors))
        and (not (items := asked.ids("item")) or entry.item in items)
        and (not (classes := asked.ids("class")) or entry.klass in classes)
        and (not (accounts := asked.ids("account")) or entry.account in accounts)
    )


def money(value: Decimal | None) -> str:
    """Return an amount as reports write it; nothing for nothing."""
    return "" if value is None else f"{value:.2f}"


def cell(value: Cell) -> dict[str, str]:
    """Return one entry of ColData."""
    if isinstance(value, tuple):
        return {"value": value[0], "id": value[1]} if value[1] else {"value": value[0]}
    return {"value": value if isinstance(value, str) else money(value)}


def data(*values: Cell, group: str = "") -> Row:
    """Return a row of figures."""
    row: Row = {"ColData": [cell(value) for value in values]}
    if group:
        row["group"] = group
    return row | {"type": "Data"}


def section(header: Sequence[Cell] | None, rows: Sequence[Row], summary: Sequence[Cell] | None, group: str = "") -> Row:
    """Return a section; what it does not have is left out."""
    row: Row = {}
    if header is not None:
        row["Header"] = {"ColData": [cell(value) for value in header]}
    if rows:
        row["Rows"] = {"Row": list(rows)}
    if summary is not None:
        row["Summary"] = {"ColData": [cell(value) for value in summary]}
    if group:
        row["group"] = group
    return row | {"type": "Section"}


def column(title: str, kind: str, key: str, **more: str) -> Row:
    """Return a column."""
    meta = [{"Name": name, "Value": value} for name, value in more.items()]
    return {"ColTitle": title, "ColType": kind, "MetaData": [*meta, {"Name": "ColKey", "Value": key}]}


def money_columns(asked: Asked, title: str = "Total") -> list[Row]:
    """Return the columns for figures: one for each part of the period, and the total."""
    parts = [column(name, "Money", name, StartDate=first, EndDate=last) for name, first, last in asked.buckets()]
    return [*parts, column(title, "Money", "total")]


def figures(asked: Asked, by_day: dict[str, Decimal]) -> list[Decimal | None]:
    """Return amounts by day as the figures of the money columns."""
    found: list[Decimal | None] = []
    for _, first, last in asked.buckets():
        inside = [amount for day, amount in by_day.items() if first <= day <= last]
        found.append(sum(inside, ZERO) if inside else None)
    return [*found, sum(by_day.values(), ZERO) if by_day else None]


def added(rows: Sequence[Sequence[Decimal | None]], width: int) -> list[Decimal]:
    """Return the sums of columns."""
    return [sum((row[place] or ZERO for row in rows), ZERO) for place in range(width)]


def report(
    name: str,
    asked: Asked,
    columns: Sequence[Row],
    rows: Sequence[Row],
    *,
    period: tuple[str, str] | None = None,
    basis: bool = False,
    empty: bool | None = None,
    options: Sequence[tuple[str, str]] = (),
) -> dict[str, Any]:
    """Return the whole report."""
    first, last = period or asked.period()
    header: dict[str, Any] = {
        "Time": clock.stamp(asked.now, clock.zone_of(None)),
        "ReportName": name,
    }
    if asked.get("date_macro"):
        header["DateMacro"] = asked.get("date_macro")
    elif period is None and not asked.get("start_date") and not asked.get("end_date"):
        header["DateMacro"] = YEAR_TO_DATE
    if basis:
        header["ReportBasis"] = asked.get("accounting_method", "Accrual").capitalize()
    header |= {"StartPeriod": first, "EndPeriod": last}
    if basis:
        header["SummarizeColumnsBy"] = asked.get("summarize_column_by", "Total")
    header["Currency"] = asked.company.home_currency
    for parameter in ("customer", "vendor", "item", "employee", "department", "class"):
        if asked.get(parameter):
            header[parameter.capitalize()] = asked.get(parameter)
    nothing = not rows if empty is None else empty
    header["Option"] = [
        *({"Name": option, "Value": value} for option, value in options),
        {"Name": "NoReportData", "Value": "true" if nothing else "false"},
    ]
    return {"Header": header, "Columns": {"Column": list(columns)}, "Rows": {"Row": list(rows)} if rows else {}}
