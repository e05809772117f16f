"""Receivables aging: what customers owe on a day, by how long it has been due."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports.ready import money
from reports.ready.registry import Parameters, ReadyReport, add
from reports.result import Chart, Column, Result, Row, Series

BUCKETS = (
    ("current", gettext_lazy("Current")),
    ("1-30", gettext_lazy("1–30 days")),
    ("31-60", gettext_lazy("31–60 days")),
    ("61-90", gettext_lazy("61–90 days")),
    ("90+", gettext_lazy("More than 90 days")),
)
# So many days late at most, bucket by bucket; the last has no end.
LATEST = (0, 30, 60, 90)
SHOWN, DRAWN = 50, 10
# What was open on a day: what is open now, and what has been paid since. An invoice that has been settled was open
# until then; the index of that range answers for any day.
OPEN_ON = """
    SELECT one, two, {sums} FROM (
    SELECT {one} AS one, {two} AS two,
           least(4, greatest(0, (%(as_of)s - coalesce(fact.due_on, %(as_of)s) + 29) / 30)) AS bucket,
           {balance} + coalesce({later}, 0) AS amount
    FROM reports_invoicefact fact
    LEFT JOIN {since}
    WHERE daterange(fact.issued_on, fact.settled_on) @> %(as_of)s AND {fitting}
    ) open_ones GROUP BY 1, 2
"""
# What was paid since: of a day long gone looked up for each open invoice; after today there is little, found at once.
_PAYMENTS = """
    FROM invoices_paymentapplication part JOIN invoices_payment payment ON payment.id = part.payment_id
    WHERE payment.received_on > %(as_of)s AND payment.external_id <> '' AND payment.removed_at IS NULL
      AND NOT payment.voided AND part.invoice_id {whose}
"""
SINCE_THEN = "LATERAL (SELECT sum(part.amount) AS amount {payments}) since ON true".format(
    payments=_PAYMENTS.format(whose="= fact.invoice_id")
)
SINCE_TODAY = (
    "(SELECT part.invoice_id, sum(part.amount) AS amount {payments} GROUP BY 1) since USING (invoice_id)".format(
        payments=_PAYMENTS.format(whose="IS NOT NULL")
    )
)
SUMS = ", ".join(f"coalesce(sum(amount) FILTER (WHERE bucket = {place}), 0) AS b{place}" for place in range(5))
KEYS = {"customer": ("fact.connection_id", "fact.customer"), "owner": ("0", "fact.owner_id")}


def answer(_user: Any, asked: Parameters) -> Result:
    """What was open on a day, by customer or owner and by age."""
    scope = money.scope(asked)
    found = open_on(scope, asked.by)
    shown = [(_key(asked.by, one, two), sums) for one, two, _count, *sums in found if one is not None]
    names = named(asked.by, [key for key, _sums in shown])
    present = asked.as_of >= asked.today
    rows = [
        Row(
            (names.get(key, _("Somebody who left")), *sums, sum(sums)),
            **(_lists(scope, *_whose(asked.by, key, names.get(key, ""))) if present else {}),
        )
        for key, sums in shown
    ]
    rows += [
        Row((money.others(count), *sums, sum(sums)), muted=True) for one, _two, count, *sums in found if one is None
    ]
    whole = [sum((line[3 + place] for line in found), money.ZERO) for place in range(len(BUCKETS))]
    drawn = rows[: min(DRAWN, len(shown))]
    labels = [row.cells[0] for row in drawn]
    series = [
        Series(label, [row.cells[1 + place] for row in drawn], [row.drills.get(bucket) for row in drawn])
        for place, (bucket, label) in enumerate(BUCKETS)
    ]
    heading = _("Customer") if asked.by == "customer" else _("Owner")
    columns = [Column("name", heading), *(Column(key, label, "money", scope.currency) for key, label in BUCKETS)]
    on = _("Open on %s, by due date.") % date_format(asked.as_of)
    past = "" if present else _("Lists show invoices as they are today, so the figures of another day lead to none.")
    return Result(
        _("Receivables aging"),
        [*columns, Column("total", _("Total"), "money", scope.currency)],
        rows,
        Chart("stacked_bar", labels, series, scope.currency),
        Row((_("Total"), *whole, sum(whole)), **(_lists(scope) if present else {})) if rows else None,
        [on, *scope.notes(period=False, left_out=left_out(scope)), *filter(None, [past])],
        scope.as_of,
        scope.currency,
    )


def open_on(scope: money.Scope, by: str) -> list[tuple[Any, ...]]:
    """What was open on the day of a scope, by customer or owner, the most first: a sum for each bucket."""
    one, two = KEYS[by]
    sql = OPEN_ON.format(
        one=one,
        two=two,
        sums=SUMS,
        balance=scope.amount("balance"),
        later="CASE WHEN fact.currency = %(currency)s THEN since.amount ELSE round(since.amount * fact.rate, 2) END",
        fitting=scope.fitting(),
        since=SINCE_TODAY if scope.asked.as_of >= scope.asked.today else SINCE_THEN,
    )
    return scope.ranked(sql, "b0 b1 b2 b3 b4", "b0 + b1 + b2 + b3 + b4 DESC", SHOWN)


def left_out(scope: money.Scope) -> Mapping[str, int]:
    """Open invoices that can't be shown in the currency."""
    return scope.left_out("daterange(fact.issued_on, fact.settled_on) @> %(as_of)s")


def named(by: str, keys: Sequence[Any]) -> dict[Any, str]:
    """The names of customers or owners."""
    return money.customers(keys) if by == "customer" else money.owners(keys)


def due_between(as_of: datetime.date, place: int) -> list[dict[str, Any]]:
    """The conditions of a bucket: between which days an invoice was due; what never is due is current."""
    days = [as_of - datetime.timedelta(days=late) for late in LATEST]
    if place == 0:
        return [{"any": [money.on_days("due_on", days[0], None), {"field": "due_on", "op": "empty"}]}]
    first = days[place] if place < len(days) else None
    return [money.on_days("due_on", first, days[place - 1] - datetime.timedelta(days=1))]


def _whose(by: str, key: Any, name: str) -> list[dict[str, Any]]:
    return money.of_customer(key, name) if by == "customer" else [money.owned_by(key)]


def _lists(scope: money.Scope, *whose: dict[str, Any]) -> dict[str, Any]:
    """Of a line, or of all of them, the list of all its open invoices, and one for each bucket."""
    cells = {
        bucket: money.invoice_list(scope, *whose, *due_between(scope.asked.as_of, place), statuses=money.OPEN)
        for place, (bucket, _label) in enumerate(BUCKETS)
    }
    return {"drill": money.invoice_list(scope, *whose, statuses=money.OPEN), "drills": cells}


def _key(by: str, one: int, two: Any) -> Any:
    return (one, two) if by == "customer" else two


def register() -> None:
    """Make it known."""
    add(
        ReadyReport(
            "receivables-aging",
            gettext_lazy("Receivables aging"),
            gettext_lazy("What customers owe, by how long it has been due."),
            answer,
            ("as_of", "owner", "company", "connection", "currency"),
            (("customer", gettext_lazy("By customer")), ("owner", gettext_lazy("By owner"))),
            icon="hourglass",
        )
    )
