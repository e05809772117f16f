"""Carrying a plan out: which groups are shown, what is worked out for each, and what becomes of the rest.

A report has up to two axes: lines of the table, and columns of it. Whatever groups, two lists of marks and a value for
each pair of marks come out; ``WHOLE`` stands for an axis as a whole, ``OTHER`` for the groups that are not shown. All
of them are asked of the database, so that averages and numbers of different values are right for “Other” too.
"""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from core.conditions import Condition
from reports import drilling
from reports import querying as ask
from reports.dates import first_of, next_of
from reports.definition import Group, Plan
from reports.labels import labels_of
from reports.ranges import Period

WHOLE, OTHER = "whole", "other"
# Groups without a limit of their own, periods of a time axis; and how many of both become columns.
MOST_LINES, MOST_PERIODS = 200, 400
MOST_COLUMNS, MOST_PERIOD_COLUMNS = 8, 24
Key = tuple[str, Any]
GoOn = Callable[[], None]
Cells = dict[tuple[Key, Key], list[Any]]
ALL: Key = (WHOLE, None)
REST: Key = (OTHER, None)


@dataclass(frozen=True)
class Mark:
    """A group of an axis: its key, what it is called, and the condition that a record belongs to it."""

    key: Key
    label: str
    conditions: tuple[Condition, ...]
    order: Any = None


@dataclass(frozen=True)
class Axis:
    """The groups that are shown; ``rest`` is what the others have in common, ``cut`` says that some are missing."""

    group: Group | None
    marks: tuple[Mark, ...]
    shown: Condition | None = None
    rest: Condition | None = None
    cut: bool = False

    @property
    def with_rest(self) -> tuple[Mark, ...]:
        """The marks, and “Other” where there is more."""
        if self.rest is None:
            return self.marks
        dated = self.group is not None and self.group.bucket
        return (*self.marks, Mark(REST, _("Earlier") if dated else _("Other"), (self.rest,)))


@dataclass(frozen=True)
class Answer:
    """What came out: two axes, the values of the measures for each pair of marks, and those of the period before."""

    lines: Axis
    columns: Axis
    cells: Mapping[tuple[Key, Key], list[Any]]
    before: Mapping[tuple[Key, Key], list[Any]] | None
    left_out: int


def run(plan: Plan) -> Answer:
    """Work a plan out, in a number of statements that does not grow with groups. Raises ``querying.TooMuch``."""
    first = plan.groups[0] if plan.groups else None
    second = Group(plan.currency) if plan.own and plan.currency else plan.groups[1] if len(plan.groups) > 1 else None
    dates = plan.dates(plan.period)
    with ask.patient() as go_on:
        found = ask.rows(plan, dates)
        cells: Cells = {}
        keys = [(name, group) for name, group in zip(ask.KEYS, (first, second), strict=True) if group is not None]
        ask.affordable(ask.grouped(plan, found, keys[:1]) if keys else found.values("pk"))
        whole = ask.ungrouped(plan, found)
        cells[ALL, ALL] = _values(plan, whole)
        lines = _axis(plan, found, first, plan.top or MOST_LINES, cells, column=False)
        go_on()
        columns = _axis(plan, found, second, MOST_PERIOD_COLUMNS if plan.own else MOST_COLUMNS, cells, column=True)
        if plan.own:  # what is left of the currencies can't be added up
            columns = replace(columns, rest=None)
        _fill(plan, dates, lines, columns, cells, go_on)
        before = _before(plan, lines, columns, go_on)
    return Answer(lines, columns, cells, before, int(whole.get("left_out") or 0))


def _values(plan: Plan, row: Mapping[str, Any]) -> list[Any]:
    """The measures of a line; what adds up is zero where there is nothing."""
    return [
        row[f"measure_{at}"] or 0 if measure.adds_up or measure.kind == "distinct" else row[f"measure_{at}"]
        for at, measure in enumerate(plan.measures)
    ]


def _axis(plan: Plan, found: Any, group: Group | None, most: int, cells: Cells, *, column: bool) -> Axis:
    """The groups of an axis that are shown, in order; their values go to ``cells``."""
    if group is None:
        return Axis(None, ())
    name = ask.KEYS[column]
    dated = bool(group.bucket)
    if dated:
        most = MOST_PERIOD_COLUMNS if column else MOST_PERIODS
    rows = ask.grouped(plan, found, [(name, group)])
    by = F(name).desc(nulls_last=True) if dated else F(f"measure_{plan.sorted_by}").desc(nulls_last=True)
    asked = list(rows.order_by(by, name)[: most + 1])
    cut, asked = len(asked) > most, asked[:most]
    texts = {row[name]: row.get(f"{name}_text") for row in asked}
    if group.of.many and ask.is_text(group):
        texts |= ask.texts_behind(group, plan, list(texts))
    keys = [(key, text or "") for key, text in texts.items()]
    for row in asked:
        pair = ((name, row[name]), ALL)
        cells[(ALL, pair[0]) if column else pair] = _values(plan, row)
    named = labels_of(group, keys, plan.using.user)
    marks = [
        Mark((name, key), named[key][0], (drilling.of_key(group, key, text),), named[key][1]) for key, text in keys
    ]
    if dated:
        marks = _filled(plan, group, name, marks, cut=cut)
    marks = _sorted(plan, marks, cells, dated=dated, column=column)
    if not cut:
        return Axis(group, tuple(marks))
    shown = drilling.since(group, keys) if dated else drilling.of_keys(group, keys)
    return Axis(group, tuple(marks), shown, {"not": shown}, cut)


