"""What a built report is: JSON as people save it, read into a plan, or told what is wrong with it.

``{"object": "invoice", "filter": condition or null,
"period": {"field": "issued_on", "range": name of reports.ranges or {"from", "to"} or null},
"groups": [{"field": "deal.owner", "bucket": null or "month"}], "measures": [{"kind": "sum", "field": "total",
"show": "value"}], "currency": "crm" or "own", "sort": {"by": "group" or "measure", "index": 0, "descending": true},
"top": 10 or null, "chart": "bar"}``. Properties are paths of the condition language along associations to one record;
the path of a group may also lead along one association to many.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.conditions import BadCondition, Condition, Field, Relation, parse, registry, setting
from core.conditions.language import MOST_HOPS, Setting
from reports import fiscal
from reports.ranges import FISCAL, Period, period_of
from reports.sources import SOURCES, Source

BUCKETS = {
    "day": gettext_lazy("by day"),
    "week": gettext_lazy("by week"),
    "month": gettext_lazy("by month"),
    "quarter": gettext_lazy("by quarter"),
    "fiscal_year": gettext_lazy("by fiscal year"),
}
MEASURES = {
    "count": gettext_lazy("Number of records"),
    "sum": gettext_lazy("Sum of"),
    "average": gettext_lazy("Average of"),
    "min": gettext_lazy("Smallest"),
    "max": gettext_lazy("Largest"),
    "distinct": gettext_lazy("Number of different"),
}
SHOWS = {
    "value": gettext_lazy("as it is"),
    "share": gettext_lazy("as share of the total"),
    "running": gettext_lazy("as running total"),
    "change": gettext_lazy("as change against the period before"),
}
CHARTS = {
    "bar": gettext_lazy("Bars"),
    "stacked_bar": gettext_lazy("Stacked bars"),
    "line": gettext_lazy("Lines"),
    "area": gettext_lazy("Area"),
    "donut": gettext_lazy("Donut"),
    "funnel": gettext_lazy("Funnel"),
    "number": gettext_lazy("Number"),
    "table": gettext_lazy("Table"),
    "pivot": gettext_lazy("Pivot table"),
}
DATES = ("date", "datetime")
NUMBERS = ("number", "money")
MOST_GROUPS, MOST_MEASURES, MOST_TOP = 2, 5, 50


class BadReport(ValueError):
    """The definition can't be carried out; ``problems`` says why, in sentences."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True)
class Property:
    """A property of a report's object, behind associations to one record each, of which one may be to many."""

    path: str
    hops: tuple[Relation, ...]
    field: Field
    owner: str

    @property
    def many(self) -> bool:
        """Whether a record can have several values of it."""
        return any(hop.many for hop in self.hops)

    @property
    def fork(self) -> int:
        """Where the association to many stands among the hops."""
        return next(place for place, hop in enumerate(self.hops) if hop.many)

    @property
    def behind(self) -> "Property":
        """Of a property with many values: the same one as seen from the records that the association leads to."""
        return Property(
            ".".join(self.path.split(".")[self.fork + 1 :]), self.hops[self.fork + 1 :], self.field, self.owner
        )

    def about(self, condition: Condition) -> Condition:
        """A condition about ``behind`` as one about the report's records: at least one of theirs fits it."""
        return {"some": ".".join(self.path.split(".")[: self.fork + 1]), "where": condition}

    @property
    def label(self) -> str:
        """``Deal: Owner``."""
        return ": ".join([*(str(hop.label) for hop in self.hops), str(self.field.label)])


@dataclass(frozen=True)
class Group:
    """What records are put together by; dates by a bucket."""

    of: Property
    bucket: str = ""
    # The month with which fiscal years begin; the CRM's own unless given.
    fiscal_start: int | None = None

    @property
    def behind(self) -> "Group":
        """Of a property with many values: the same one as seen from the records that the association leads to."""
        return Group(self.of.behind, self.bucket, self.fiscal_start)


