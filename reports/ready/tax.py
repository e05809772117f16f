"""Tax that was billed, and tax that has been paid."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports.months import months_between
from reports.ready import days, lists, money
from reports.ready.registry import Parameters, ReadyReport, add
from reports.result import Chart, Column, Result, Row, Series


def answer(_user: Any, asked: Parameters) -> Result:
    """By month: the tax on its invoices, and the tax in what was paid in it."""
    scope = money.scope(asked)
    sums = days.by_month(scope, ("billed", "tax", "tax_paid"), asked.period.first, asked.period.last)
    rows = []
    for month in months_between(asked.period.first, asked.period.last):
        billed, tax, paid = sums.get(month, [money.ZERO] * 3)
        link, money_in = days.issued_in(scope, month), lists.payments(scope, *lists.within(scope, month))
        cells = (money.month_of(month), billed - tax, tax, paid)
        rows.append(Row(cells, link, drills={"billed": link, "collected": money_in}))
    totals = [sum(row.cells[place] for row in rows) for place in (1, 2, 3)]
    links = [row.drill for row in rows]
    return Result(
        _("Tax collected"),
        [
            Column("month", _("Month")),
            Column("net", _("Billed before tax"), "money", scope.currency),
            Column("billed", _("Tax billed"), "money", scope.currency),
            Column("collected", _("Tax collected"), "money", scope.currency),
        ],
        rows,
        Chart(
            "bar",
            [row.cells[0] for row in rows],
            [
                Series(_("Tax billed"), [row.cells[2] for row in rows], links),
                Series(_("Tax collected"), [row.cells[3] for row in rows], [row.drills["collected"] for row in rows]),
            ],
            scope.currency,
        ),
        Row((_("Total"), *totals)),
        scope.notes(
            _("Collected is each payment’s share of its invoice’s tax. This is no tax return: QuickBooks has that."),
            left_out=scope.left_out("fact.issued_on BETWEEN %(first)s AND %(last)s"),
        ),
        scope.as_of,
        scope.currency,
    )


def register() -> None:
    """Make it known."""
    add(
        ReadyReport(
            "tax-collected",
            gettext_lazy("Tax collected"),
            gettext_lazy("Tax on invoices month by month, and how much of it has been paid."),
            answer,
            icon="percentage",
        )
    )
