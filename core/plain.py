"""Values as JSON in one notation, so that two of them can be compared and one can be kept."""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def plain(value: Any) -> Any:
    """``value`` as JSON; equal values look equal: 10 is 10.00, a moment is the same in every zone, empty is None."""
    if value is None or value == "" or value == {} or value == []:
        return None
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: part for name, item in value.items() if (part := plain(item)) is not None} or None
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
