"""The forecast: open deals by the month or quarter of their close date, and what was won, in a constant number of
queries."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Count, DecimalField, ExpressionWrapper, F, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from accounts.models import Team
from core.company import fiscal_quarter, profile, today, zone
from core.money import ZERO
from crm.enums import DealStatus
from crm.models import Deal, Pipeline, SalesGoal

MONTHS, QUARTERS = "month", "quarter"
OWNER, TEAM, PIPELINE = "owner", "team", "pipeline"
SHOWN = {MONTHS: 6, QUARTERS: 4}


@dataclass(frozen=True)
class Period:
    """A month or a fiscal quarter. ``start`` is also the name of a month in an address."""

    first: datetime.date
    last: datetime.date
    label: str = ""

    @property
    def days(self) -> str:
        """As a range in the address of a list."""
        return f"{self.first.isoformat()}..{self.last.isoformat()}"


@dataclass
class Figures:
    """Sums of deals in one currency."""

    deals: int = 0
    amount: Decimal = ZERO
    weighted: Decimal = ZERO
    won: Decimal = ZERO
    goal: Decimal = ZERO

    def add(self, other: "Figures") -> None:
        """Count ``other`` in."""
        self.deals += other.deals
        self.amount += other.amount
        self.weighted += other.weighted
        self.won += other.won
        self.goal += other.goal

    @property
    def expected(self) -> Decimal:
        """What was won, and what is likely to come."""
        return self.won + self.weighted

    @property
    def percent(self) -> int | None:
        """How much of the goal is won; None without a goal."""
        return int(self.won * 100 / self.goal) if self.goal else None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to print."""
        return not (self.deals or self.won or self.goal)


@dataclass
class Line:
    """An owner, team or pipeline: figures for each period, and what its deals are filtered by in the list."""

    label: str
    query: str
    cells: list[tuple[Period, Figures]]
    total: Figures = field(default_factory=Figures)


@dataclass
class Forecast:
    """What the page prints, in ``currency``; ``others`` are the totals in other currencies."""

    currency: str
    periods: Sequence[Period]
    lines: list[Line]
    totals: list[tuple[Period, Figures]]
    total: Figures
    others: dict[str, Figures]
    undated: dict[str, Figures]
    late: dict[str, Figures]

    @property
    def undated_deals(self) -> int:
        """How many open deals have no close date."""
        return sum(each.deals for each in self.undated.values())

    @property
    def late_deals(self) -> int:
        """How many open deals should have been closed before the first period."""
        return sum(each.deals for each in self.late.values())


def periods(by: str, start: datetime.date | None = None, count: int = 0) -> list[Period]:
    """Months or fiscal quarters from the one that ``start`` (else today) is in."""
    day, found = start or today(), []
    begins = profile().fiscal_year_start
    for _number in range(count or SHOWN[by]):
        if by == QUARTERS:
            quarter = fiscal_quarter(day, begins)
            found.append(Period(quarter.first, quarter.last, str(quarter)))
        else:
            first = day.replace(day=1)
            found.append(Period(first, _next_month(first) - datetime.timedelta(days=1)))
        day = found[-1].last + datetime.timedelta(days=1)
    return found


def forecast(
    deals: QuerySet[Deal], *, by: str = MONTHS, group: str = OWNER, start: datetime.date | None = None
) -> Forecast:
    """``deals`` (those a user may see, already filtered) in the coming periods. Seven queries at most."""
    shown = periods(by, start)
    first, last = shown[0].first, shown[-1].last
    currency = profile().currency
    path = "stage__pipeline_id" if group == PIPELINE else "owner_id"
    live = deals.filter(archived_at=None).order_by()
    opened = live.filter(status=DealStatus.OPEN)
    rows = [
        *_open(opened.filter(close_on__gte=first, close_on__lte=last), path),
        *_won(live, path, first, last),
    ]
    if group != PIPELINE:
        rows += _goals(first, last, currency)
    keys = _keys(group, {row[0] for row in rows})
    cells: dict[tuple[Any, int], Figures] = {}
    others: dict[str, Figures] = {}
    totals = [Figures() for _period in shown]
    for key, month, money, figures in rows:
        if money != currency:
            others.setdefault(money, Figures()).add(figures)
            continue
        place = next(n for n, period in enumerate(shown) if period.first <= month <= period.last)
        totals[place].add(figures)
        for each in keys.of(key):
            cells.setdefault((each, place), Figures()).add(figures)
    lines = []
    for key, label, query in keys.listed:
        line = Line(label, query, [(period, cells.get((key, n), Figures())) for n, period in enumerate(shown)])
        for _period, figures in line.cells:
            line.total.add(figures)
        if not line.total.empty:
            lines.append(line)
    total = Figures()
    for figures in totals:
        total.add(figures)
    return Forecast(
        currency, shown, lines, list(zip(shown, totals, strict=True)), total, others,
        undated=_by_currency(opened.filter(close_on=None)), late=_by_currency(opened.filter(close_on__lt=first)),
    )  # fmt: skip


