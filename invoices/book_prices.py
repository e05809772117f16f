"""What an item costs on an invoice: by the CRM's price book, else by the accounting system's price at the rate."""

import datetime
from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from core.money import decimals
from crm.queries import prices
from invoices import reading
from invoices.drafts import DraftContent
from invoices.ports import Account, AccountingUnavailable, ItemChoice, accounting
from invoices.totals import plain

ONE = Decimal(1)


def priced(
    items: Sequence[ItemChoice], content: DraftContent, account: Account, *, rate: Decimal | None = None
) -> list[ItemChoice]:
    """``items`` at what they cost on this invoice: ``in_currency`` on its date, one statement."""
    return in_currency(
        items,
        content.currency,
        home=account.currency,
        on=_day(content),
        rate=rate if foreign(content, account) else ONE,
    )


def in_currency(
    items: Sequence[ItemChoice], currency: str, *, home: str, on: datetime.date | None, rate: Decimal | None
) -> list[ItemChoice]:
    """``items`` at the price-book prices of their products; one statement.

    An item without a product, or whose product has no entry, keeps the price that the accounting system gives it, as
    ``home_price``. That is in the ``home`` currency, so it is converted where ``currency`` is another: without
    a ``rate`` the item has no price yet.
    """
    found = prices.entries_in([each.product_id for each in items if each.product_id], currency, on)
    return [_at(each, found.get(each.product_id or 0), currency, ONE if currency == home else rate) for each in items]


def _at(item: ItemChoice, entry: Decimal | None, currency: str, rate: Decimal | None) -> ItemChoice:
    if entry is not None or item.unit_price is None:
        return replace(item, unit_price=entry, home_price=None)
    price = converted(item.unit_price, rate, currency) if rate else None
    return replace(item, unit_price=price, home_price=item.unit_price)


def converted(home_price: Decimal, rate: Decimal, currency: str) -> Decimal:
    """A price of the books in ``currency``; to its smallest unit, or as finely as the price itself is given."""
    if rate == ONE:
        return home_price
    given = home_price.normalize().as_tuple().exponent
    places = max(decimals(currency), -given if isinstance(given, int) else 0)
    return (home_price / rate).quantize(ONE.scaleb(-places), rounding=ROUND_HALF_UP)


def foreign(content: DraftContent, account: Account) -> bool:
    """Whether the invoice is in another currency than the company's books."""
    return content.currency not in ("", account.currency)


def rate_of(content: DraftContent, account: Account) -> Decimal | None:
    """The invoice's rate: the typed one, else the accounting system's; None where neither can be told.

    May ask the accounting system, so never under a lock.
    """
    if not foreign(content, account):
        return ONE
    try:
        if content.exchange_rate.strip():
            typed = reading.number(content.exchange_rate)
            return typed if typed > 0 else None
        found = accounting().exchange_rate(account.connection_id, content.currency, _day(content) or account.today)
    except (ValueError, AccountingUnavailable):
        return None
    return found[0] if found is not None else None


def basis(content: DraftContent) -> tuple[Any, ...]:
    """What prices that nobody typed depend on; empty where there are none."""
    lines = tuple((line.key, line.home_price) for line in content.lines if line.home_price)
    return (content.currency, content.exchange_rate, content.issued_on, lines) if lines else ()


def follow(content: DraftContent, rate: Decimal | None) -> None:
    """Convert the prices that nobody typed at ``rate``; without one they are left to type."""
    for line in content.lines:
        if line.home_price:
            line.unit_price = plain(converted(Decimal(line.home_price), rate, content.currency)) if rate else ""


def _day(content: DraftContent) -> datetime.date | None:
    try:
        return reading.date(content.issued_on)
    except ValueError:
        return None
