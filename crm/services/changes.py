"""What a change is, as data: the old and new values that go into ``<object>.changed`` events."""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import models

from core.properties import changes_between, told_change

Changes = dict[str, tuple[Any, Any]]


def plain(value: Any) -> Any:
    """``value`` as JSON knows it: amounts without trailing zeros and dates as text, records as their id."""
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    if isinstance(value, models.Model):
        return value.pk
    return value


def differing(record: models.Model, values: Mapping[str, Any]) -> Changes:
    """Old and new value of each attribute of ``record`` that ``values`` would change."""
    return {name: (getattr(record, name), value) for name, value in values.items() if getattr(record, name) != value}


def by_property(changes: Changes) -> Changes:
    """``changes`` with each custom property for itself (``property:12``) instead of all in one column."""
    apart = {name: pair for name, pair in changes.items() if name != "properties"}
    if "properties" in changes:
        old, new = changes["properties"]
        apart |= changes_between(old or {}, new or {})
    return apart


def as_data(changes: Changes) -> dict[str, list[Any]]:
    """``changes`` as the event carries them: ``{"name": ["old", "new"]}``, custom properties each for itself."""
    return {name: [plain(old), plain(new)] for name, (old, new) in by_property(changes).items()}


def event_data(record: models.Model, changes: Changes) -> dict[str, Any]:
    """What an ``<object>.changed`` event carries: title, changes, and the words of custom properties at this moment."""
    data: dict[str, Any] = {"title": str(record), "changes": as_data(changes)}
    currency = str(getattr(record, "currency", "") or "")
    if told := told_change(str(record._meta.model_name), data["changes"], currency=currency):
        data["told"] = told
    return data


def column(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    """The column behind a field or attribute name."""
    found = model._meta.get_field(name)
    assert isinstance(found, models.Field)
    return found
