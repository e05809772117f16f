"""How sync stood over time, and what was read from QuickBooks and why."""

import datetime
from collections import defaultdict
from typing import Any

from django.db.models import F, Max, Sum
from django.db.models.functions import TruncMonth
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qbo_connector.enums import Cause
from qbo_connector.models import ApiUsage
from reports.models import HealthSample
from reports.months import months_between
from reports.ready import lists, money
from reports.ready.registry import CUSTOM, Parameters, ReadyReport, add
from reports.result import Chart, Column, Result, Row, Series
from sync.enums import Outcome

SEES = "sync.view_health"
SHOWN = (Outcome.FAILING, Outcome.CONFLICT, Outcome.BROKEN, Outcome.PENDING, Outcome.IN_SYNC, Outcome.EXCLUDED)
TROUBLE = SHOWN[:4]


def health(_user: Any, asked: Parameters) -> Result:
    """Records by how they stood on each day that was looked at; the picture shows those that are not in sync."""
    samples = HealthSample.objects.filter(day__range=(asked.period.first, asked.period.last))
    if asked.connection is not None:
        samples = samples.filter(connection_id=asked.connection)
    sums = {str(outcome): Sum(str(outcome)) for outcome in SHOWN}
    found: list[Any] = list(samples.values("day").annotate(seen=Max("seen_at"), **sums).order_by("day"))
    rows = [Row((row["day"], *(row[str(outcome)] for outcome in SHOWN))) for row in found]
    link = reverse("sync:health")
    return Result(
        _("Sync health over time"),
        [Column("day", _("Day"), "date"), *(Column(str(each), each.label, "number") for each in SHOWN)],
        [*reversed(rows)],
        Chart(
            "line",
            [date_format(row["day"], "MONTH_DAY_FORMAT") for row in found],
            [Series(each.label, [row[str(each)] for row in found], [link] * len(found)) for each in TROUBLE],
        ),
        None,
        [
            _(
                "Records of all kinds, as they stood at the last look of each day (UTC). "
                "Links lead to sync health today."
            ),
        ],
        max((row["seen"] for row in found), default=money.scope(asked).as_of),
    )


def reads(_user: Any, asked: Parameters) -> Result:
    """Reads by month and cause; QuickBooks meters reads."""
    usage = ApiUsage.objects.filter(day__range=(asked.period.first, asked.period.last), reads__gt=0)
    if asked.connection is not None:
        usage = usage.filter(connection_id=asked.connection)
    counted: dict[str, dict[Any, int]] = defaultdict(dict)
    scope, daily = money.scope(asked), asked.by == "day"
    by = usage.annotate(at=F("day") if daily else TruncMonth("day")).order_by().values_list("cause", "at")
    for cause, at, count in by.annotate(count=Sum("reads")):
        counted[cause][at] = count
    whole = months_between(asked.period.first, asked.period.last)
    places = sorted({at for each in counted.values() for at in each}) if daily else whole
    causes = sorted(counted, key=lambda cause: (-sum(counted[cause].values()), cause))
    labels = dict(Cause.choices)
    rows = [
        Row(
            (date_format(at) if daily else money.month_of(at), *(counted[each].get(at, 0) for each in causes),
             _sum(counted, at)),
            None if daily else _days_of(scope, at),
        )
        for at in places
    ]  # fmt: skip
    links = [row.drill for row in rows]
    totals = [sum(counted[each].values()) for each in causes]
    return Result(
        _("Reads used"),
        [
            Column("month", _("Day") if daily else _("Month")),
            *(Column(each, labels.get(each, each), "number") for each in causes),
            Column("all", _("All"), "number"),
        ],
        rows if causes else [],
        Chart(
            "stacked_bar",
            [row.cells[0] for row in rows],
            [Series(labels.get(each, each), [counted[each].get(at, 0) for at in places], links) for each in causes],
        ),
        Row((_("Total"), *totals, sum(totals))) if causes else None,
        [_("Successful reads of QuickBooks by what they were for; days are UTC.")],
    )


def _days_of(scope: money.Scope, month: datetime.date) -> str:
    """The same month day by day: nothing is kept of single reads."""
    first, last = lists.within(scope, month)
    return lists.report(
        scope, "reads-used", by="day", period=CUSTOM, **{"from": first.isoformat(), "to": last.isoformat()}
    )


def _sum(counted: dict[str, dict[Any, int]], month: Any) -> int:
    return sum(each.get(month, 0) for each in counted.values())


def register() -> None:
    """Make them known."""
    add(
        ReadyReport(
            "sync-health",
            gettext_lazy("Sync health over time"),
            gettext_lazy("How many records failed, waited or were in conflict, day by day."),
            health,
            ("period", "connection"),
            permission=SEES,
            icon="activity",
        )
    )
    add(
        ReadyReport(
            "reads-used",
            gettext_lazy("Reads used"),
            gettext_lazy("What was read from QuickBooks each month, and what for."),
            reads,
            ("period", "connection"),
            (("month", gettext_lazy("By month")), ("day", gettext_lazy("By day"))),
            permission=SEES,
            icon="database",
        )
    )
