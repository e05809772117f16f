"""Whether an object of QuickBooks already is as an operation wants it. Pure."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from qbo_connector.enums import Verb

_FRAME = frozenset({"Id", "SyncToken", "sparse", "domain", "MetaData", "sendTo"})
# The server adds it to every sales form.
_ADDED_LINE = "SubTotalLineDetail"


def is_as_wanted(verb: str, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether ``found`` shows that the operation was done (or that somebody else did the same)."""
    if verb == Verb.VOID:
        return not _number(found.get("TotalAmt")) and "voided" in str(found.get("PrivateNote", "")).lower()
    if verb == Verb.DELETE:
        return False
    return all(_same(value, found.get(name)) for name, value in wanted.items() if name not in _FRAME)


def _same(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, Mapping):
        there = found if isinstance(found, Mapping) else {}
        return all(_same(value, there.get(name)) for name, value in wanted.items())
    if isinstance(wanted, list):
        ours, theirs = _own_items(wanted), _own_items(found)
        return len(ours) == len(theirs) and all(_same(a, b) for a, b in zip(ours, theirs, strict=True))
    if wanted in (None, ""):
        return found in (None, "")
    if isinstance(wanted, bool) or isinstance(found, bool):
        return wanted is found
    if isinstance(wanted, int | float | Decimal):
        return _number(wanted) == _number(found)
    return str(wanted).strip() == str(found if found is not None else "").strip()


def _own_items(items: Any) -> list[Any]:
    listed = items if isinstance(items, list) else []
    return [item for item in listed if not (isinstance(item, Mapping) and item.get("DetailType") == _ADDED_LINE)]


def _number(value: Any) -> Decimal:
    try:
        return Decimal(str(value if value not in (None, "") else 0))
    except InvalidOperation:
        return Decimal("NaN")
