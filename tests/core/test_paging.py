"""Paging by key: every row once, in order, there and back, whatever is null."""

import base64
import itertools
import json

import pytest
from django.utils import timezone

from core.paging import BadCursor, page_by_key
from crm.models import Product

PRICES = [5, None, 3, 5, 1, None, 9, 5, 2, 7, None, 3]


@pytest.fixture
def products(db):
    now = timezone.now()
    return Product.objects.bulk_create(
        Product(name=f"product {number % 5}", unit_price=price, created_at=now) for number, price in enumerate(PRICES)
    )


@pytest.mark.parametrize("sort", ["unit_price", "-unit_price", "name", "-name", "owner__name"])
def test_all_rows_once_forwards_and_backwards(products, sort):
    forwards, cursor = [], ""
    while True:
        page = page_by_key(Product.objects.select_related("owner"), sort=sort, cursor=cursor, size=5)
        forwards.append([row.pk for row in page.rows])
        if not page.next:
            break
        cursor = page.next
    seen = list(itertools.chain(*forwards))
    assert sorted(seen) == sorted(product.pk for product in products)
    values = [Product.objects.values_list(sort.lstrip("-"), flat=True).get(pk=pk) for pk in seen]
    known = [value for value in values if value is not None]
    assert known == sorted(known, reverse=sort.startswith("-"))
    assert values[: len(known)] == known, "empty values come last"

    backwards, cursor = [forwards[-1]], page.previous
    while cursor:
        page = page_by_key(Product.objects.select_related("owner"), sort=sort, cursor=cursor, size=5)
        backwards.append([row.pk for row in page.rows])
        cursor = page.previous
    assert list(itertools.chain(*reversed(backwards))) == seen


def made(*content):
    """A cursor as somebody who tampers with an address would make it."""
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


CURSORS = [
    "x", "W10", "MQ", "bnVsbA", "ä", made("after", 1, "x"), made("after", [1], 1), made("after", "\x00", 1),
    made("after", "a", 2**70), made("sideways", "a", 1), made("after", {"a": 1}, 1),
]  # fmt: skip


@pytest.mark.parametrize("cursor", CURSORS)
def test_a_cursor_of_another_list_is_refused(products, cursor):
    with pytest.raises(BadCursor):
        page_by_key(Product.objects.all(), sort="name", cursor=cursor)


@pytest.mark.parametrize("value", ["not a date", "", 5, "2026-99-99", True])
def test_a_value_of_another_kind_is_refused(products, value):
    with pytest.raises(BadCursor):
        page_by_key(Product.objects.all(), sort="updated_at", cursor=made("after", value, 1))
