"""Days sales outstanding: for how many days of billing customers still owe."""

import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports.months import month_after, month_end, months_between
from reports.ready import days, lists, money
from reports.ready.registry import Parameters, ReadyReport, add
from reports.result import Chart, Column, Result, Row, Series

# What is owed is compared with what was billed in so many months, the last one included.
MONTHS = 3
BEGINNING = datetime.date(1900, 1, 1)


def answer(_user: Any, asked: Parameters) -> Result:
    """At the end of each month: what is owed, over what was billed in three months, times their days."""
    scope = money.scope(asked)
    sums = days.by_month(scope, ("billed", "other", "applied"), BEGINNING, min(asked.period.last, asked.today))
    rows: list[Row] = []
    for month in months_between(asked.period.first, min(asked.period.last, asked.today)):
        last = min(month_end(month), asked.period.last, asked.today)
        owed = sum((out - other - paid for at, (out, other, paid) in sums.items() if at <= month), money.ZERO)
        first = month_after(month, 1 - MONTHS)
        billed = sum((out for at, (out, *_rest) in sums.items() if first <= at <= month), money.ZERO)
        length = (last - first).days + 1
        open_then = lists.report(scope, "receivables-aging", as_of=last.isoformat())
        issued = money.invoice_list(scope, money.on_days("issued_on", first, last))
        cells = (money.month_of(month), owed, billed, _ratio(owed, billed, length))
        rows.append(Row(cells, open_then, drills={"owed": open_then, "billed": issued}))
    return Result(
        _("Days sales outstanding"),
        [
            Column("month", _("Month")),
            Column("owed", _("Owed at its end"), "money", scope.currency),
            Column("billed", _("Billed in three months"), "money", scope.currency),
            Column("days", _("Days outstanding"), "days"),
        ],
        rows,
        Chart("line", [row.cells[0] for row in rows], [_line(rows)], "days"),
        None,
        scope.notes(
            _("What is owed at the end of a month, divided by what was billed in it and the two months before, "
              "times the days of these months."),
            left_out=scope.left_out("fact.issued_on <= %(last)s"),
        ),
        scope.as_of,
        scope.currency,
    )  # fmt: skip


def _line(rows: list[Row]) -> Series:
    """The line of the picture; each point leads to what was owed then, by customer."""
    return Series(_("Days"), [row.cells[3] for row in rows], [row.drill for row in rows])


def _ratio(owed: Decimal, billed: Decimal, length: int) -> Decimal | None:
    return (owed / billed * length).quantize(Decimal("0.1")) if billed else None


def register() -> None:
    """Make it known."""
    add(
        ReadyReport(
            "days-sales-outstanding",
            gettext_lazy("Days sales outstanding"),
            gettext_lazy("For how many days of billing customers still owe, month by month."),
            answer,
            icon="chart-line",
        )
    )
