"""What every report comes to, whoever made it: a table, a picture of it, and what has to be said about both."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from django.utils import timezone

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Kind = Literal["text", "number", "money", "days", "percent", "date"]
ChartKind = Literal["bar", "stacked_bar", "line", "area", "donut", "funnel", "number", "table", "pivot"]


@dataclass(frozen=True)
class Column:
    """A column of the table. ``currency`` is the one of all its amounts; None where rows have their own."""

    key: str
    label: "StrOrPromise"
    kind: Kind = "text"
    currency: str | None = None


@dataclass(frozen=True)
class Row:
    """A line of the table, a cell for each column; None is an empty one.

    Amounts are Decimal, percentages 12.5 for 12.5 %, days numbers. ``drill`` is the address of the list of exactly the
    records behind it; ``drills`` those of single cells, by their column's key. ``muted`` lines are “Other” and such.
    """

    cells: tuple[Any, ...]
    drill: str | None = None
    muted: bool = False
    drills: "dict[str, str]" = field(default_factory=dict)


@dataclass(frozen=True)
class Series:
    """The values of a picture's marks, one for each label, with the address of the records behind each.

    ``unit`` is its own where series differ, such as one for each currency.
    """

    name: "StrOrPromise"
    values: Sequence[Any]
    drill: Sequence[str | None] = ()
    unit: str | None = None


@dataclass(frozen=True)
class Chart:
    """The picture. ``unit`` is a currency, ``days``, ``%`` or empty for plain numbers.

    Of ``number`` the last value of the first series is the figure and all of them its sparkline, unless ``figure`` is
    given. ``table`` and ``pivot`` have no picture but their table.
    """

    kind: ChartKind
    labels: "Sequence[StrOrPromise]" = ()
    series: Sequence[Series] = ()
    unit: str = ""
    figure: Any = None


@dataclass(frozen=True)
class Result:
    """A report's answer. ``as_of`` is how old its figures are; ``notes`` say currency, period and what is left out."""

    title: "StrOrPromise"
    columns: Sequence[Column]
    rows: Sequence[Row]
    chart: Chart
    total: Row | None = None
    notes: "Sequence[StrOrPromise]" = ()
    as_of: datetime.datetime = field(default_factory=timezone.now)
    currency: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not self.rows
