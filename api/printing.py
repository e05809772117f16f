"""Values of records as JSON: amounts and days as text, records as their ids."""

import datetime
import hashlib
import json
from decimal import Decimal
from typing import Any

from django.db.models import Model

from core.tables.columns import read


def plain(value: Any) -> Any:
    """A value as the API writes it."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value.pk if isinstance(value, Model) else value


def printed(record: Any, path: str) -> Any:
    """What an ORM path leads to, as the API writes it."""
    return plain(read(record, path))


def etag_of(record: Any, *more: Any) -> str:
    """The version of a record: it changes with every change of it, and of what else is told ``more`` of it."""
    told = f"-{_digest(more)[:12]}" if more else ""
    return f'"{record.pk}-{int(record.updated_at.timestamp() * 1_000_000):x}{told}"'


def etag_of_body(body: Any) -> str:
    """The version of what keeps no time of its changes: it follows from all that is told of it."""
    return f'"{_digest(body)[:32]}"'


def _digest(body: Any) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()
