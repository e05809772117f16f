"""The board of deals: a column for each stage of a pipeline, in a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, QuerySet, Sum

from core.money import ZERO
from crm.models import Deal, Pipeline, Stage

CARDS = 30
COLUMNS = ("name", "status", "amount", "currency", "close_on", "updated_at", "stage_id", "company__name", "owner__name",
           "owner__email")  # fmt: skip


@dataclass
class Column:
    """A stage with its first cards, and the number and sums (by currency) of all its deals."""

    stage: Stage
    deals: list[Deal] = field(default_factory=list)
    count: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)

    @property
    def hidden(self) -> int:
        """How many deals have no card here."""
        return self.count - len(self.deals)

    @property
    def weighted(self) -> dict[str, Decimal]:
        """The sums times the stage's probability."""
        return {currency: amount * self.stage.probability / 100 for currency, amount in self.sums.items()}


def pipelines() -> dict[Pipeline, list[Stage]]:
    """All pipelines in order, each with its stages in order, in one query."""
    found: dict[Pipeline, list[Stage]] = {}
    ordered = Stage.objects.select_related("pipeline")
    for stage in ordered.order_by("pipeline__position", "pipeline_id", "position", "pk"):
        found.setdefault(stage.pipeline, []).append(stage)
    return found


def columns(deals: QuerySet[Deal], stages: Sequence[Stage], *, cards: int = CARDS) -> list[Column]:
    """``deals`` (already filtered) by stage, the latest changed first: two queries whatever their number."""
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
    found = Deal.objects.filter(pk__in=shown).select_related("company", "owner").only(*COLUMNS)
    for deal in found.order_by("-updated_at", "-pk"):
        by_stage[deal.stage_id].deals.append(deal)
    return list(by_stage.values())
