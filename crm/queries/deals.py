"""Reads of deals."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import ngettext

from accounts.visibility import Sight, within
from core.search import matching
from crm.enums import DealStatus
from crm.models import Deal, DealBilling, DealContact, DealLine, Quote, Stage, StageChange

ZERO_TIME = datetime.timedelta()


def visible_to(user: Any) -> QuerySet[Deal]:
    """The deals that ``user`` may see, archived ones too: their own, and those of their quotes."""
    return within(Deal.objects.all(), user, _ways)


def _ways(sight: Sight) -> list[QuerySet[Any, Any]]:
    return [
        Deal.objects.filter(sight.own()).values_list("pk"),
        Quote.objects.filter(sight.own(), deal__isnull=False).values_list("deal_id"),
    ]


def record(user: Any) -> QuerySet[Deal]:
    """Deals with what their page shows, apart from lines and cards."""
    return (
        visible_to(user)
        .select_related("stage__pipeline", "company", "owner", "billing")
        .defer("search", "company__search")
    )


def billing_of(deal: Deal) -> DealBilling:
    """What the deal has been invoiced; an unsaved, empty row when nothing was."""
    return getattr(deal, "billing", None) or DealBilling(deal_id=deal.pk)


def stages_of(pipeline_id: int) -> Sequence[Stage]:
    """The stages of a pipeline in order."""
    return list(Stage.objects.filter(pipeline_id=pipeline_id))


def all_stages() -> Sequence[Stage]:
    """The stages of every pipeline in order, with their pipelines."""
    ordered = Stage.objects.select_related("pipeline")
    return list(ordered.order_by("pipeline__position", "pipeline_id", "position", "pk"))


def open_by_currency() -> list[tuple[str, int]]:
    """How many open deals there are in each currency, the most first."""
    rows = Deal.objects.filter(status=DealStatus.OPEN, archived_at=None).values("currency")
    found = rows.annotate(count=Count("pk")).order_by("-count", "currency")
    return [(row["currency"], row["count"]) for row in found]


def lines_of(deal_id: int) -> Sequence[DealLine]:
    """The line items of a deal in order."""
    return list(DealLine.objects.filter(deal_id=deal_id).select_related("product").defer("product__search"))


def contacts_of(deal_id: int) -> Sequence[DealContact]:
    """The contacts of a deal, the primary one first."""
    links = DealContact.objects.filter(deal_id=deal_id).select_related("contact__company")
    return list(links.defer("contact__search", "contact__company__search").order_by("-primary", "pk"))


@dataclass(frozen=True)
class Move:
    """A stay in a stage: since when, through whom and why, and how long."""

    name: str
    at: datetime.datetime
    by: Any
    why: str
    stayed: datetime.timedelta
    current: bool

    @property
    def time(self) -> str:
        """How long, in days, hours or minutes."""
        minutes = int(self.stayed.total_seconds()) // 60
        if minutes >= 24 * 60:
            return ngettext("%d day", "%d days", minutes // 1440) % (minutes // 1440)
        if minutes >= 60:
            return ngettext("%d hour", "%d hours", minutes // 60) % (minutes // 60)
        return ngettext("%d minute", "%d minutes", minutes) % minutes


def moves_of(deal: Deal, *, limit: int = 100) -> list[Move]:
    """The stages that a deal went through, the latest one first."""
    rows = list(StageChange.objects.filter(deal=deal).select_related("by").order_by("-entered_at", "-pk")[:limit])
    moves, until = [], timezone.now()
    for place, row in enumerate(rows):
        why = ": ".join(filter(None, [row.reason, row.note]))
        moves.append(Move(row.name, row.entered_at, row.by, why, max(until - row.entered_at, ZERO_TIME), place == 0))
        until = row.entered_at
    return moves


def of_record(user: Any, *, limit: int, **of: int) -> list[Deal]:
    """The latest deals of a company (``company_id=``) or contact (``contacts=``) that are not archived."""
    found = visible_to(user).filter(archived_at=None, **of).select_related("stage")
    found = found.only("name", "amount", "currency", "status", "close_on", "stage__name", "stage__status")
    return list(found.order_by("-updated_at", "-pk")[:limit])


def choices(user: Any, text: str, limit: int) -> list[Deal]:
    """Deals that are not archived, by the beginning of words; the latest ones while nothing is typed."""
    found = visible_to(user).filter(archived_at=None).select_related("company", "stage")
    found = found.only("name", "amount", "currency", "company__name", "stage__name")
    query = matching(text)
    if text.strip() and query is None:
        return []
    return list((found.filter(search=query) if query else found).order_by("-updated_at", "-pk")[:limit])
