"""The meter on the page: reads by cause and month, and the months as bars."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Sum
from django.db.models.functions import TruncMonth

from qbo_connector import queries as connector
from qbo_connector.enums import Cause
from qbo_connector.models import ApiUsage

MONTHS = 12
# Of the drawing, in its own units.
HEIGHT, WIDTH, GAP = 64, 28, 12


@dataclass(frozen=True)
class ByMonth:
    """Reads by cause, a column for each month; the dearest cause first, the sums of the months below."""

    months: Sequence[datetime.date]
    lines: Sequence[tuple[str, Sequence[int]]]
    sums: Sequence[int]


@dataclass(frozen=True)
class Bar:
    """A month and its reads; ``label`` is where its name is written."""

    month: datetime.date
    reads: int
    x: int
    y: int
    height: int
    label: int


@dataclass(frozen=True)
class Chart:
    """Reads month by month; ``line`` is the height of the budget where there is one."""

    bars: Sequence[Bar]
    width: int
    height: int
    bar: int
    line: int | None


def by_month(connection_id: int) -> ByMonth:
    """Reads of a company in the months of the last year that have any, in one statement."""
    rows = (
        ApiUsage.objects.filter(connection_id=connection_id, day__gte=_first_month(), reads__gt=0)
        .annotate(month=TruncMonth("day"))
        .values_list("cause", "month")
        .annotate(total=Sum("reads"))
        .order_by()
    )
    found = {(cause, month): total for cause, month, total in rows}
    months = sorted({month for _cause, month in found})
    labels = dict(Cause.choices)
    lines = [
        (str(labels.get(cause, cause)), [found.get((cause, month), 0) for month in months])
        for cause in {cause for cause, _month in found}
    ]
    lines.sort(key=lambda line: (-sum(line[1]), line[0]))
    return ByMonth(months, lines, [sum(line[1][column] for line in lines) for column in range(len(months))])


def _first_month() -> datetime.date:
    now = connector.month_start()
    number = now.year * 12 + now.month - MONTHS
    return datetime.date(number // 12, number % 12 + 1, 1)


def chart(reads: ByMonth, *, budget: int | None = None) -> Chart:
    """The months as bars, the highest (or the budget) as high as the drawing."""
    highest = max([1, budget or 0, *reads.sums])
    bars = []
    for number, (month, count) in enumerate(zip(reads.months, reads.sums, strict=True)):
        height = max(1, round(count * HEIGHT / highest))
        x = number * (WIDTH + GAP)
        bars.append(Bar(month, count, x, HEIGHT - height, height, x + WIDTH // 2))
    line = HEIGHT - round(budget * HEIGHT / highest) if budget else None
    return Chart(bars, max(1, len(bars) * (WIDTH + GAP) - GAP), HEIGHT, WIDTH, line)
