"""When the money for open invoices is to be expected, week by week."""

import datetime
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports.ready import lists, money
from reports.ready.registry import CUSTOM, Parameters, ReadyReport, add
from reports.result import Chart, Column, Result, Row, Series

WEEKS, DRAWN = 13, 10
DAY = datetime.timedelta(days=1)
# A customer's habit is how late it paid on average what it settled within a year; without one it pays when due.
# What should have come is expected now. Weeks begin on Monday; 0 is this one.
_EXPECTED = """
    WITH fact AS MATERIALIZED (
        SELECT * FROM reports_invoicefact fact
        WHERE daterange(fact.issued_on, fact.settled_on) @> %(today)s AND fact.balance > 0 AND {fitting}
    ), habit AS (
        SELECT paid.connection_id, paid.customer, round(avg(paid.settled_on - paid.due_on))::int AS late
        FROM reports_invoicefact paid
        WHERE paid.settled_on > %(today)s - 365 AND paid.settled_on <= %(today)s AND paid.due_on IS NOT NULL
        GROUP BY 1, 2
    ), expected AS (
        SELECT fact.invoice_id, {balance} AS amount, coalesce(fact.due_on, fact.issued_on) AS due_on,
               coalesce(fact.due_on, fact.issued_on) + coalesce(habit.late, 0) AS pays_on
        FROM fact LEFT JOIN habit USING (connection_id, customer)
    )
"""
BY_WEEK = """{expected}
    , weeks AS (
        SELECT amount, greatest(0, (greatest(due_on, %(today)s) - %(monday)s) / 7) AS due,
               greatest(0, (greatest(pays_on, %(today)s) - %(monday)s) / 7) AS pays
        FROM expected
    )
    SELECT least(number, %(weeks)s), sum(by_due), sum(by_habit), sum(invoices) FROM (
        SELECT due AS number, amount AS by_due, 0 AS by_habit, 1 AS invoices FROM weeks
        UNION ALL
        SELECT pays, 0, amount, 0 FROM weeks
    ) both_ways GROUP BY 1
"""
BY_INVOICE = """{expected}
    , placed AS (SELECT invoice_id, amount, due_on, greatest(pays_on, %(today)s) AS pays_on FROM expected)
    SELECT placed.invoice_id, invoice.number, invoice.customer_name, placed.due_on, placed.pays_on, placed.amount,
           count(*) OVER (), sum(placed.amount) OVER ()
    FROM placed JOIN invoices_invoice invoice ON invoice.id = placed.invoice_id
    WHERE placed.pays_on BETWEEN %(since)s AND %(until)s
    ORDER BY placed.pays_on, placed.amount DESC, placed.invoice_id LIMIT %(most)s
"""
MOST_INVOICES = 200


def answer(_user: Any, asked: Parameters) -> Result:
    """What is open, by the week in which it is due and by that in which it is expected."""
    scope = money.scope(asked)
    if asked.by == "invoice":
        return _invoices(scope)
    monday = asked.today - asked.today.weekday() * DAY
    sql = BY_WEEK.format(expected=_expected(scope))
    found = {week: figures for week, *figures in scope.rows(sql, monday=monday, weeks=WEEKS)}
    rows = []
    for week in range(WEEKS + 1):
        due, expected, _count = found.get(week, (money.ZERO, money.ZERO, 0))
        begins = monday + 7 * week * DAY
        label = _("Later") if week == WEEKS else date_format(begins, "MONTH_DAY_FORMAT")
        first = None if week == 0 else begins
        last = None if week == WEEKS else begins + 6 * DAY
        address = money.invoice_list(scope, money.on_days("due_on", first, last), statuses=money.OPEN)
        drills = {"due": address, "expected": _expected_in(scope, begins if week else asked.today, last)}
        rows.append(Row((label, due, expected), muted=week == WEEKS, drills=drills))
    return Result(
        _("Expected cash"),
        [
            Column("week", _("Week from")),
            Column("due", _("By due date"), "money", scope.currency),
            Column("expected", _("By each customer’s habit"), "money", scope.currency),
        ],
        rows if found else [],
        Chart(
            "bar",
            [row.cells[0] for row in rows],
            [
                Series(_("By due date"), [row.cells[1] for row in rows], [row.drills["due"] for row in rows]),
                Series(
                    _("By each customer’s habit"),
                    [row.cells[2] for row in rows],
                    [row.drills["expected"] for row in rows],
                ),
            ],
            scope.currency,
        ),
        Row((_("Total"), sum(row.cells[1] for row in rows), sum(row.cells[2] for row in rows))) if found else None,
        scope.notes(
            _("A customer’s habit is how many days after the due date it paid on average in the last year. "
              "What is late already is expected this week."),
            period=False,
            left_out=scope.left_out("fact.settled_on IS NULL"),
        ),
        scope.as_of,
        scope.currency,
    )  # fmt: skip


def _expected(scope: money.Scope) -> str:
    return _EXPECTED.format(fitting=scope.fitting(), balance=scope.amount("balance"))


def _expected_in(scope: money.Scope, first: datetime.date, last: datetime.date | None) -> str:
    """The same report about the invoices of a week: no property of an invoice says what its customer's habit is."""
    until = last or first + 3650 * DAY
    days = {"from": first.isoformat(), "to": until.isoformat()}
    return lists.report(scope, "expected-cash", by="invoice", period=CUSTOM, **days)


def _invoices(scope: money.Scope) -> Result:
    """The open invoices one by one, in the order in which they are expected to be paid."""
    asked = scope.asked
    days = {"since": asked.today, "until": datetime.date.max}
    if not asked.period.words:  # days of one's own, as the weeks lead here
        days = {"since": asked.period.first, "until": asked.period.last}
    sql = BY_INVOICE.format(expected=_expected(scope))
    found = scope.rows(sql, most=MOST_INVOICES, **days)
    rows = [
        Row((number or f"#{pk}", *figures), reverse("invoices:invoice-detail", args=[pk]))
        for pk, number, *figures, _count, _sum in found
    ]
    count, whole = (found[0][-2], found[0][-1]) if found else (0, money.ZERO)
    if count > len(found):
        rest = whole - sum(row.cells[-1] for row in rows)
        rows.append(Row((money.others(count - len(found)), "", None, None, rest), muted=True))
    drawn = rows[:DRAWN]
    return Result(
        _("Expected cash"),
        [
            Column("invoice", _("Invoice")),
            Column("customer", _("Customer")),
            Column("due", _("Due"), "date"),
            Column("expected", _("Expected"), "date"),
            Column("open", _("Open"), "money", scope.currency),
        ],
        rows,
        Chart(
            "bar",
            [f"{row.cells[0]} {row.cells[1]}" for row in drawn],
            [Series(_("Open"), [row.cells[-1] for row in drawn], [row.drill for row in drawn])],
            scope.currency,
        ),
        Row((_("Total"), "", None, None, whole)) if rows else None,
        scope.notes(_("In the order in which they are expected, by each customer’s habit."), period=False),
        scope.as_of,
        scope.currency,
    )


def register() -> None:
    """Make it known."""
    add(
        ReadyReport(
            "expected-cash",
            gettext_lazy("Expected cash"),
            gettext_lazy("What is to come in week by week, by due dates and by each customer’s habit."),
            answer,
            ("owner", "company", "connection", "currency"),
            (("week", gettext_lazy("By week")), ("invoice", gettext_lazy("Invoice by invoice"))),
            icon="calendar",
        )
    )
