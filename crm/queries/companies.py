"""Reads of companies."""

from typing import Any

from django.db.models import Q, QuerySet

from accounts.visibility import Sight, within
from core.search import matching
from crm.models import Company, Contact, Deal, Quote


def visible_to(user: Any) -> QuerySet[Company]:
    """The companies that ``user`` may see, archived ones too: their own, and the customers of what is theirs."""
    return within(Company.objects.all(), user, _ways)


def _ways(sight: Sight) -> list[QuerySet[Any, Any]]:
    return [
        Company.objects.filter(sight.own()).values_list("pk"),
        Deal.objects.filter(sight.own(), company__isnull=False).values_list("company_id"),
        Contact.objects.filter(sight.own(), company__isnull=False).values_list("company_id"),
        Quote.objects.filter(sight.own(), company__isnull=False).values_list("company_id"),
        Quote.objects.filter(sight.own(), deal__company__isnull=False).values_list("deal__company_id"),
    ]


def record(user: Any) -> QuerySet[Company]:
    """Companies with what their page shows."""
    return visible_to(user).select_related("owner").defer("search")


def choices(user: Any, text: str, limit: int) -> list[Company]:
    """Companies that are not archived, by the beginning of words; the latest ones while nothing is typed."""
    found = visible_to(user).filter(archived_at=None).only("name", "domain", "email")
    query = matching(text)
    if text.strip() and query is None:
        return []
    return list(
        found.filter(search=query).order_by("name", "pk")[:limit]
        if query
        else found.order_by("-updated_at", "-pk")[:limit]
    )


def named(user: Any, name: str) -> QuerySet[Company]:
    """Companies with exactly this name, whatever its case; uses the index on the upper-case name."""
    return visible_to(user).filter(Q(name__iexact=name), archived_at=None)
