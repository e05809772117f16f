"""What a plan asks of the database: rows, group keys, aggregates, and whether it costs too much."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import OperationalError
from django.db.models import (
    Avg,
    Case,
    Count,
    DateField,
    F,
    Func,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Round, Trunc, TruncDate

from core.company import profile
from core.conditions import Condition, parse, registry, to_sql
from core.conditions.sql import back_from, prefix_of, rows_behind
from core.conditions.text import folded
from core.money import decimals
from core.tables.totals import limited
from reports.definition import Group, Measure, Plan, Property

# By PostgreSQL’s own estimate: grouping 3,000,000 invoice lines is about half of it.
MOST_COST = 300_000
# For one statement, and until when the next one may begin.
LIMIT_MS, MOST_SECONDS = 5_000, 8
KEYS = ("group_0", "group_1")
Found = list[dict[str, Any]]


class TooMuch(Exception):
    """The report would read too much, or took too long."""


class _FiscalYear(Func):
    """The first day of the fiscal year that a day is in."""

    output_field = DateField()

    def __init__(self, day: Any, start: int) -> None:
        months = f"interval '{int(start) - 1} months'"
        self.template = f"((date_trunc('year', %(expressions)s - {months}) + {months})::date)"
        super().__init__(day)


class _Each(Func):
    """A line for each element of an array, and one for an array without any."""

    function = "unnest"
    set_returning = True

    def __init__(self, found: Any, output_field: Any, *, text: bool) -> None:
        nothing = '{""}' if text else "{NULL}"
        self.template = f"unnest(coalesce(nullif(%(expressions)s, '{{}}'), '{nothing}'))"
        super().__init__(found, output_field=output_field)


@contextmanager
def patient() -> Iterator[Callable[[], None]]:
    """Inside, a statement that takes too long raises TooMuch; so does the given function once all took too long."""
    end = monotonic() + MOST_SECONDS

    def go_on() -> None:
        if monotonic() > end:
            raise TooMuch

    try:
        with limited(LIMIT_MS):
            yield go_on
    except OperationalError as error:
        raise TooMuch from error


def rows(plan: Plan, conditions: Sequence[Condition]) -> QuerySet[Any]:
    """The records of a report that the reader may see and that count, further narrowed down by ``conditions``."""
    known = registry.objects[plan.source.name]
    wanted = parse({"all": [plan.condition, *conditions]}, plan.source.name, plan.using)
    found = known.visible_to(plan.using.user).filter(known.counted).filter(to_sql(wanted, plan.using))
    # Columns that lists join or put off are of no use here.
    plain: QuerySet[Any] = found.select_related(None).prefetch_related(None).order_by()
    return plain


def affordable(found: QuerySet[Any]) -> None:
    """Raises TooMuch for a statement that PostgreSQL expects to cost too much."""
    estimate = re.search(r"cost=[\d.]+\.\.([\d.]+)", found.explain())
    if estimate is not None and float(estimate.group(1)) > MOST_COST:
        raise TooMuch


def value_of(of: Property) -> Any:
    """The expression of a property of a report's records."""
    return of.field.sql(prefix_of(of.hops))


def key_of(group: Group, plan: Plan) -> Any:
    """The expression that records of one group have in common. Texts go together as conditions compare them."""
    if group.of.many:
        return _each_key(group, plan)
    value, kind = value_of(group.of), group.of.field.kind
    if group.bucket:
        day = TruncDate(value, tzinfo=plan.using.zone) if kind == "datetime" else value
        return bucketed(day, group.bucket, group.fiscal_start)
    if kind not in ("text", "choice"):
        return value
    text = Coalesce(value, Value(""), output_field=TextField())
    return folded(text) if kind == "text" else text


def _each_key(group: Group, plan: Plan) -> Any:
    """The keys of the records behind an association to many, each once: a record belongs to every one of its groups."""
    found = _behind(group, plan)
    back = _back(group.of, plan)
    own = {back: OuterRef(prefix_of(group.of.hops[: group.of.fork]) + "pk")}
    keys = found.filter(**own).values_list("behind_key", flat=True).distinct()
    return _Each(ArraySubquery(keys), keys.query.output_field, text=group.of.field.kind in ("text", "choice"))


