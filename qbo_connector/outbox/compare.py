"""Whether an object of QuickBooks already is as an operation wants it. Pure."""

from collections.abc import Mapping, Sequence
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
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        there = [item for item in found or () if not _is_added(item)] if isinstance(found, list) else []
        ours = [item for item in wanted if not _is_added(item)]
        return len(ours) == len(there) and all(_same(a, b) for a, b in zip(ours, there, strict=True))
    if wanted in (None, ""):
        return found in (None, "")
    if isinstance(wanted, bool) or isinstance(found, bool):
        return wanted is found
    if isinstance(wanted, int | float | Decimal):
        return _number(wanted) == _number(found)
    return str(wanted).strip() == str(found if found is not None else "").strip()


def _is_added(line: Any) -> bool:
    return isinstance(line, Mapping) and line.get("DetailType") == _ADDED_LINE


def _number(value: Any) -> Decimal:
    try:
        return Decimal(str(value if value not in (None, "") else 0))
    except InvalidOperation:
        return Decimal("NaN")
