"""Won deals against what was billed for them, and the deals that nobody has billed."""

from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core import company
from reports.ready import lists, money
from reports.ready.registry import Parameters, ReadyReport, add
from reports.result import Chart, Column, Result, Row, Series

MOST_DEALS = 100
_WON = """
    SELECT deal.id, deal.name, deal.owner_id, deal.currency, coalesce(deal.amount, 0) AS amount,
           (deal.closed_at AT TIME ZONE %(zone)s)::date AS won_on, coalesce(billing.billed, 0) AS billed,
           coalesce(billing.invoices, 0) AS invoices
    FROM crm_deal deal LEFT JOIN crm_dealbilling billing ON billing.deal_id = deal.id
    WHERE deal.status = 'won' AND deal.archived_at IS NULL
      AND deal.closed_at >= %(first)s::timestamp AT TIME ZONE %(zone)s
      AND deal.closed_at < (%(last)s + 1)::timestamp AT TIME ZONE %(zone)s
      AND (%(owner)s IS NULL OR coalesce(deal.owner_id, 0) = %(owner)s)
      AND (%(company)s IS NULL OR deal.company_id = %(company)s)
"""
BY_MONTH = """
    SELECT currency, date_trunc('month', won_on)::date, count(*), sum(amount), sum(billed),
           count(*) FILTER (WHERE billed = 0 AND amount > 0), coalesce(sum(amount) FILTER (WHERE billed = 0), 0)
    FROM ({won}) won GROUP BY 1, 2 ORDER BY 2
"""
# In the condition language what has billed = 0 in the statements.
WITHOUT_INVOICE = (
    {"any": [{"field": "billed", "op": "empty"}, {"field": "billed", "op": "equals", "value": "0"}]},
    {"field": "amount", "op": ">", "value": "0"},
)
UNBILLED = """
    SELECT id, name, owner_id, won_on, amount, count(*) OVER (), sum(amount) OVER ()
    FROM ({won}) won WHERE billed = 0 AND amount > 0 AND currency = %(currency)s
    ORDER BY amount DESC, id LIMIT %(most)s
"""


def answer(_user: Any, asked: Parameters) -> Result:
    """By month of winning, or the unbilled deals one by one."""
    scope = money.scope(asked)
    return _deals(scope) if asked.by == "deal" else _months(scope)


def _months(scope: money.Scope) -> Result:
    rows: list[Row] = []
    others: dict[str, int] = {}
    for currency, month, deals, *figures in scope.rows(BY_MONTH.format(won=_WON), zone=str(company.zone())):
        if currency != scope.currency:
            others[currency] = others.get(currency, 0) + deals
            continue
        days = lists.within(scope, month)
        mine = {"field": "currency", "op": "equals", "value": scope.currency}
        won, unbilled = lists.won_deals(scope, *days, mine), lists.won_deals(scope, *days, mine, *WITHOUT_INVOICE)
        rows.append(Row((money.month_of(month), deals, *figures), won, drills={"unbilled": unbilled, "left": unbilled}))
    whole = [sum(row.cells[place] for row in rows) for place in range(1, 6)]
    labels = [row.cells[0] for row in rows]
    links = [row.drill for row in rows]
    series = [
        Series(_("Won"), [row.cells[2] for row in rows], links),
        Series(_("Billed"), [row.cells[3] for row in rows], links),
    ]
    return Result(
        _("Billed against won"),
        [
            Column("month", _("Won in")),
            Column("deals", _("Deals won"), "number"),
            Column("won", _("Won"), "money", scope.currency),
            Column("billed", _("Billed so far"), "money", scope.currency),
            Column("unbilled", _("Deals without an invoice"), "number"),
            Column("left", _("Their amount"), "money", scope.currency),
        ],
        rows,
        Chart("bar", labels, series, scope.currency),
        Row((_("Total"), *whole)) if rows else None,
        [*_notes(scope), *_left_out(others)],
        scope.as_of,
        scope.currency,
    )


def _deals(scope: money.Scope) -> Result:
    found = scope.rows(UNBILLED.format(won=_WON), zone=str(company.zone()), most=MOST_DEALS)
    people = money.owners({row[2] or 0 for row in found})
    rows = [
        Row((name, people.get(owner or 0, ""), won_on, amount), drill=reverse("crm:deal-detail", args=[pk]))
        for pk, name, owner, won_on, amount, _count, _sum in found
    ]
    count, whole = (found[0][5], found[0][6]) if found else (0, Decimal(0))
    if count > len(found):
        rest = whole - sum(row.cells[3] for row in rows)
        rows.append(Row((money.others(count - len(found)), "", None, rest), muted=True))
    drawn = rows[:10]
    return Result(
        _("Unbilled won deals"),
        [
            Column("deal", _("Deal")),
            Column("owner", _("Owner")),
            Column("won_on", _("Won on"), "date"),
            Column("amount", _("Amount"), "money", scope.currency),
        ],
        rows,
        Chart(
            "bar",
            [row.cells[0] for row in drawn],
            [Series(_("Amount"), [row.cells[3] for row in drawn], [row.drill for row in drawn])],
            scope.currency,
        ),
        Row((_("Total"), "", None, whole)) if rows else None,
        _notes(scope),
        scope.as_of,
        scope.currency,
    )


def _notes(scope: money.Scope) -> list[str]:
    return [
        scope.notes()[0],
        _("Deals in %s, by the day they were won; billed is what their invoices come to until now.") % scope.currency,
    ]


def _left_out(others: dict[str, int]) -> list[str]:
    if not others:
        return []
    count = sum(others.values())
    words = ngettext("%(count)d deal in another currency is left out (%(listed)s).",
                     "%(count)d deals in other currencies are left out (%(listed)s).", count)  # fmt: skip
    return [words % {"count": count, "listed": ", ".join(sorted(others))}]


def register() -> None:
    """Make it known."""
    add(
        ReadyReport(
            "billed-won",
            gettext_lazy("Billed against won"),
            gettext_lazy("Won deals and what was billed for them, and the won deals without an invoice."),
            answer,
            ("period", "owner", "company", "currency"),
            (("month", gettext_lazy("By month")), ("deal", gettext_lazy("Unbilled deals"))),
            permission="invoices.view",
            icon="target",
        )
    )
