"""The board of deals: a column for each stage of a pipeline, in a constant number of queries."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Now
from django.db.models.lookups import GreaterThan
from django.utils import timezone

from core.company import today
from core.money import ZERO
from core.paging import cursor_after, page_by_key
from crm.enums import DealStatus
from crm.models import ActivityLink, Deal, Pipeline, Stage, Task

# In a column at first; more come with the button below it.
CARDS = 25
SORT = "-updated_at"
COLUMNS = ("name", "status", "amount", "currency", "close_on", "updated_at", "stage_id", "stage_entered_at",
           "company__name", "owner__name", "owner__email", "billing__invoice_status")  # fmt: skip


@dataclass(frozen=True)
class Card:
    """A deal on the board, with its next task."""

    deal: Deal
    stage: Stage
    task: Task | None = None
    quiet: bool = False
    late: bool = False

    @property
    def days(self) -> int:
        """How many whole days it has been in its stage."""
        return days_since(self.deal.stage_entered_at)

    @property
    def rotting(self) -> bool:
        """Whether it has been here for longer than the stage allows."""
        return is_rotting(self.deal, self.stage)


@dataclass
class Column:
    """A stage with its first cards, and the number and sums (by currency) of all its deals."""

    stage: Stage
    cards: list[Card] = field(default_factory=list)
    count: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)
    more: str = ""

    @property
    def deals(self) -> list[Deal]:
        """The deals that have a card."""
        return [card.deal for card in self.cards]

    @property
    def hidden(self) -> int:
        """How many deals have no card here."""
        return self.count - len(self.cards)

    @property
    def weighted(self) -> dict[str, Decimal]:
        """The sums times the stage's probability; nothing for deals that are closed."""
        if self.stage.status != DealStatus.OPEN:
            return {}
        return {currency: amount * self.stage.probability / 100 for currency, amount in self.sums.items()}


def pipelines() -> dict[Pipeline, list[Stage]]:
    """All pipelines in order, each with its stages in order, in one query."""
    found: dict[Pipeline, list[Stage]] = {}
    ordered = Stage.objects.select_related("pipeline")
    for stage in ordered.order_by("pipeline__position", "pipeline_id", "position", "pk"):
        found.setdefault(stage.pipeline, []).append(stage)
    return found


def columns(deals: QuerySet[Deal], stages: Sequence[Stage], *, cards: int = CARDS) -> list[Column]:
    """``deals`` (already filtered) by stage, the latest changed first: four queries whatever their number."""
    by_stage = {stage.pk: Column(stage) for stage in stages}
    grouped = deals.filter(stage__in=by_stage).order_by().values("stage_id", "currency")
    for row in grouped.annotate(deals=Count("pk"), amount=Sum("amount")):
        column = by_stage[row["stage_id"]]
        column.count += row["deals"]
        if row["amount"]:
            column.sums[row["currency"]] = column.sums.get(row["currency"], ZERO) + row["amount"]
    # One short walk along the index for each stage, in one statement.
    newest = [deals.filter(stage=pk).order_by("-updated_at", "-pk").values("pk")[:cards] for pk in by_stage]
    if not newest:
        return []
    shown = newest[0].union(*newest[1:], all=True) if len(newest) > 1 else newest[0]
    found = list(_loaded(Deal.objects.filter(pk__in=shown)).order_by("-updated_at", "-pk"))
    for card in _cards(found, {stage.pk: stage for stage in stages}):
        by_stage[card.deal.stage_id].cards.append(card)
    for column in by_stage.values():
        if column.hidden > 0 and column.cards:
            column.more = cursor_after(column.cards[-1].deal, SORT)
    return list(by_stage.values())


def further(deals: QuerySet[Deal], stage: Stage, cursor: str) -> tuple[list[Card], str]:
    """The next cards of a column behind ``cursor``, and the cursor behind those. Raises core.paging.BadCursor."""
    page = page_by_key(_loaded(deals.filter(stage=stage)), sort=SORT, cursor=cursor, size=CARDS)
    return _cards(page.rows, {stage.pk: stage}), page.next


def with_next_step(prefix: str = "") -> Any:
    """Whether somebody has something to do about a deal: an open task, or a meeting to come."""
    deal = OuterRef(f"{prefix}pk")
    tasks = Task.objects.filter(about_type="deal", about_id=deal, done_at=None)
    return Exists(tasks) | Exists(_coming().filter(object_id=deal))


def next_step(prefix: str = "") -> Any:
    """The same as the words ``yes`` and ``no``, for the filter of the list."""
    return Case(When(with_next_step(prefix), then=Value("yes")), default=Value("no"))


def rotting(prefix: str = "") -> Any:
    """Whether an open deal has been in its stage for longer than that allows, as ``yes`` and ``no``."""
    day = Value(datetime.timedelta(days=1), output_field=DurationField())
    allowed = ExpressionWrapper(F(f"{prefix}stage__rotting_days") * day, output_field=DurationField())
    since = ExpressionWrapper(Now() - F(f"{prefix}stage_entered_at"), output_field=DurationField())
    late = Q(**{f"{prefix}status": DealStatus.OPEN}) & GreaterThan(since, allowed)
    return Case(When(late, then=Value("yes")), default=Value("no"))


def next_tasks(ids: Iterable[int]) -> dict[int, Task]:
    """The open task of each deal that is due first."""
    found = Task.objects.filter(about_type="deal", about_id__in=list(ids), done_at=None)
    earliest = found.order_by("about_id", "due_at", "pk").distinct("about_id")
    return {int(task.about_id or 0): task for task in earliest.only("title", "due_at", "about_id", "kind")}


def days_since(moment: datetime.datetime) -> int:
    """Whole days."""
    return max(0, (timezone.now() - moment).days)


def is_rotting(deal: Deal, stage: Stage) -> bool:
    """Whether an open deal has been in ``stage`` for longer than that allows."""
    return (
        stage.rotting_days is not None
        and deal.status == DealStatus.OPEN
        and days_since(deal.stage_entered_at) > stage.rotting_days
    )


def _coming() -> QuerySet[ActivityLink]:
    return ActivityLink.objects.filter(object_type="deal", occurred_at__gt=timezone.now(), activity__deleted_at=None)


def _loaded(deals: QuerySet[Deal]) -> QuerySet[Deal]:
    return deals.select_related("company", "owner", "billing").only(*COLUMNS)


def _cards(deals: Sequence[Deal], stages: Mapping[int, Stage]) -> list[Card]:
    ids = [deal.pk for deal in deals]
    tasks = next_tasks(ids)
    coming = set(_coming().filter(object_id__in=ids).values_list("object_id", flat=True))
    day = today()
    return [
        Card(
            deal,
            stages[deal.stage_id],
            tasks.get(deal.pk),
            quiet=deal.status == DealStatus.OPEN and deal.pk not in tasks and deal.pk not in coming,
            late=deal.status == DealStatus.OPEN and deal.close_on is not None and deal.close_on < day,
        )
        for deal in deals
    ]
