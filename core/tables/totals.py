"""Sums of what is filtered, by currency, within the time that a page may wait."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import OperationalError, connections, transaction
from django.db.models import Count, QuerySet, Sum

from core import standby
from core.tables.described import Table

LIMIT_MS = 2000


class TooManyToSum(Exception):
    """The sums took longer than a page may wait."""


@dataclass(frozen=True)
class CurrencySum:
    """What the rows in one currency come to; ``amounts`` are (label, sum) in the table's order."""

    currency: str
    rows: int
    amounts: Sequence[tuple[Any, Decimal]]


@contextmanager
def limited(milliseconds: int) -> Iterator[None]:
    """Inside, a statement that takes longer than a page may wait raises OperationalError."""
    asked = connections[standby.alias()]
    with transaction.atomic(using=asked.alias):
        with asked.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])
        yield
        with asked.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', '0', true)")


def by_currency(table: Table, rows: QuerySet[Any]) -> list[CurrencySum]:
    """The number of rows and the table's totals in each currency. Raises TooManyToSum after two seconds."""
    if not table.totals:
        return []
    names = {f"total_{number}": total for number, total in enumerate(table.totals)}
    try:
        with limited(LIMIT_MS):
            summed = rows.filter(table.totalled).order_by().values("currency")
            sums = {name: Sum(total.path) for name, total in names.items()}
            found = list(summed.annotate(**sums, number=Count("pk")))
    except OperationalError as error:
        raise TooManyToSum from error
    return [
        CurrencySum(
            row["currency"], row["number"], [(total.label, row[name] or Decimal(0)) for name, total in names.items()]
        )
        for row in sorted(found, key=lambda row: -row["number"])
    ]