def _sorted(plan: Plan, marks: list[Mark], cells: Cells, *, dated: bool, column: bool) -> list[Mark]:
    by_name = sorted(marks, key=lambda mark: mark.order)
    if column:
        return by_name
    if not plan.by_measure:
        return by_name[::-1] if plan.descending else by_name

    def value(mark: Mark) -> Any:
        return cells.get((mark.key, ALL), [None] * len(plan.measures))[plan.sorted_by]

    known = [mark for mark in by_name if value(mark) is not None]
    unknown = [mark for mark in by_name if value(mark) is None]
    return [*sorted(known, key=value, reverse=plan.descending), *unknown]


def _filled(plan: Plan, group: Group, name: str, marks: list[Mark], *, cut: bool) -> list[Mark]:
    """A time axis without gaps: periods in which nothing happened are there too."""
    days: list[datetime.date] = [mark.key[1] for mark in marks if mark.key[1] is not None]
    ends = [*days]
    if plan.period is not None and plan.date is not None and plan.date.path == group.of.path and not cut:
        ends += [first_of(plan.period.first, group.bucket, group.fiscal_start)]
        if plan.period.first <= plan.using.today:
            ends += [first_of(min(plan.period.last, plan.using.today), group.bucket, group.fiscal_start)]
    if not days:
        return marks
    held, day, last = set(days), min(ends), max(ends)
    missing: list[datetime.date] = []
    while day <= last and len(missing) + len(days) <= MOST_PERIODS:
        if day not in held:
            missing.append(day)
        day = next_of(day, group.bucket)
    named = labels_of(group, [(each, "") for each in missing], plan.using.user)
    return [
        *marks,
        *(Mark((name, each), named[each][0], (drilling.of_key(group, each, ""),), named[each][1]) for each in missing),
    ]


def _fill(
    plan: Plan,
    dates: Sequence[Condition],
    lines: Axis,
    columns: Axis,
    cells: Cells,
    go_on: GoOn,
    *,
    totals: bool = False,
) -> None:
    """The values of all pairs of marks; with ``totals`` also those of the axes themselves."""
    for line in _levels(lines, ask.KEYS[0]):
        for column in _levels(columns, ask.KEYS[1]):
            by = [(level.name, level.group) for level in (line, column) if level.group is not None]
            single = line.key == ALL or column.key == ALL
            if not totals and single and REST not in (line.key, column.key):
                continue
            go_on()
            conditions = [*dates, *line.conditions, *column.conditions]
            found = ask.rows(plan, conditions)
            if not by:
                cells[line.key, column.key] = _values(plan, ask.ungrouped(plan, found))
                continue
            for row in ask.grouped(plan, found, by):
                pair = [(level.name, row[level.name]) if level.group else level.key for level in (line, column)]
                cells[pair[0], pair[1]] = _values(plan, row)


@dataclass(frozen=True)
class _Level:
    """The marks of an axis that one statement asks for: those that are shown, the others, or the axis as a whole."""

    name: str
    key: Key
    group: Group | None = None
    conditions: tuple[Condition, ...] = ()


def _levels(axis: Axis, name: str) -> list[_Level]:
    levels = [_Level(name, ALL)]
    if axis.group is not None:
        levels.append(_Level(name, ("shown", None), axis.group, (axis.shown,) if axis.shown else ()))
    if axis.rest is not None:
        levels.append(_Level(name, REST, None, (axis.rest,)))
    return levels


def _before(plan: Plan, lines: Axis, columns: Axis, go_on: GoOn) -> Cells | None:
    """The values of the period before, where a measure is compared with it."""
    period: Period | None = plan.period
    dated = lines.group is not None and bool(lines.group.bucket)
    if period is None or not any(measure.show == "change" for measure in plan.measures):
        return None
    cells: Cells = {}
    dates = plan.dates(period.before())
    if dated:
        cells[ALL, ALL] = _values(plan, ask.ungrouped(plan, ask.rows(plan, dates)))
        return cells
    _fill(plan, dates, lines, columns, cells, go_on, totals=True)
    return cells
