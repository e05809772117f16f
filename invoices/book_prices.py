"""What the CRM's price book says about the items that the wizard offers."""

import datetime
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from crm.queries import prices
from invoices import reading
from invoices.drafts import DraftContent
from invoices.ports import ItemChoice


def priced(items: Sequence[ItemChoice], content: DraftContent) -> list[ItemChoice]:
    """``items`` at the price-book prices of their products, in the invoice's currency on its date; one statement.

    An item without a product, or whose product has no entry, keeps the price that the accounting system gives it.
    """
    found = prices.entries_in([each.product_id for each in items if each.product_id], content.currency, _day(content))
    return [_at(each, found.get(each.product_id or 0)) for each in items]


def _at(item: ItemChoice, amount: Decimal | None) -> ItemChoice:
    return item if amount is None else replace(item, unit_price=amount)


def _day(content: DraftContent) -> datetime.date | None:
    try:
        return reading.date(content.issued_on)
    except ValueError:
        return None
