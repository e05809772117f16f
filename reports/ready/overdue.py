"""Overdue invoices by who looks after them."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports.ready import money
from reports.ready.registry import Parameters, ReadyReport, add
from reports.result import Chart, Column, Result, Row, Series

BY_OWNER = """
    SELECT fact.owner_id, count(*), sum({balance}), max(%(today)s - fact.due_on),
           round(sum({balance} * (%(today)s - fact.due_on)) / sum({balance}), 1)
    FROM reports_invoicefact fact
    WHERE fact.settled_on IS NULL AND fact.balance > 0 AND fact.due_on < %(today)s AND {fitting}
    GROUP BY 1 ORDER BY 3 DESC, 1
"""


def answer(_user: Any, asked: Parameters) -> Result:
    """How much is overdue with each owner, and for how long."""
    scope = money.scope(asked)
    found = scope.rows(BY_OWNER.format(balance=scope.amount("balance"), fitting=scope.fitting()))
    names = money.owners(row[0] for row in found)
    rows = [
        Row(
            (names.get(owner, _("Somebody who left")), *figures),
            drill=money.invoice_list(scope, money.owned_by(owner), statuses=("overdue",)),
        )
        for owner, *figures in found
    ]
    whole: Decimal = sum((row.cells[2] for row in rows), money.ZERO)
    mean = sum(row.cells[4] * row.cells[2] for row in rows) / whole if whole else money.ZERO
    counted, oldest = sum(row.cells[1] for row in rows), max((row.cells[3] for row in rows), default=0)
    return Result(
        _("Overdue by owner"),
        [
            Column("owner", _("Owner")),
            Column("invoices", _("Invoices"), "number"),
            Column("overdue", _("Overdue"), "money", scope.currency),
            Column("oldest", _("Longest"), "days"),
            Column("mean", _("On average, by amount"), "days"),
        ],
        rows,
        Chart(
            "bar",
            [row.cells[0] for row in rows],
            [Series(_("Overdue"), [row.cells[2] for row in rows], [row.drill for row in rows])],
            scope.currency,
        ),
        Row((_("Total"), counted, whole, oldest, mean.quantize(Decimal("0.1")))) if rows else None,
        scope.notes(
            period=False, left_out=scope.left_out("fact.settled_on IS NULL AND fact.due_on < %(today)s")
        ),
        scope.as_of,
        scope.currency,
    )  # fmt: skip


def register() -> None:
    """Make it known."""
    add(
        ReadyReport(
            "overdue-by-owner",
            gettext_lazy("Overdue by owner"),
            gettext_lazy("How much is overdue with each owner, and for how long."),
            answer,
            ("owner", "company", "connection", "currency"),
            icon="alert-triangle",
        )
    )
