"""Reads of quotes."""

import datetime
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from accounts.visibility import Sight, within
from core.search import matching
from crm.enums import QuoteStatus
from crm.models import Quote, QuoteLine


def visible_to(user: Any) -> QuerySet[Quote]:
    """The quotes that ``user`` may see, archived ones too: their own, and those of their deals."""
    return within(Quote.objects.all(), user, _ways)


def _ways(sight: Sight) -> list[QuerySet[Any, Any]]:
    return [
        Quote.objects.filter(sight.own()).values_list("pk"),
        Quote.objects.filter(sight.own("deal__owner"), deal__isnull=False).values_list("pk"),
    ]


def record(user: Any) -> QuerySet[Quote]:
    """Quotes with what their page shows, apart from lines."""
    found = visible_to(user).select_related(
        "deal__company", "contact", "company", "owner", "replaces", "replaced_by", "approval_asked_by"
    )
    late = ("search", "deal__search", "deal__company__search", "contact__search", "company__search")
    return found.defer(*late, "replaces__search", "replaced_by__search")


def lines_of(quote_id: int) -> Sequence[QuoteLine]:
    """The lines of a quote in order."""
    return list(QuoteLine.objects.filter(quote_id=quote_id).select_related("product").defer("product__search"))


def of_deal(user: Any, deal_id: int, limit: int) -> list[Quote]:
    """The latest quotes of a deal that are not archived."""
    found = visible_to(user).filter(deal_id=deal_id, archived_at=None).exclude(status=QuoteStatus.REPLACED)
    return list(found.defer("search").order_by("-updated_at", "-pk")[:limit])


def of_record(user: Any, limit: int, **of: int) -> list[Quote]:
    """The latest quotes of a contact or company that are not archived, the current version of each."""
    found = visible_to(user).filter(archived_at=None, **of).exclude(status=QuoteStatus.REPLACED)
    return list(found.defer("search").order_by("-updated_at", "-pk")[:limit])


def usable(user: Any, *, today: datetime.date) -> QuerySet[Quote]:
    """Quotes that may become invoices: published or accepted, not expired on ``today``, not archived."""
    good = visible_to(user).filter(status__in=[QuoteStatus.PUBLISHED, QuoteStatus.ACCEPTED], archived_at=None)
    return good.exclude(expires_on__lt=today, status=QuoteStatus.PUBLISHED)


def choices(user: Any, text: str, limit: int) -> list[Quote]:
    """Quotes that are not archived, by the beginning of words in title and number."""
    found = visible_to(user).filter(archived_at=None).select_related("deal").defer("search", "deal__search")
    query = matching(text)
    if text.strip() and query is None:
        return []
    return list((found.filter(search=query) if query else found).order_by("-updated_at", "-pk")[:limit])
