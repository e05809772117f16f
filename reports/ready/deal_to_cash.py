"""From won to invoiced to paid: how many days it takes in the middle."""

import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import company
from reports.ready import lists, money
from reports.ready.registry import Parameters, ReadyReport, add
from reports.result import Chart, Column, Result, Row, Series

# Grouped twice: by month, and all together. What happened before the deal was won took no days.
MEDIANS = """
    WITH won AS (
        SELECT deal.id, (deal.closed_at AT TIME ZONE %(zone)s)::date AS won_on
        FROM crm_deal deal
        WHERE deal.status = 'won' AND deal.archived_at IS NULL
          AND deal.closed_at >= %(first)s::timestamp AT TIME ZONE %(zone)s
          AND deal.closed_at < (%(last)s + 1)::timestamp AT TIME ZONE %(zone)s
          AND (%(owner)s IS NULL OR coalesce(deal.owner_id, 0) = %(owner)s)
          AND (%(company)s IS NULL OR deal.company_id = %(company)s)
    ), seen AS (
        SELECT won.id, won.won_on, min(fact.issued_on) AS invoiced_on,
               CASE WHEN bool_and(fact.settled_on IS NOT NULL) THEN max(fact.settled_on) END AS paid_on
        FROM won LEFT JOIN reports_invoicefact fact
             ON fact.deal_id = won.id AND (%(connection)s IS NULL OR fact.connection_id = %(connection)s)
        GROUP BY won.id, won.won_on
    )
    SELECT date_trunc('month', won_on)::date, count(*), count(invoiced_on), count(paid_on),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(0, invoiced_on - won_on))
               FILTER (WHERE invoiced_on IS NOT NULL),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY paid_on - invoiced_on) FILTER (WHERE paid_on IS NOT NULL),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(0, paid_on - won_on)) FILTER (WHERE paid_on IS NOT NULL)
    FROM seen GROUP BY ROLLUP (1) ORDER BY 1 NULLS LAST
"""

# In the condition language which invoices count.
COUNTS = (
    {"field": "changed_in_quickbooks", "op": "not_empty"},
    {"field": "status", "op": "not_in", "value": ["draft", "voided"]},
)


def answer(_user: Any, asked: Parameters) -> Result:
    """Deals won in the period, by month: how many were invoiced and paid, and the median days between."""
    scope = money.scope(asked)
    found = scope.rows(MEDIANS, zone=str(company.zone()))
    rows = [_row(scope, month, figures) for month, *figures in found if month]
    whole = next((figures for month, *figures in found if month is None), [0, 0, 0, None, None, None])
    series = [
        Series(_("Won to invoiced"), [row.cells[4] for row in rows], [row.drills["to_invoice"] for row in rows]),
        Series(_("Invoiced to paid"), [row.cells[5] for row in rows], [row.drills["to_payment"] for row in rows]),
    ]
    return Result(
        _("Deal to cash"),
        [
            Column("month", _("Won in")),
            Column("won", _("Deals won"), "number"),
            Column("invoiced", _("Invoiced"), "number"),
            Column("paid", _("Paid"), "number"),
            Column("to_invoice", _("Won to invoiced (median)"), "days"),
            Column("to_payment", _("Invoiced to paid (median)"), "days"),
            Column("to_cash", _("Won to paid (median)"), "days"),
        ],
        rows,
        Chart("stacked_bar", [row.cells[0] for row in rows], series, "days"),
        Row((_("All"), *_figures(whole))) if rows else None,
        [
            scope.notes()[0],
            _("From the day a deal was won to its first invoice, and on to the day when all its invoices are paid. "
              "What happened before the deal was won counts as 0 days. Half of the deals took less, half more."),
        ],
        scope.as_of,
    )  # fmt: skip


def _row(scope: money.Scope, month: datetime.date, figures: Any) -> Row:
    days = lists.within(scope, month)
    won = lists.won_deals(scope, *days)
    billed = {"some": "invoices", "where": {"all": [*COUNTS, *_of_connection(scope)]}}
    unpaid = {"all": [*COUNTS, *_of_connection(scope), {"field": "balance", "op": ">", "value": "0"}]}
    invoiced = lists.won_deals(scope, *days, billed)
    paid = lists.won_deals(scope, *days, billed, {"none": "invoices", "where": unpaid})
    drills = {"won": won, "invoiced": invoiced, "to_invoice": invoiced}
    drills |= {"paid": paid, "to_payment": paid, "to_cash": paid}
    return Row((money.month_of(month), *_figures(figures)), won, drills=drills)


def _of_connection(scope: money.Scope) -> list[dict[str, Any]]:
    pk = scope.asked.connection
    return [{"field": "connection", "op": "equals", "value": str(pk)}] if pk is not None else []


def _figures(figures: Any) -> tuple[Any, ...]:
    *counts, to_invoice, to_payment, to_cash = figures
    return (*counts, *(None if each is None else Decimal(str(each)) for each in (to_invoice, to_payment, to_cash)))


def register() -> None:
    """Make it known."""
    add(
        ReadyReport(
            "deal-to-cash",
            gettext_lazy("Deal to cash"),
            gettext_lazy("How many days pass from a won deal to its invoice and to the money."),
            answer,
            ("period", "owner", "company", "connection"),
            icon="rocket",
        )
    )
