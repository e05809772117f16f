"""What was billed in a month against the money that came in it."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports.months import months_between
from reports.ready import days, lists, money
from reports.ready.registry import Parameters, ReadyReport, add
from reports.result import Chart, Column, Result, Row, Series


def answer(_user: Any, asked: Parameters) -> Result:
    """Billed by the invoices' date, collected by the day on which the money came."""
    scope = money.scope(asked)
    sums = days.by_month(scope, ("invoices", "billed", "received"), asked.period.first, asked.period.last)
    rows, billed, received = [], [], []
    for month in months_between(asked.period.first, asked.period.last):
        count, out, came = sums.get(month, [money.ZERO] * 3)
        billed.append(out)
        received.append(came)
        link, money_in = days.issued_in(scope, month), lists.payments(scope, *lists.within(scope, month))
        cells = (money.month_of(month), int(count), out, came, out - came)
        rows.append(Row(cells, link, drills={"billed": link, "collected": money_in}))
    links = [row.drill for row in rows]
    payments = [row.drills["collected"] for row in rows]
    whole = (sum(row.cells[1] for row in rows), sum(billed), sum(received), sum(billed) - sum(received))
    return Result(
        _("Billed against collected"),
        [
            Column("month", _("Month")),
            Column("invoices", _("Invoices"), "number"),
            Column("billed", _("Billed"), "money", scope.currency),
            Column("collected", _("Collected"), "money", scope.currency),
            Column("difference", _("Difference"), "money", scope.currency),
        ],
        rows,
        Chart(
            "bar",
            [row.cells[0] for row in rows],
            [Series(_("Billed"), billed, links), Series(_("Collected"), received, payments)],
            scope.currency,
        ),
        Row((_("Total"), *whole)),
        scope.notes(
            _("Collected is money that came: payments and deposits, without credit memos, at the payment's rate. "
              "It leads to the payments; deposits stand on their invoices."),
            left_out=scope.left_out("fact.issued_on BETWEEN %(first)s AND %(last)s"),
        ),
        scope.as_of,
        scope.currency,
    )  # fmt: skip


def register() -> None:
    """Make it known."""
    add(
        ReadyReport(
            "billed-collected",
            gettext_lazy("Billed against collected"),
            gettext_lazy("What was billed each month, and the money that came in it."),
            answer,
            icon="chart-bar",
        )
    )
