"""Rows for tests that go over all kinds of records: each model's required columns are filled in by what they are."""

import datetime
import itertools
import uuid
from contextlib import suppress
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from core.merging import pointers_to

_numbers = itertools.count(1)


def make(model: type[models.Model], **given: Any) -> Any:
    """A saved row of a model; what is required and not given is made up, relations included."""
    return make_many(model, 1, **given)[0]


def make_many(model: type[models.Model], count: int, **given: Any) -> list[Any]:
    """The same, several at once."""
    return model._base_manager.bulk_create([model(**_filled(model, given)) for _number in range(count)])


def grow(record: Any, count: int) -> None:
    """Give a record ``count`` rows of all that points to it, as far as its rules allow so many."""
    for pointer in pointers_to(type(record)):
        values: dict[str, Any] = {pointer.column: record.pk}
        if pointer.kind_column:
            values[pointer.kind_column] = record._meta.model_name
        # One may be all that it can have, or what it needs can't be made up.
        with suppress(IntegrityError), transaction.atomic():
            make_many(pointer.model, count, **values)


def _filled(model: type[models.Model], given: dict[str, Any]) -> dict[str, Any]:
    values = dict(given)
    for column in model._meta.concrete_fields:
        if column.name not in values and column.attname not in values and _required(column):
            values[column.name] = _value(column)
    return values


def _required(column: Any) -> bool:
    if column.primary_key or column.null or column.has_default() or getattr(column, "generated", False):
        return False
    return bool(column.is_relation or column.unique or not column.empty_strings_allowed or not column.blank)


def _once(column: Any) -> bool:
    """Whether two rows may not both point to the same."""
    meta = column.model._meta
    rules = [rule.fields for rule in meta.constraints if isinstance(rule, models.UniqueConstraint)]
    rules += meta.unique_together
    return bool(column.unique or any(column.name in names for names in rules))


def _value(column: Any) -> Any:
    number = next(_numbers)
    if column.is_relation:
        found = None if _once(column) else column.related_model._base_manager.order_by("pk").first()
        return found if found is not None else make(column.related_model)
    if column.choices:
        return column.flatchoices[0][0]
    kinds: tuple[tuple[type[models.Field[Any, Any]], Any], ...] = (
        (models.UUIDField, uuid.uuid4()),
        (models.DateTimeField, timezone.now()),
        (models.DateField, datetime.date(2026, 1, 5)),
        (models.BooleanField, False),
        (models.DecimalField, Decimal(number)),
        (models.IntegerField, number),
        (models.JSONField, {}),
        (models.BinaryField, b""),
        (models.EmailField, f"person{number}@example.com"),
    )
    for kind, value in kinds:
        if isinstance(column, kind):
            return value
    return f"{column.name} {number}"[: column.max_length or None]
