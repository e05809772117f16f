"""When the money for open invoices is to be expected, week by week."""

import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports.ready import money
from reports.ready.registry import Parameters, ReadyReport, add
from reports.result import Chart, Column, Result, Row, Series

WEEKS = 13
DAY = datetime.timedelta(days=1)
# A customer's habit is how late it paid on average what it settled within a year; without one it pays when due.
# What should have come is expected now. Weeks begin on Monday; 0 is this one.
BY_WEEK = """
    WITH fact AS MATERIALIZED (
        SELECT * FROM reports_invoicefact fact
        WHERE daterange(fact.issued_on, fact.settled_on) @> %(today)s AND fact.balance > 0 AND {fitting}
    ), habit AS (
        SELECT paid.connection_id, paid.customer, round(avg(paid.settled_on - paid.due_on))::int AS late
        FROM reports_invoicefact paid
        WHERE paid.settled_on > %(today)s - 365 AND paid.settled_on <= %(today)s AND paid.due_on IS NOT NULL
        GROUP BY 1, 2
    ), expected AS (
        SELECT {balance} AS amount, coalesce(fact.due_on, fact.issued_on) AS due_on,
               coalesce(fact.due_on, fact.issued_on) + coalesce(habit.late, 0) AS pays_on
        FROM fact LEFT JOIN habit USING (connection_id, customer)
    ), weeks AS (
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


def answer(_user: Any, asked: Parameters) -> Result:
    """What is open, by the week in which it is due and by that in which it is expected."""
    scope = money.scope(asked)
    monday = asked.today - asked.today.weekday() * DAY
    sql = BY_WEEK.format(fitting=scope.fitting(), balance=scope.amount("balance"))
    found = {week: figures for week, *figures in scope.rows(sql, monday=monday, weeks=WEEKS)}
    rows = []
    for week in range(WEEKS + 1):
        due, expected, _count = found.get(week, (money.ZERO, money.ZERO, 0))
        begins = monday + 7 * week * DAY
        label = _("Later") if week == WEEKS else date_format(begins, "MONTH_DAY_FORMAT")
        first = None if week == 0 else begins
        last = None if week == WEEKS else begins + 6 * DAY
        address = money.invoice_list(scope, money.on_days("due_on", first, last), statuses=money.OPEN)
        rows.append(Row((label, due, expected), muted=week == WEEKS, drills={"due": address}))
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
                Series(_("By each customer’s habit"), [row.cells[2] for row in rows]),
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


def register() -> None:
    """Make it known."""
    add(
        ReadyReport(
            "expected-cash",
            gettext_lazy("Expected cash"),
            gettext_lazy("What is to come in week by week, by due dates and by each customer’s habit."),
            answer,
            ("owner", "company", "connection", "currency"),
            icon="calendar",
        )
    )