def _back(of: Property, plan: Plan) -> str:
    owner = of.hops[of.fork - 1].target if of.fork else plan.source.name
    return back_from(of.hops[of.fork], registry.objects[owner].model)


def _behind(group: Group, plan: Plan) -> QuerySet[Any]:
    """The records that an association to many leads to, with their keys."""
    key = key_of(group.behind, plan)
    if group.bucket:  # truncated it is a timestamp to PostgreSQL, which inside an array nobody turns into a day
        key = Cast(key, DateField())
    found: QuerySet[Any] = rows_behind(group.of.hops[group.of.fork], plan.using).annotate(behind_key=key)
    return found


def texts_behind(group: Group, plan: Plan, keys: Sequence[Any]) -> Mapping[Any, str]:
    """How texts behind an association to many are written, by their keys."""
    found = _behind(group, plan).filter(behind_key__in=keys).values("behind_key")
    text = Min(value_of(group.of.behind))
    return dict(found.annotate(behind_text=text).values_list("behind_key", "behind_text"))


def bucketed(day: Any, bucket: str, fiscal_start: int | None = None) -> Any:
    """The first day of the period that a day is in; fiscal years begin with the month ``fiscal_start``."""
    if bucket == "day":
        return day if isinstance(day, Func) else Trunc(day, "day", output_field=DateField())
    if bucket == "fiscal_year":
        return _FiscalYear(day, fiscal_start or profile().fiscal_year_start)
    return Trunc(day, bucket, output_field=DateField())


def amount(plan: Plan, of: Property) -> Any:
    """An amount in the CRM's currency at the record's own rate; NULL where no rate leads there."""
    value = value_of(of)
    if plan.currency is None:
        return value
    wanted = profile().currency
    whens = [When(**{_orm(plan.currency): wanted}, then=value)]
    if plan.source.rate:
        converted = Round(value * F(plan.source.rate), precision=decimals(wanted))
        whens.append(When(**{plan.source.home: wanted}, then=converted))
    return Case(*whens, default=None)


def aggregates(plan: Plan) -> dict[str, Any]:
    """The measures, by name."""
    return {f"measure_{at}": _aggregate(plan, each) for at, each in enumerate(plan.measures)}


def _aggregate(plan: Plan, measure: Measure) -> Any:
    if measure.of is None:
        return Count("pk")
    if measure.kind == "distinct":
        value = value_of(measure.of)
        return Count(folded(value) if measure.of.field.kind == "text" else value, distinct=True)
    money = measure.money and not plan.own
    value = amount(plan, measure.of) if money else value_of(measure.of)
    return {"sum": Sum, "average": Avg, "min": Min, "max": Max}[measure.kind](value)


def left_out(plan: Plan) -> Any | None:
    """The number of records whose amounts have no way to the CRM's currency; None where that can't be."""
    if plan.own or plan.currency is None or not any(measure.money for measure in plan.measures):
        return None
    wanted = profile().currency
    known = Q(**{_orm(plan.currency): wanted})
    if plan.source.rate:
        known |= Q(**{plan.source.home: wanted})
    return Count("pk", filter=~known)


def _orm(of: Property) -> str:
    return prefix_of(of.hops) + of.field.path


def grouped(plan: Plan, found: QuerySet[Any], groups: Sequence[tuple[str, Group]]) -> QuerySet[Any]:
    """A line for each group with its keys (by the given names), the texts that stand for them, and the measures."""
    keys = {name: key_of(group, plan) for name, group in groups}
    texts = {f"{name}_text": Min(value_of(group.of)) for name, group in groups if is_text(group) and not group.of.many}
    together: QuerySet[Any] = found.annotate(**keys).values(*keys).annotate(**texts, **aggregates(plan)).order_by()
    return together


def is_text(group: Group) -> bool:
    """Whether its key is folded, so that the text to show has to be asked for."""
    return group.of.field.kind == "text"


def ungrouped(plan: Plan, found: QuerySet[Any]) -> Mapping[str, Any]:
    """The measures over all rows."""
    asked = aggregates(plan)
    out = left_out(plan)
    if out is not None:
        asked["left_out"] = out
    answer: Mapping[str, Any] = found.aggregate(**asked)
    return answer
