"""Whose fiscal year a report means: that of the one QuickBooks company that it is about, else the CRM's own."""

from typing import Any

from qbo_connector.models import Connection
from reports.sources import Source


def start_of(connection_id: int | None) -> int | None:
    """The month with which fiscal years begin in a QuickBooks company, or in the only one there is.

    None: the CRM's own counts, as there are several companies, or QuickBooks has not told yet.
    """
    rows = Connection.objects.order_by("pk")
    if connection_id is not None:
        rows = rows.filter(pk=connection_id)
    found = list(rows.values_list("fiscal_year_start", flat=True)[:2])
    return found[0] if len(found) == 1 else None


def start_for(source: Source, condition: Any) -> int | None:
    """The same for a built report: about one company by its filter, or because there is only one."""
    path = source.filters.get("connection")
    return start_of(_asked(condition, path)) if path is not None else None


def _asked(condition: Any, path: str) -> int | None:
    """The company that every record has to belong to; None where the condition names none, or several."""
    if not isinstance(condition, dict):
        return None
    parts = condition.get("all")
    if isinstance(parts, list):
        return next((found for each in parts if (found := _asked(each, path)) is not None), None)
    if condition.get("field") != path or condition.get("op") not in ("equals", "in"):
        return None
    value = condition.get("value")
    values = value if isinstance(value, list) else [value]
    text = str(values[0]) if len(values) == 1 else ""
    return int(text) if text.isdecimal() and len(text) < 19 else None
