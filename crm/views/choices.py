"""What pickers offer while somebody types."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from core.money import formatted
from crm.queries import companies, contacts, deals, mentions, products

LIMIT = 20


@require_GET
def company_choices(request: HttpRequest) -> JsonResponse:
    """Companies by name, domain, e-mail or phone."""
    found = companies.choices(request.user, _typed(request), LIMIT)
    return _answer([(company.pk, str(company), company.domain or company.email) for company in found])


@require_GET
def contact_choices(request: HttpRequest) -> JsonResponse:
    """Contacts by name, e-mail or phone."""
    found = contacts.choices(request.user, _typed(request), LIMIT)
    return _answer([(c.pk, str(c), ", ".join(filter(None, [str(c.company or ""), c.email]))) for c in found])


@require_GET
def product_choices(request: HttpRequest) -> JsonResponse:
    """Products that can be sold, by name, SKU or description."""
    found = products.choices(request.user, _typed(request), LIMIT)
    return _answer(
        [(p.pk, p.name, " · ".join(filter(None, [p.sku, formatted(p.unit_price, p.currency)]))) for p in found]
    )


@require_GET
def deal_choices(request: HttpRequest) -> JsonResponse:
    """Deals by name."""
    found = deals.choices(request.user, _typed(request), LIMIT)
    return _answer([(deal.pk, deal.name, str(deal.company or deal.stage)) for deal in found])


@require_GET
def mention_choices(request: HttpRequest) -> JsonResponse:
    """Colleagues behind an “@” in what one writes down: by a word of their name, or their e-mail address."""
    return _answer(
        [(name, str(person), person.email) for person, name in mentions.choices(request.user, _typed(request))]
    )


def _typed(request: HttpRequest) -> str:
    return request.GET.get("q", "").strip()[:200]


def _answer(found: list[tuple[Any, str, str]]) -> JsonResponse:
    results = [{"value": str(pk), "text": text, "detail": detail} for pk, text, detail in found]
    return JsonResponse({"results": results})
