"""Reads of products."""

from typing import Any

from django.db.models import QuerySet

from core.search import matching
from crm.models import Product


def visible_to(user: Any) -> QuerySet[Product]:
    """The products that ``user`` may see, archived ones too: the catalogue is everybody's, whoever owns a product."""
    return Product.objects.all()


def record(user: Any) -> QuerySet[Product]:
    """Products with what their page shows."""
    return visible_to(user).select_related("owner").defer("search")


def choices(user: Any, text: str, limit: int) -> list[Product]:
    """Products that can be sold, by the beginning of words in name, SKU or description; the latest ones at first."""
    found = visible_to(user).filter(archived_at=None, active=True)
    found = found.only("name", "sku", "description", "unit_price", "currency")
    query = matching(text)
    if text.strip() and query is None:
        return []
    return list((found.filter(search=query).order_by("name", "pk") if query else found.order_by("name", "pk"))[:limit])
