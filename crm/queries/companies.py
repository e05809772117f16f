"""Reads of companies."""

from typing import Any

from django.db.models import Q, QuerySet

from core.search import matching
from crm.models import Company


def visible_to(user: Any) -> QuerySet[Company]:
    """The companies that ``user`` may see, archived ones too."""
    return Company.objects.all()


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