@dataclass(frozen=True)
class Measure:
    """What is worked out for each group."""

    kind: str
    of: Property | None
    show: str

    @property
    def adds_up(self) -> bool:
        """Whether the groups' values add up to the whole's."""
        return self.kind in ("count", "sum")

    @property
    def money(self) -> bool:
        """Whether it is an amount."""
        return self.of is not None and self.of.field.kind == "money" and self.kind != "distinct"

    @property
    def label(self) -> str:
        """As heading of its column."""
        name = self.of.label if self.of is not None else ""
        said = str(MEASURES[self.kind]) if self.kind == "count" else f"{MEASURES[self.kind]} {name}"
        tail = {"share": _("%s, share"), "running": _("%s, running total"), "change": _("%s, change")}.get(self.show)
        return tail % said if tail else said


@dataclass(frozen=True)
class Plan:
    """A definition that can be carried out for one person. ``condition`` has the filter, ``dates`` the period's."""

    source: Source
    condition: Condition
    date: Property | None
    period: Period | None
    groups: tuple[Group, ...]
    measures: tuple[Measure, ...]
    own: bool
    by_measure: bool
    sorted_by: int
    descending: bool
    top: int | None
    chart: Any
    using: Setting
    currency: Property | None

    def dates(self, period: Period | None) -> list[Condition]:
        """The condition that a record lies in a period."""
        if self.date is None or period is None:
            return []
        return [in_days(self.date, period.first, period.last)]


def in_days(date: Property, first: datetime.date, last: datetime.date) -> Condition:
    """The condition that a date lies between two days, both included."""
    return {"field": date.path, "op": "range", "value": [first.isoformat(), last.isoformat()]}


def reach(object_type: str, path: str, user: Any, *, many: bool = False) -> Property | None:
    """The property that ``path`` leads to, if there is one that ``user`` may use; with ``many`` also past a fork."""
    *names, last = path.split(".")
    hops: list[Relation] = []
    owner = object_type
    for name in names:
        relation = registry.relations_of(owner, user).get(name)
        if relation is None or len(hops) == MOST_HOPS:
            return None
        if relation.many and (not many or any(hop.many for hop in hops)):
            return None
        hops.append(relation)
        owner = relation.target
    field = registry.field_of(owner, last, user)
    return Property(path, tuple(hops), field, owner) if field is not None else None


def read(definition: Any, user: Any, now: datetime.datetime | None = None) -> Plan:
    """A definition as a plan for ``user``, in the active time zone. Raises BadReport."""
    return _Reader(definition if isinstance(definition, dict) else {}, user, now).plan()


