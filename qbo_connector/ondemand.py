"""What is asked of QuickBooks only when somebody needs it: exchange rates and attachments. Cached, metered by cause.

Raises the errors of ``qbo_connector.errors``; a connection that is not active is not called.
"""

import datetime
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from django.core.cache import cache

from qbo_connector import errors, gateway
from qbo_connector.client import QuickBooksClient
from qbo_connector.enums import Cause
from qbo_connector.mirror.paging import statement
from qbo_connector.models import Connection
from qbo_connector.services import status

# The rate of a past day may still be corrected by hand in QuickBooks; a download address is good for 15 minutes.
RATE_SECONDS = 3600
ATTACHMENT_SECONDS = 300
_decoder = msgspec.json.Decoder(float_hook=Decimal)


@dataclass(frozen=True)
class Attachment:
    """A file or note that hangs on a transaction. ``address`` is QuickBooks' own and works for some minutes."""

    qbo_id: str
    name: str
    content_type: str
    size: int
    note: str
    address: str
    goes_with_email: bool


def exchange_rate(
    connection: Connection, currency: str, on: datetime.date, *, interactive: bool = True
) -> Decimal | None:
    """Units of the company's home currency for one unit of ``currency`` on a day, as QuickBooks would use it.

    The rate of that day, else the latest one before; None when QuickBooks has none. At most two reads, then cached.
    """
    found = dated_rate(connection, currency, on, interactive=interactive)
    return found[0] if found else None


def dated_rate(
    connection: Connection, currency: str, on: datetime.date, *, interactive: bool = True
) -> tuple[Decimal, datetime.date] | None:
    """The same rate with the day that it is of."""
    if currency == connection.home_currency:
        return Decimal(1), on
    key = f"qbo-dated-rate:{connection.pk}:{currency}:{on:%Y-%m-%d}"
    cached: tuple[Decimal, datetime.date] | str | None = cache.get(key)
    if cached is not None:
        return None if isinstance(cached, str) else cached
    client = _client(connection, Cause.RATES, interactive=interactive)
    source = f"SourceCurrencyCode = '{_quoted(currency)}'"
    rates: list[dict[str, Any]] = []
    for relation in ("=", "<="):
        where = f"{source} AND AsOfDate {relation} '{on:%Y-%m-%d}'"
        rates = rates or _asked(connection, client, statement("ExchangeRate", where=where))
    rate = _newest(rates, connection.home_currency, on)
    cache.set(key, "" if rate is None else rate, RATE_SECONDS)
    return rate


def attachments(connection: Connection, entity: str, qbo_id: str, *, interactive: bool = True) -> list[Attachment]:
    """The files and notes of one object. One read, then cached for some minutes."""
    key = f"qbo-attachments:{connection.pk}:{entity}:{qbo_id}"
    cached: list[Attachment] | None = cache.get(key)
    if cached is not None:
        return cached
    client = _client(connection, Cause.ATTACHMENTS, interactive=interactive)
    where = (
        f"AttachableRef.EntityRef.Type = '{_quoted(entity)}' AND AttachableRef.EntityRef.value = '{_quoted(qbo_id)}'"
    )
    found = [
        _attachment(row, entity, qbo_id) for row in _asked(connection, client, statement("Attachable", where=where))
    ]
    cache.set(key, found, ATTACHMENT_SECONDS)
    return found


def _client(connection: Connection, cause: Cause, *, interactive: bool) -> QuickBooksClient:
    if not connection.active:
        raise errors.NeedsReconnect(plain=connection.status_reason)
    return gateway.client_for(connection, cause, interactive=interactive)


def _asked(connection: Connection, client: QuickBooksClient, statement: str) -> list[dict[str, Any]]:
    try:
        answer = _decoder.decode(client.select(statement))
    except msgspec.DecodeError as error:
        raise errors.BadAnswer(errors.Fault(message=str(error)), tid=client.tid) from error
    except errors.NeedsReconnect as error:
        status.needs_reconnect(connection, error)
        raise
    response = answer.get("QueryResponse") if isinstance(answer, dict) else None
    if not isinstance(response, dict):
        raise errors.BadAnswer(errors.Fault(message="Not a query's answer."), tid=client.tid)
    rows = next((value for value in response.values() if isinstance(value, list)), [])
    return [row for row in rows if isinstance(row, dict)]


def _newest(rates: list[dict[str, Any]], home: str, on: datetime.date) -> tuple[Decimal, datetime.date] | None:
    usable = [row for row in rates if row.get("TargetCurrencyCode", home) == home and row.get("Rate")]
    newest = max(usable, key=lambda row: str(row.get("AsOfDate", "")), default=None)
    if newest is None:
        return None
    try:
        rate = Decimal(str(newest["Rate"]))
        day = datetime.date.fromisoformat(str(newest.get("AsOfDate") or on)[:10])
    except (InvalidOperation, ValueError):
        return None
    return (rate, day) if rate.is_finite() and rate > 0 else None


def _attachment(row: dict[str, Any], entity: str, qbo_id: str) -> Attachment:
    size = row.get("Size")
    return Attachment(
        qbo_id=str(row.get("Id", "")),
        name=str(row.get("FileName") or ""),
        content_type=str(row.get("ContentType") or ""),
        size=int(size) if isinstance(size, int | Decimal) else 0,
        note=str(row.get("Note") or ""),
        address=str(row.get("TempDownloadUri") or ""),
        goes_with_email=any(
            ref.get("IncludeOnSend") is True
            for ref in row.get("AttachableRef") or []
            if isinstance(ref, dict) and ref.get("EntityRef") == {"type": entity, "value": qbo_id}
        ),
    )


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
