"""Reads of deals."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, QuerySet

from core.search import matching
from crm.enums import DealStatus
from crm.models import Deal, DealBilling, DealContact, DealLine, Stage


def visible_to(user: Any) -> QuerySet[Deal]:
    """The deals that ``user`` may see, archived ones too."""
    return Deal.objects.all()


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
