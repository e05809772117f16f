"""Values before and after a change, as an event's data holds them: plain, by name, and never a secret."""

import datetime
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Model

# Parts of names whose values are nobody's to read, not even admins'.
SECRET = ("password", "secret", "sealed", "token", "nonce", "digest")
HIDDEN = "•••"


def values_of(row: Any, names: Iterable[str]) -> dict[str, Any]:
    """The values that a row has now, to be compared later; lists and mappings as copies."""
    return {name: plain(getattr(row, name)) for name in names}


def between(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """``{name: [before, after]}`` of what differs; of a secret only that it was set, changed or removed."""
    pairs = {name: (plain(before.get(name)), plain(value)) for name, value in after.items()}
    return {name: _told(name, old, new) for name, (old, new) in pairs.items() if old != new}


def since(before: Mapping[str, Any], row: Any) -> dict[str, list[Any]]:
    """What differs between the values that ``values_of`` gave and those that the row has now."""
    return between(before, values_of(row, before))


def plain(value: Any) -> Any:
    """``value`` as JSON knows it: amounts and dates as text, records by their names, sets in order."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, Model):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(each) for each in value)
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def _told(name: str, old: Any, new: Any) -> list[Any]:
    if any(part in name.lower() for part in SECRET):
        return [HIDDEN if old else "", HIDDEN if new else ""]
    return [old, new]