Row = tuple[Any, datetime.date, str, Figures]
_WEIGHTED = ExpressionWrapper(
    F("amount") * F("stage__probability") / 100, output_field=DecimalField(max_digits=30, decimal_places=5)
)


def _open(deals: QuerySet[Deal], path: str) -> list[Row]:
    found = deals.annotate(month=TruncMonth("close_on")).values(path, "month", "currency")
    return [
        (row[path], row["month"], row["currency"], Figures(row["n"], row["sum"] or ZERO, row["weighted"] or ZERO))
        for row in found.annotate(n=Count("pk"), sum=Sum("amount"), weighted=Sum(_WEIGHTED))
    ]


def _won(deals: QuerySet[Deal], path: str, first: datetime.date, last: datetime.date) -> list[Row]:
    begins = datetime.datetime.combine(first, datetime.time.min, zone())
    ends = datetime.datetime.combine(last + datetime.timedelta(days=1), datetime.time.min, zone())
    found = deals.filter(status=DealStatus.WON, closed_at__gte=begins, closed_at__lt=ends)
    grouped = found.annotate(month=TruncMonth("closed_at", tzinfo=zone())).values(path, "month", "currency")
    return [
        (row[path], row["month"].date(), row["currency"], Figures(won=row["sum"] or ZERO))
        for row in grouped.annotate(sum=Sum("amount"))
    ]


def _goals(first: datetime.date, last: datetime.date, currency: str) -> list[Row]:
    found = SalesGoal.objects.filter(month__gte=first, month__lte=last)
    return [(goal.owner_id, goal.month, currency, Figures(goal=goal.amount)) for goal in found]


def _by_currency(deals: QuerySet[Deal]) -> dict[str, Figures]:
    found = deals.values("currency").annotate(n=Count("pk"), sum=Sum("amount")).order_by("currency")
    return {row["currency"]: Figures(row["n"], row["sum"] or ZERO) for row in found}


@dataclass(frozen=True)
class _Keys:
    """The lines in order as (key, label, query), and which of them a row's key counts in."""

    listed: Sequence[tuple[Any, str, str]]
    teams: Mapping[Any, Sequence[Any]] | None = None

    def of(self, key: Any) -> Iterable[Any]:
        return (key,) if self.teams is None else self.teams.get(key, (None,))


def _keys(group: str, found: set[Any]) -> _Keys:
    if group == PIPELINE:
        return _Keys([(each.pk, each.name, f"pipeline={each.pk}") for each in Pipeline.objects.all()])
    if group == TEAM:
        members: dict[Any, list[Any]] = {}
        listed = []
        for team in Team.objects.prefetch_related("members").order_by("name", "pk"):
            people = list(team.members.all())
            listed.append((team.pk, team.name, "&".join(f"owner={each.pk}" for each in people) or "owner=0"))
            for each in people:
                members.setdefault(each.pk, []).append(team.pk)
        return _Keys([*listed, (None, _("In no team"), "")], members)
    owners = get_user_model()._default_manager.filter(pk__in=[key for key in found if key is not None])
    listed = [(each.pk, str(each), f"owner={each.pk}") for each in owners.order_by("name", "pk")]
    return _Keys([*listed, (None, _("Nobody"), "")])


def _next_month(first: datetime.date) -> datetime.date:
    return (first + datetime.timedelta(days=32)).replace(day=1)
