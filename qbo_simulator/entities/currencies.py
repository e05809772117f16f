"""The currency of a transaction, and its rate."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from qbo_simulator import faults

if TYPE_CHECKING:
    from qbo_simulator.books import Books

Body = dict[str, Any]


def set_currency(books: Books, new: Body, party: Body | None) -> None:
    """Give a transaction the currency of its customer or vendor, and its rate. Raises Refused."""
    company = books.company
    asked = (new.get("CurrencyRef") or {}).get("value")
    code = ((party or {}).get("CurrencyRef") or {}).get("value") or company.home_currency
    if party is None and asked and company.multicurrency:
        code = asked
    if asked is not None and asked != code:
        if not company.multicurrency:
            raise faults.business("Multi Currency should be enabled to perform this operation.")
        raise faults.business(f"The currency of the transaction ({asked}) must be the customer's ({code}).")
    new["CurrencyRef"] = company.currency(code)
    if company.multicurrency:
        new["ExchangeRate"] = exchange_rate(books, new, code)
    else:
        new.pop("ExchangeRate", None)


def exchange_rate(books: Books, body: Body, code: str) -> Decimal:
    """Return the rate of a transaction: given, or the newest one known on its day, or 1. Raises Refused."""
    if code == books.company.home_currency:
        return Decimal(1)
    given = body.get("ExchangeRate")
    if given is not None:
        if given <= 0:
            raise faults.business("The exchange rate must be greater than zero.")
        return Decimal(given)
    known = sorted(
        (str(rate.get("AsOfDate")), rate["Rate"])
        for rate in books.shelf.find("ExchangeRate")
        if rate.get("SourceCurrencyCode") == code
    )
    until = [rate for day, rate in known if day <= str(body.get("TxnDate") or "9999")]
    return Decimal(str((until or [rate for _, rate in known])[-1])) if known else Decimal(1)


def parse_date(text: Any, field: str) -> date:
    """Return a date of the API. Raises Refused."""
    try:
        return date.fromisoformat(str(text))
    except ValueError as error:
        raise faults.invalid_property(f"{field} ({text})", field) from error
