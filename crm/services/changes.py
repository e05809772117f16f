"""What a change is, as data: the old and new values that go into ``<object>.changed`` events."""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import models

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


def as_data(changes: Changes) -> dict[str, list[Any]]:
    """``changes`` as the event carries them: ``{"name": ["old", "new"]}``."""
    return {name: [plain(old), plain(new)] for name, (old, new) in changes.items()}


def column(model: type[models.Model], name: str) -> "models.Field[Any, Any]":
    """The column behind a field or attribute name."""
    found = model._meta.get_field(name)
    assert isinstance(found, models.Field)
    return found
