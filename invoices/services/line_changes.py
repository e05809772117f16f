"""What changed in the lines of an invoice, for the timeline."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from invoices.models import InvoiceLine
from invoices.totals import plain

MOST = 5
_COMPARED = ("quantity", "unit_price", "amount", "description", "item_name", "service_on", "tax_code_name")


def line_changes(old: Sequence[InvoiceLine], new: Sequence[InvoiceLine]) -> list[dict[str, Any]]:
    """Added, removed and changed lines by QuickBooks' line id, at most MOST: each with its name and what changed."""
    before = {_key(line, place): line for place, line in enumerate(old)}
    after = {_key(line, place): line for place, line in enumerate(new)}
    told: list[dict[str, Any]] = []
    for key, line in after.items():
        was = before.get(key)
        if was is None:
            told.append({"act": "added", "line": str(line), "amount": plain(line.amount)})
        elif changes := _changes(was, line):
            told.append({"act": "changed", "line": str(was), "changes": changes})
    told += [
        {"act": "removed", "line": str(line), "amount": plain(line.amount)}
        for key, line in before.items()
        if key not in after
    ]
    return told[:MOST]


def _key(line: InvoiceLine, place: int) -> str:
    return line.external_id or f"#{place}"


def _changes(old: InvoiceLine, new: InvoiceLine) -> dict[str, list[str]]:
    found = {name: [_text(getattr(old, name)), _text(getattr(new, name))] for name in _COMPARED}
    found = {name: pair for name, pair in found.items() if pair[0] != pair[1]}
    if old.tax_code_external_id == new.tax_code_external_id:
        found.pop("tax_code_name", None)  # the same code, called otherwise
    # The amount follows from quantity and price; only where they stayed it is told by itself.
    if "quantity" in found or "unit_price" in found:
        found.pop("amount", None)
    return found


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    return "" if value is None else str(value)
