"""A result as pages and e-mails print it: cells as text, the picture as plain data for the script."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.money import formatted, formatted_number
from reports.result import Chart, Column, Kind, Result, Row

PICTURES = ("bar", "stacked_bar", "line", "area", "donut", "funnel", "number")
KIND_WORDS = {
    "bar": gettext_lazy("Bar chart"),
    "stacked_bar": gettext_lazy("Stacked bar chart"),
    "line": gettext_lazy("Line chart"),
    "area": gettext_lazy("Area chart"),
    "donut": gettext_lazy("Donut chart"),
    "funnel": gettext_lazy("Funnel"),
    "number": gettext_lazy("Number"),
}


@dataclass(frozen=True)
class Cell:
    """A printed cell; ``href`` leads to the records behind it, ``note`` says what the link does."""

    text: str
    href: str = ""
    number: bool = False


@dataclass(frozen=True)
class Line:
    """A printed line of the table."""

    cells: Sequence[Cell]
    muted: bool = False


@dataclass(frozen=True)
class Shown:
    """A result as templates print it. ``picture`` is what the script draws; None for tables."""

    result: Result
    headings: Sequence[tuple[str, bool]]
    lines: Sequence[Line]
    total: Line | None
    picture: Mapping[str, Any] | None
    figure: str = ""

    @property
    def title(self) -> str:
        """The report's title."""
        return str(self.result.title)

    @property
    def notes(self) -> list[str]:
        """What has to be said about the figures."""
        return [str(note) for note in self.result.notes]

    @property
    def described(self) -> str:
        """What the picture is, for those who do not see it."""
        kind = str(KIND_WORDS.get(self.result.chart.kind, ""))
        words = ngettext("%(kind)s with %(count)d value", "%(kind)s with %(count)d values", len(self.chart_labels))
        told = words % {"kind": kind, "count": len(self.chart_labels)}
        return f"{self.title}. {told}. {_('The table below has all figures.')}"

    @property
    def chart_labels(self) -> Sequence[Any]:
        """The labels of the picture's marks."""
        return self.result.chart.labels


def shown(result: Result) -> Shown:
    """``result`` in the active language."""
    chart = result.chart
    picture = picture_of(result) if chart.kind in PICTURES and not result.empty else None
    return Shown(
        result,
        [(heading(column), column.kind != "text") for column in result.columns],
        [_line(row, result.columns) for row in result.rows],
        _line(result.total, result.columns) if result.total is not None else None,
        picture,
        figure_of(chart) if chart.kind == "number" else "",
    )


def heading(column: Column) -> str:
    """The column's heading, with the currency where all its amounts have one."""
    return f"{column.label} ({column.currency})" if column.kind == "money" and column.currency else str(column.label)


def cell_text(value: Any, column: Column) -> str:
    """A cell of a column as text."""
    return text_of(value, column.kind, column.currency or "")


def text_of(value: Any, kind: Kind, currency: str = "") -> str:
    """A value as people read it; empty for None."""
    if value is None:
        return ""
    if isinstance(value, datetime.datetime | datetime.date) and kind in ("date", "text"):
        return str(formats.date_format(value, "DATE_FORMAT"))
    if kind in ("text", "date"):
        return str(value)
    number = Decimal(str(value))
    if kind == "money":
        return formatted(number, currency) if currency else formatted_number(number.quantize(Decimal("0.01")))
    number = number.quantize(Decimal("0.1")) if kind in ("percent", "days") else number.quantize(Decimal("0.01"))
    number = number.normalize() if number else Decimal(0)
    text = formatted_number(number)
    if kind == "percent":
        return f"{text} %"
    return ngettext("%s day", "%s days", int(number)) % text if kind == "days" else text


def kind_of_unit(unit: str) -> tuple[Kind, str]:
    """What kind of values a chart's unit means, and in which currency."""
    if unit == "%":
        return "percent", ""
    if unit == "days":
        return "days", ""
    return ("money", unit) if unit else ("number", "")


def figure_of(chart: Chart) -> str:
    """The figure of a number."""
    values = chart.series[0].values if chart.series else ()
    value = chart.figure if chart.figure is not None else (values[-1] if values else None)
    return text_of(value, *kind_of_unit(chart.unit)) or "–"


def picture_of(result: Result) -> dict[str, Any]:
    """The chart as plain data: numbers for drawing, texts for reading, addresses for clicking."""
    chart = result.chart
    series = [
        {
            "name": str(each.name),
            "values": [None if value is None else float(value) for value in each.values],
            "texts": [
                text_of(value, *kind_of_unit(chart.unit if each.unit is None else each.unit)) for value in each.values
            ],
            "drill": list(each.drill) or [None] * len(each.values),
        }
        for each in chart.series
    ]
    return {
        "kind": chart.kind,
        "title": str(result.title),
        "notes": [str(note) for note in result.notes],
        "labels": [str(label) for label in chart.labels],
        "series": series,
        "unit": chart.unit,
        "money": kind_of_unit(chart.unit)[0] == "money",
    }


def _line(row: Row, columns: Sequence[Column]) -> Line:
    cells = []
    for place, (value, column) in enumerate(zip(row.cells, columns, strict=True)):
        href = row.drills.get(column.key) or (row.drill if place == 0 else None) or ""
        cells.append(Cell(cell_text(value, column), href, column.kind != "text"))
    return Line(cells, row.muted)
