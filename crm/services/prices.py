"""The price book: what a product costs in other currencies, or for a time."""

import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core.access import needs
from core.events import emit
from crm.models import Price, Product
from crm.services import records

MOST_PRICES = 200


class BadPrice(ValueError):
    """The entry can't be kept: ``field`` names what is wrong, the message says why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@needs("crm.edit")
@transaction.atomic
def add(
    product: Product,
    *,
    currency: str,
    amount: Decimal,
    by: Any,
    valid_from: datetime.date | None = None,
    valid_until: datetime.date | None = None,
) -> Price:
    """A new entry. Raises BadPrice and records.Archived. Lines that exist keep the price that they were made with."""
    fresh = records.locked(product)
    _check(fresh, currency, amount, valid_from, valid_until)
    price = Price.objects.create(
        product=fresh, currency=currency, amount=amount, valid_from=valid_from, valid_until=valid_until
    )
    _tell(fresh, "product.price_added", price, by=by)
    return price


@needs("crm.edit")
@transaction.atomic
def change(price: Price, *, amount: Decimal, valid_until: datetime.date | None, by: Any) -> Price:
    """Another amount or last day. Raises BadPrice and records.Archived."""
    fresh = records.locked(price.product)
    row = Price.objects.select_for_update().get(pk=price.pk)
    _check(fresh, row.currency, amount, row.valid_from, valid_until, but=row.pk)
    if (row.amount, row.valid_until) == (amount, valid_until):
        return row
    row.amount, row.valid_until = amount, valid_until
    row.save(update_fields=["amount", "valid_until"])
    _tell(fresh, "product.price_changed", row, by=by)
    return row


@needs("crm.edit")
@transaction.atomic
def remove(price: Price, *, by: Any) -> None:
    """Take an entry out of the price book."""
    fresh = records.locked(price.product)
    _tell(fresh, "product.price_removed", price, by=by)
    Price.objects.filter(pk=price.pk).delete()


def _check(
    product: Product,
    currency: str,
    amount: Decimal,
    valid_from: datetime.date | None,
    valid_until: datetime.date | None,
    but: int = 0,
) -> None:
    if amount < 0 or amount >= Decimal(10) ** 12:
        raise BadPrice("amount", _("A price is not negative, and less than a trillion."))
    if valid_from and valid_until and valid_until < valid_from:
        raise BadPrice("valid_until", _("The last day is before the first one."))
    if currency == product.currency and not (valid_from or valid_until):
        raise BadPrice(
            "currency", _("This is the product's own currency: change its unit price, or say from when to when.")
        )
    others = Price.objects.filter(product=product, currency=currency).exclude(pk=but)
    same = Q(valid_from=valid_from) if valid_from else Q(valid_from=None)
    if others.filter(same).exists():
        raise BadPrice("valid_from", _("There is a price in this currency from that day on already."))
    if not but and Price.objects.filter(product=product).count() >= MOST_PRICES:
        raise BadPrice("currency", _("A product has at most %d prices.") % MOST_PRICES)


def _tell(product: Product, name: str, price: Price, *, by: Any) -> None:
    first, last = str(price.valid_from or ""), str(price.valid_until or "")
    emit(
        name,
        product,
        by=by,
        title=product.name,
        amount=str(price.amount),
        currency=price.currency,
        first=first,
        last=last,
    )
