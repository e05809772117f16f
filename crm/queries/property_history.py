"""Who gave a property of a record which value, when, and through which channel."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.models import Event, EventLink, Origin
from core.money import formatted
from core.properties import described, is_told
from crm.models import Company
from crm.models.records import address_lines

MOST = 100
# Properties that have a column of another name, or events of their own.
COLUMNS = {"owner": "owner_id", "company": "company_id", "contact": "contact_id"}
PEOPLE, COMPANIES = "owner_id", "company_id"


@dataclass(frozen=True)
class Change:
    """One change of a property, newest first in lists; the values in print, empty for none."""

    at: datetime.datetime
    who: str
    source: str
    old: str
    new: str
    made: bool = False


def of_property(record: Any, object_type: str, name: str, look: str) -> list[Change]:
    """The changes of a property and, last, when the record was made; at most three statements."""
    column = COLUMNS.get(name, name)
    wanted = Q(event__data__changes__has_key=column) | Q(event__name=f"{object_type}.created")
    if name in ("stage", "pipeline"):
        wanted |= Q(event__name=f"{object_type}.stage_changed")
    if name == "amount":
        wanted |= Q(event__name=f"{object_type}.lines_changed")
    links = EventLink.objects.filter(
        wanted, object_type=object_type, object_id=record.pk, event__object_type=object_type,
        event__object_id=record.pk,
    )  # fmt: skip
    found = [link.event for link in links.select_related("event__actor").order_by("-event_id")[:MOST]]
    pairs = [(event, _pair(event, column)) for event in found]
    names = _names(column, [value for _event, pair in pairs if pair for value in pair])
    currency = str(getattr(record, "currency", "") or "")
    changes = []
    for event, pair in pairs:
        who, source = str(event.actor or ""), str(Origin(event.origin).label)
        if pair is None:
            changes.append(Change(event.occurred_at, who, source, "", "", made=True))
            continue
        old, new = _told(event, column, pair, look, names, currency)
        if old != new:
            changes.append(Change(event.occurred_at, who, source, old, new))
    return changes


def _pair(event: Event, column: str) -> tuple[Any, Any] | None:
    changes = event.data.get("changes") or {}
    if column in changes:
        old, new = changes[column]
        return old, new
    if event.name.endswith(".stage_changed"):
        return event.data.get("from", ""), event.data.get("to", "")
    amounts = event.data.get("amount")
    if event.name.endswith(".lines_changed"):
        return (amounts[0], amounts[1]) if isinstance(amounts, list) else (None, amounts)
    return None


def _names(column: str, values: Sequence[Any]) -> Mapping[int, str]:
    ids = {int(value) for value in values if str(value or "").isdecimal()}
    if not ids or column not in (PEOPLE, COMPANIES):
        return {}
    model: Any = get_user_model() if column == PEOPLE else Company
    return {row.pk: str(row) for row in model._default_manager.filter(pk__in=ids)}


def _told(
    event: Event, column: str, pair: tuple[Any, Any], look: str, names: Mapping[int, str], currency: str
) -> tuple[str, str]:
    if is_told(column):
        _label, old, new = described(column, event.data.get("told", {}))
        return old, new
    old, new = (_shown(value, column, look, names, currency) for value in pair)
    return old, new


def _shown(value: Any, column: str, look: str, names: Mapping[int, str], currency: str) -> str:
    if value in (None, "", {}):
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if column in (PEOPLE, COMPANIES):
        return names.get(int(value), f"#{value}")
    if isinstance(value, dict):
        return ", ".join(address_lines(value))
    try:
        if look == "money":
            return formatted(Decimal(str(value)), currency) if currency else str(value)
        if look == "date":
            return date_format(datetime.date.fromisoformat(str(value)), "DATE_FORMAT")
    except (ValueError, InvalidOperation):
        return str(value)
    return str(value)