class _Reader:
    """One reading of a definition; what is wrong is noted, and the rest is read on."""

    def __init__(self, definition: dict[str, Any], user: Any, now: datetime.datetime | None) -> None:
        self.given, self.user, self.using = definition, user, setting(user, now)
        self.problems: list[str] = []

    def plan(self) -> Plan:
        name = self.given.get("object")
        if name not in SOURCES or not registry.may_use(str(name), self.user):
            raise BadReport([_("Choose what the report is about.")])
        self.source = SOURCES[str(name)]
        condition = self._filter()
        date, period = self._period()
        groups = self._groups()
        measures = self._measures(groups, period)
        own = self.given.get("currency") == "own" and any(measure.money for measure in measures)
        currency = reach(self.source.name, self.source.currency, self.user) if self.source.currency else None
        if own and currency is None:
            own = False
        if own and len(groups) == MOST_GROUPS:
            self._wrong(_("Amounts in their own currencies can be grouped once; take one grouping away."))
        sort = self.given.get("sort") if isinstance(self.given.get("sort"), dict) else {}
        dated = bool(groups and groups[0].bucket)
        by_measure = (sort or {}).get("by", "group" if dated else "measure") == "measure"
        at = (sort or {}).get("index", 0)
        chart = self.given.get("chart") or "bar"
        if chart not in CHARTS:
            self._wrong(_("There is no chart called “%s”.") % str(chart)[:40])
        top = self._top(dated=dated)
        if self.problems:
            raise BadReport(self.problems)
        return Plan(
            self.source, condition, date, period, groups, measures, own, by_measure,
            at if isinstance(at, int) and 0 <= at < len(measures) else 0,
            bool((sort or {}).get("descending", by_measure)), top, chart, self.using, currency,
        )  # fmt: skip

    def _wrong(self, sentence: str) -> None:
        if sentence not in self.problems:
            self.problems.append(sentence)

    def _filter(self) -> Condition:
        given = self.given.get("filter") or {}
        condition = {key: part for key, part in given.items() if key != "version"} if isinstance(given, dict) else None
        if condition is None:
            self._wrong(_("The filter can't be read."))
            condition = {}
        parts = [*self.source.always, *([condition] if condition else [])]
        try:
            parse({"all": parts}, self.source.name, self.using)
        except BadCondition as bad:
            self._wrong(_("Filter: %s") % bad)
        return {"all": parts}

    def _period(self) -> tuple[Property | None, Period | None]:
        given = self.given.get("period") or {}
        given = given if isinstance(given, dict) else {}
        path = str(given.get("field") or self.source.date)
        date = reach(self.source.name, path, self.user)
        if date is None or date.field.kind not in DATES:
            self._wrong(_("Choose the date that the period is about."))
            return None, None
        range_ = given.get("range")
        start = self._fiscal_start if isinstance(range_, str) and range_ in FISCAL else None
        try:
            return date, period_of(range_, self.using.today, start)
        except ValueError:
            self._wrong(_("The period needs a first and a last day, in this order."))
            return date, None

    def _groups(self) -> tuple[Group, ...]:
        groups = []
        given = self._listed("groups")
        if len(given) > MOST_GROUPS:
            self._wrong(_("A report has two groupings at most."))
        for each in given[:MOST_GROUPS]:
            path = str(each.get("field") or "")
            found = reach(self.source.name, path, self.user, many=True)
            bucket = each.get("bucket") or ""
            if found is None:
                self._wrong(_("There is no property “%s” to group by.") % path[:60])
            elif found.field.kind in ("multi_choice", "money") or found.field.stands_for is not None:
                self._wrong(_("Records can't be grouped by %s.") % found.label)
            elif bucket and (bucket not in BUCKETS or found.field.kind not in DATES):
                self._wrong(_("%s can't be grouped like this.") % found.label)
            else:
                start = self._fiscal_start if bucket == "fiscal_year" else None
                groups.append(Group(found, str(bucket) or ("day" if found.field.kind in DATES else ""), start))
        if sum(group.of.many for group in groups) > 1:
            self._wrong(_("Only one grouping can be by something of which a record has several."))
        return tuple(groups)

    def _measures(self, groups: Sequence[Group], period: Period | None) -> tuple[Measure, ...]:
        measures = []
        for each in self._listed("measures")[:MOST_MEASURES] or [{"kind": "count"}]:
            kind, show = each.get("kind"), each.get("show") or "value"
            if kind not in MEASURES or show not in SHOWS:
                self._wrong(_("Choose what is worked out."))
                continue
            path = str(each.get("field") or "")
            found = reach(self.source.name, path, self.user) if kind != "count" else None
            if kind != "count" and (found is None or (found.hops and kind != "distinct")):
                self._wrong(_("Choose of which property: %s …") % MEASURES[kind])
                continue
            if found is not None and kind != "distinct" and found.field.kind not in NUMBERS:
                self._wrong(_("%s is no number: it can only be counted.") % found.label)
                continue
            if found is not None and found.field.stands_for is not None:
                self._wrong(_("%s can’t be counted.") % found.label)
                continue
            measure = Measure(str(kind), found, str(show))
            if show in ("share", "running") and not measure.adds_up:
                self._wrong(_("Only numbers of records and sums have shares and running totals."))
            if show == "change" and not (groups and groups[0].bucket) and period is None:
                self._wrong(_("A change needs a period, or groups by date."))
            measures.append(measure)
        return tuple(measures)

    def _top(self, *, dated: bool) -> int | None:
        top = self.given.get("top")
        if top is None or dated:
            return None
        if not isinstance(top, int) or isinstance(top, bool) or not 1 <= top <= MOST_TOP:
            self._wrong(_("The number of groups lies between 1 and %d.") % MOST_TOP)
            return None
        return top

    @cached_property
    def _fiscal_start(self) -> int | None:
        return fiscal.start_for(self.source, self.given.get("filter"))

    def _listed(self, key: str) -> list[dict[str, Any]]:
        given = self.given.get(key)
        return [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
