"""How far invoices have come: waiting, sent, overdue, partly paid, paid."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoices.enums import InvoiceStatus
from reports.ready import money
from reports.ready.registry import Parameters, ReadyReport, add
from reports.result import Chart, Column, Result, Row, Series

ORDER = (
    InvoiceStatus.WAITING,
    InvoiceStatus.SENT,
    InvoiceStatus.OVERDUE,
    InvoiceStatus.PARTIAL,
    InvoiceStatus.PAID,
)
BY_STATUS = """
    SELECT fact.status, count(*), sum({total}), sum({balance}) FROM reports_invoicefact fact
    WHERE fact.issued_on BETWEEN %(first)s AND %(last)s AND {fitting} GROUP BY 1
"""


def answer(_user: Any, asked: Parameters) -> Result:
    """Invoices of the period by where they stand now."""
    scope = money.scope(asked)
    sql = BY_STATUS.format(
        total=scope.amount("total"), balance=scope.amount("balance"), fitting=scope.fitting()
    )  # fmt: skip
    found = {status: figures for status, *figures in scope.rows(sql)}
    period = money.on_days("issued_on", asked.period.first, asked.period.last)
    rows = [
        Row(
            (str(status.label), *found.get(status, (0, money.ZERO, money.ZERO))),
            drill=money.invoice_list(scope, period, statuses=(status,)),
        )
        for status in ORDER
    ]
    totals = [sum(row.cells[place] for row in rows) for place in (1, 2, 3)]
    return Result(
        _("Invoice status"),
        [
            Column("status", _("Status")),
            Column("invoices", _("Invoices"), "number"),
            Column("total", _("Amount"), "money", scope.currency),
            Column("balance", _("Open"), "money", scope.currency),
        ],
        rows if found else [],
        Chart(
            "funnel",
            [row.cells[0] for row in rows],
            [Series(_("Invoices"), [row.cells[1] for row in rows], [row.drill for row in rows])],
        ),
        Row((_("Total"), *totals)) if found else None,
        scope.notes(
            _("Drafts and voided invoices are left out."),
            left_out=scope.left_out("fact.issued_on BETWEEN %(first)s AND %(last)s"),
        ),
        scope.as_of,
        scope.currency,
    )


def register() -> None:
    """Make it known."""
    add(
        ReadyReport(
            "invoice-status",
            gettext_lazy("Invoice status"),
            gettext_lazy("How far the invoices of a period have come, from waiting to paid in full."),
            answer,
            icon="filter",
        )
    )
