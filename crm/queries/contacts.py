"""Reads of contacts."""

from typing import Any

from django.db.models import QuerySet

from accounts.visibility import Sight, within
from core.search import matching
from crm.models import Contact, DealContact, Quote


def visible_to(user: Any) -> QuerySet[Contact]:
    """The contacts that ``user`` may see, archived ones too: their own, and those of their deals and quotes."""
    return within(Contact.objects.all(), user, _ways)


def _ways(sight: Sight) -> list[QuerySet[Any, Any]]:
    return [
        Contact.objects.filter(sight.own()).values_list("pk"),
        DealContact.objects.filter(sight.own("deal__owner")).values_list("contact_id"),
        Quote.objects.filter(sight.own(), contact__isnull=False).values_list("contact_id"),
    ]


def record(user: Any) -> QuerySet[Contact]:
    """Contacts with what their page shows."""
    return visible_to(user).select_related("company", "owner").defer("search", "company__search")


def choices(user: Any, text: str, limit: int) -> list[Contact]:
    """Contacts that are not archived, by the beginning of words; the latest ones while nothing is typed."""
    found = visible_to(user).filter(archived_at=None).select_related("company")
    found = found.only("first_name", "last_name", "email", "company__name")
    query = matching(text)
    if text.strip() and query is None:
        return []
    ordered = found.filter(search=query).order_by("last_name", "pk") if query else found.order_by("-updated_at", "-pk")
    return list(ordered[:limit])


def of_company(user: Any, company_id: int, limit: int) -> list[Contact]:
    """The contacts of a company that are not archived, by name."""
    found = visible_to(user).filter(company_id=company_id, archived_at=None).order_by("last_name", "pk")
    return list(found.only("first_name", "last_name", "email", "phone", "job_title")[:limit])
