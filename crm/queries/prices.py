"""What products cost: the price book, and how much of one was sold."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce

from core.company import today
from crm.enums import DealStatus
from crm.models import DealLine, Price, Product


def prices_of(product_id: int) -> list[Price]:
    """The price book of a product: by currency, the newest entry first."""
    rows = Price.objects.filter(product_id=product_id)
    return list(rows.order_by("currency", F("valid_from").desc(nulls_last=True), "pk"))


def price_in(product: Product, currency: str, on: datetime.date | None = None) -> Decimal | None:
    """What one costs in ``currency`` on a day: by the price book, else the product's own price; None for no price.

    Of entries that hold on the day, the one that began last counts; one with dates goes before one without.
    """
    entry = entries_in([product.pk], currency, on).get(product.pk)
    if entry is not None:
        return entry
    return product.unit_price if product.currency == currency else None


def entries_in(product_ids: Sequence[int], currency: str, on: datetime.date | None = None) -> dict[int, Decimal]:
    """The price-book prices of those products that have one in ``currency`` on a day; one statement."""
    if not product_ids:
        return {}
    day = on or today()
    entries = (
        Price.objects.filter(product__in=product_ids, currency=currency)
        .filter(Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_until=None) | Q(valid_until__gte=day))
        .order_by("product", F("valid_from").desc(nulls_last=True), F("valid_until").asc(nulls_last=True), "-pk")
        .distinct("product")
    )
    return dict(entries.values_list("product_id", "amount"))


@dataclass(frozen=True)
class Sold:
    """How much of a product is in deals of one currency that were won, or are still open."""

    currency: str
    status: str
    deals: int
    quantity: Decimal
    amount: Decimal


def sold(product_id: int) -> Sequence[Sold]:
    """In how many won and open deals a product is, by currency; discounts on lines taken off. One statement."""
    net = F("quantity") * F("unit_price") * (Decimal(100) - F("discount_percent")) / Decimal(100) - F("discount_amount")
    rows = (
        DealLine.objects.filter(product_id=product_id, deal__archived_at=None)
        .exclude(deal__status=DealStatus.LOST)
        .values("deal__currency", "deal__status")
        .annotate(deals=Count("deal", distinct=True), units=Sum("quantity"), net=Coalesce(Sum(net), Decimal(0)))
        .order_by("deal__status", "deal__currency")
    )
    return [Sold(row["deal__currency"], row["deal__status"], row["deals"], row["units"], row["net"]) for row in rows]
