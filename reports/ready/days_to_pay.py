"""How many days customers take to pay."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports.ready import money
from reports.ready.registry import Parameters, ReadyReport, add
from reports.result import Chart, Column, Result, Row, Series

SHOWN, DRAWN = 50, 10
BY_CUSTOMER = """
    SELECT fact.connection_id AS one, fact.customer AS two, count(*) AS paid,
           sum(fact.settled_on - fact.issued_on) AS taken,
           coalesce(sum(fact.settled_on - fact.due_on), 0) AS late, count(fact.due_on) AS with_due
    FROM reports_invoicefact fact
    WHERE fact.settled_on BETWEEN %(first)s AND %(last)s AND {filters} AND fact.total > 0
    GROUP BY 1, 2
"""


def answer(_user: Any, asked: Parameters) -> Result:
    """Invoices that were settled in the period, by customer; those who take longest first."""
    scope = money.scope(asked)
    sql = BY_CUSTOMER.format(filters=" AND ".join(["true", *scope.filters("fact")]))
    found = scope.ranked(sql, "paid taken late with_due", "taken::numeric / paid DESC, paid DESC", SHOWN)
    shown = [line for line in found if line[0] is not None]
    names = money.customers([(pk, customer) for pk, customer, *_more in shown])
    rows = []
    for pk, customer, _one, *figures in shown:
        name = names[pk, customer]
        address = money.invoice_list(scope, *money.of_customer((pk, customer), name), statuses=("paid",))
        rows.append(Row((name, *_figures(figures)), drill=address))
    for _pk, _customer, others, *figures in found[len(shown) :]:
        rows.append(Row((money.others(others), *_figures(figures)), muted=True))
    drawn = rows[: min(DRAWN, len(shown))]
    return Result(
        _("Average days to pay"),
        [
            Column("customer", _("Customer")),
            Column("invoices", _("Invoices paid"), "number"),
            Column("days", _("Days from invoice to payment"), "days"),
            Column("late", _("Days after the due date"), "days"),
        ],
        rows,
        Chart(
            "bar",
            [row.cells[0] for row in drawn],
            [Series(_("Days to pay"), [row.cells[2] for row in drawn], [row.drill for row in drawn])],
            "days",
        ),
        Row((_("All"), *_figures(_sums(found)))) if found else None,
        [
            scope.notes()[0],
            _(
                "Invoices whose last payment or credit came in the period. "
                "Links lead to all paid invoices of a customer."
            ),
        ],
        scope.as_of,
    )


def _figures(figures: Any) -> tuple[int, Decimal, Decimal | None]:
    count, taken, late, with_due = (int(each) for each in figures)
    return count, _mean(taken, count), _mean(late, with_due) if with_due else None


def _sums(rows: Any) -> list[int]:
    return [sum(row[place] for row in rows) for place in range(3, 7)]


def _mean(total: int, count: int) -> Decimal:
    return (Decimal(total) / count).quantize(Decimal("0.1"))


def register() -> None:
    """Make it known."""
    add(
        ReadyReport(
            "days-to-pay",
            gettext_lazy("Average days to pay"),
            gettext_lazy("How long customers take to pay, and how late they are."),
            answer,
            ("period", "owner", "company", "connection"),
            icon="clock",
        )
    )
