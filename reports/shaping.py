"""From the values of a plan to a result: shares, running totals and changes, the table, the picture, the notes."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import standby
from core.company import profile, remembered
from core.conditions import Condition, sentence
from reports import drilling
from reports.definition import BUCKETS, Measure, Plan
from reports.result import Chart, Column, Kind, Result, Row, Series
from reports.running import ALL, Answer, Key, Mark, run

HUNDRED = Decimal(100)


def result_of(plan: Plan, title: str) -> Result:
    """Carry a plan out. Raises ``querying.TooMuch``."""
    with remembered(), standby.reading():
        return _Shape(plan, run(plan)).result(title)


class _Shape:
    """The table and the picture of an answer."""

    def __init__(self, plan: Plan, answer: Answer) -> None:
        self.plan, self.answer = plan, answer
        self.currency = "" if plan.own else profile().currency
        self.whole = Mark(ALL, _("Total"), ())
        self.lines: Sequence[Mark] = answer.lines.with_rest if answer.lines.group else (Mark(ALL, _("All"), ()),)
        self.columns: Sequence[Mark] = answer.columns.with_rest if answer.columns.group else (self.whole,)
        # In their own currencies amounts have no total.
        self.totalled = bool(answer.columns.group) and not plan.own
        self.values = {
            (at, column.key): self._shown(at, measure, column.key)
            for at, measure in enumerate(plan.measures)
            for column in (*self.columns, *((self.whole,) if self.totalled else ()))
        }

    def result(self, title: str) -> Result:
        headed = [*self.columns, *([self.whole] if self.totalled else [])]
        columns = [Column("group", self._line_label())]
        columns += [self._column(at, measure, mark) for mark in headed for at, measure in enumerate(self.plan.measures)]
        rows = [self._row(line, place, headed) for place, line in enumerate(self.lines)]
        total = None
        if self.answer.lines.group is not None:
            total = self._row(self.whole, len(self.lines), headed)
        if not any(self.answer.cells.get((line.key, ALL)) for line in self.lines):
            rows, total = [], None
        return Result(
            title, columns, rows, self._chart() if rows else Chart("table"), total, self._notes(),
            currency=self.currency,
        )  # fmt: skip

    # Values

    def _raw(self, line: Key, column: Key, at: int) -> Any:
        found = self.answer.cells.get((line, column))
        if found is not None:
            return found[at]
        return 0 if self.plan.measures[at].adds_up else None

    def _shown(self, at: int, measure: Measure, column: Key) -> list[Any]:
        """The values of a column, one for each line and the total last, as the measure shows them."""
        keys = [*(line.key for line in self.lines), ALL]
        raw = [self._raw(key, column, at) for key in keys]
        if measure.show == "share":
            total = self._raw(ALL, column if self.plan.own else ALL, at)
            return [_percent(value, total) for value in raw]
        if measure.show == "running":
            sums, so_far = [], Decimal(0)
            for value in raw[:-1]:
                so_far += value or 0
                sums.append(so_far)
            return [*sums, raw[-1]]
        if measure.show == "change":
            return self._changes(at, column, keys, raw)
        return raw

    def _changes(self, at: int, column: Key, keys: Sequence[Key], raw: Sequence[Any]) -> list[Any]:
        before = self.answer.before or {}

        def earlier(key: Key) -> Any:
            found = before.get((key, column))
            return found[at] if found is not None else (0 if self.plan.measures[at].adds_up else None)

        group = self.answer.lines.group
        if group is None or not group.bucket:
            return [_change(value, earlier(key)) for key, value in zip(keys, raw, strict=True)]
        held = sorted(
            (line for line in self.answer.lines.marks if line.key[1] is not None), key=lambda each: each.order
        )
        previous = {line.key: last.key for last, line in pairwise(held)}
        changes = [
            _change(value, self._raw(previous[key], column, at)) if key in previous else None
            for key, value in zip(keys[:-1], raw[:-1], strict=True)
        ]
        return [*changes, _change(raw[-1], earlier(ALL)) if (ALL, column) in before else None]

    # Table

    def _line_label(self) -> str:
        group = self.answer.lines.group
        if group is None:
            return str(self.plan.source.label)
        return f"{group.of.label} {BUCKETS[group.bucket]}" if group.bucket else group.of.label

    def _column(self, at: int, measure: Measure, mark: Mark) -> Column:
        label = measure.label
        kind = _kind(measure)
        # An amount's heading names its currency anyway.
        if self.answer.columns.group is not None and not (self.plan.own and kind == "money"):
            label = mark.label if len(self.plan.measures) == 1 else f"{mark.label}: {measure.label}"
        return Column(f"{mark.key}-{at}", label, kind, self._unit(measure, mark) if kind == "money" else None)

    def _unit(self, measure: Measure, mark: Mark) -> str:
        kind = _kind(measure)
        if kind == "percent":
            return "%"
        if kind != "money":
            return ""
        return mark.label if self.plan.own else self.currency

    def _row(self, line: Mark, place: int, headed: Sequence[Mark]) -> Row:
        cells: list[Any] = [line.label]
        drills: dict[str, str] = {}
        for mark in headed:
            for at, _measure in enumerate(self.plan.measures):
                cells.append(self.values[at, mark.key][place])
                address = self._address(line, mark) if mark.key != ALL and self._raw(line.key, mark.key, at) else None
                if address:
                    drills[f"{mark.key}-{at}"] = address
        return Row(tuple(cells), self._address(line), line.key[0] == "other", drills)

    def _address(self, line: Mark, column: Mark | None = None) -> str | None:
        conditions: list[Condition] = [*self.plan.dates(self.plan.period), *line.conditions]
        return drilling.address(self.plan, [*conditions, *(column.conditions if column is not None else ())])

    # Picture

    def _chart(self) -> Chart:
        plan, kind = self.plan, self.plan.chart
        first = plan.measures[0]
        labels = [line.label for line in self.lines]
        if self.answer.columns.group is not None:
            series = [self._series(mark.label, 0, mark) for mark in self.columns]
        else:
            alike = [at for at, each in enumerate(plan.measures) if _kind(each) == _kind(first)]
            series = [self._series(plan.measures[at].label, at, self.whole) for at in alike]
        unit = self._unit(first, self.columns[0])
        if kind in ("donut", "funnel"):
            series = series[:1] if self.answer.columns.group is None else [self._series(first.label, 0, self.whole)]
        if kind == "number":
            dated = self.answer.lines.group is not None and self.answer.lines.group.bucket
            # All of it, whatever the columns; in their own currencies there is no such thing but the first one's.
            figure = self.values[0, self.whole.key if self.totalled else self.columns[0].key][-1]
            return Chart(kind, labels if dated else (), series[:1] if dated else (), unit, figure)
        return Chart(kind, labels, series, unit)

    def _series(self, name: str, at: int, mark: Mark) -> Series:
        values = self.values.get((at, mark.key)) or self._shown(at, self.plan.measures[at], mark.key)
        column = None if mark.key == ALL else mark
        unit = self._unit(self.plan.measures[at], mark) if self.plan.own else None
        drills = [self._address(line, column) for line in self.lines]
        return Series(name, values[: len(self.lines)], drills, unit)

    # Notes

    def _notes(self) -> list[str]:
        plan, notes = self.plan, []
        if plan.date is not None and plan.period is not None:
            days = " – ".join(date_format(day, "j M Y") for day in (plan.period.first, plan.period.last))
            notes.append(f"{plan.date.label}: {plan.period.words} ({days})")
        filters = plan.condition["all"][len(plan.source.always) :]
        if filters:
            words = sentence({"all": filters}, plan.source.name, user=plan.using.user, now=plan.using.now)
            notes.append(_("Only where %s") % words)
        if any(measure.money for measure in plan.measures) and plan.currency is not None:
            notes.append(self._currency_note())
        left_out = self.answer.left_out
        if left_out:
            words = ngettext(
                "%(count)d record in another currency without a rate to %(currency)s is left out of amounts.",
                "%(count)d records in other currencies without a rate to %(currency)s are left out of amounts.",
                left_out,
            )
            notes.append(words % {"count": left_out, "currency": self.currency})
        several = next((group.of for group in plan.groups if group.of.many), None)
        if several is not None:
            words = _("A record counts in each of its groups (%s), and once in the total.")
            notes.append(words % several.hops[several.fork].label)
        lines = self.answer.lines
        if lines.cut and lines.group is not None and not lines.group.bucket:
            notes.append(_("The %d largest groups are shown, all others are together.") % len(lines.marks))
        return notes

    def _currency_note(self) -> str:
        if self.plan.own and self.answer.columns.cut:
            return _("Amounts are in their own currencies, of which only the largest are shown.")
        if self.plan.own:
            return _("Amounts are in their own currencies.")
        if self.plan.source.rate:
            return _("Amounts are in %s, at each record’s own rate.") % self.currency
        return _("Amounts are in %s.") % self.currency


def _kind(measure: Measure) -> Kind:
    if measure.show in ("share", "change"):
        return "percent"
    return "money" if measure.money else "number"


def _percent(value: Any, total: Any) -> Decimal | None:
    return Decimal(value or 0) * HUNDRED / Decimal(total) if total else None


def _change(value: Any, before: Any) -> Decimal | None:
    """By how many percent a value changed; None where there is nothing to compare with."""
    if value is None or not before:
        return None
    return (Decimal(value) - Decimal(before)) * HUNDRED / abs(Decimal(before))
