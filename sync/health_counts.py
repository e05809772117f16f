"""How many records stand how, company by company. Fast whatever there is: every figure is counted up to a limit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db import connection as database
from django.urls import reverse

from core.money import formatted_number
from sync import titles
from sync.enums import Exclusion, Outcome
from sync.visible import kinds_for

COUNT_UP_TO = 10_000
SHOWN = (
    Outcome.IN_SYNC,
    Outcome.PENDING,
    Outcome.EXCLUDED,
    Outcome.CONFLICT,
    Outcome.FAILING,
    Outcome.BROKEN,
)
# Each figure is a range of the index "sync_link_by_state" that is left as soon as it is long enough. The order, which
# is the index's own, keeps PostgreSQL from reading the whole table for each.
_COUNTS = """
    SELECT company.id, kind.name, state.outcome, state.exclusion, counted.rows
    FROM unnest(%(companies)s::bigint[]) AS company(id)
    CROSS JOIN unnest(%(kinds)s::text[]) AS kind(name)
    CROSS JOIN unnest(%(outcomes)s::text[], %(exclusions)s::text[]) AS state(outcome, exclusion)
    CROSS JOIN LATERAL (
        SELECT count(*) AS rows FROM (
            SELECT 1 FROM sync_link AS link
            WHERE link.connection_id = company.id AND link.object_type = kind.name
              AND link.outcome = state.outcome AND link.exclusion = state.exclusion
            ORDER BY link.id DESC LIMIT %(limit)s
        ) AS found
    ) AS counted
    WHERE counted.rows > 0
"""


@dataclass(frozen=True)
class Figure:
    """One count, capped, with the list behind it."""

    count: int
    url: str = ""

    @property
    def words(self) -> str:
        """“1,204”, or “10,000+” where counting stopped."""
        shown = formatted_number(Decimal(min(self.count, COUNT_UP_TO)))
        return f"{shown}+" if self.count > COUNT_UP_TO else shown


@dataclass(frozen=True)
class KindLine:
    """One kind of record: a figure for each outcome."""

    kind: str
    label: str
    figures: Sequence[Figure]


@dataclass
class Counts:
    """The table of a company, and by which rules records are excluded."""

    lines: list[KindLine] = field(default_factory=list)
    exclusions: list[tuple[str, Figure]] = field(default_factory=list)
    failing: int = 0
    conflicts: int = 0


def counts(user: Any, connection_ids: Sequence[int]) -> dict[int, Counts]:
    """The figures of some companies, in one statement."""
    states = [(str(each), "") for each in SHOWN] + [
        (str(Outcome.EXCLUDED), str(each)) for each in Exclusion if each != Exclusion.NONE
    ]
    given: dict[str, Any] = {
        "companies": list(connection_ids),
        "kinds": list(kinds_for(user)),
        "outcomes": [outcome for outcome, _rule in states],
        "exclusions": [rule for _outcome, rule in states],
        "limit": COUNT_UP_TO + 1,
    }
    with database.cursor() as cursor:
        cursor.execute(_COUNTS, given)
        rows = cursor.fetchall()
    found: dict[int, dict[tuple[str, str, str], int]] = {pk: {} for pk in connection_ids}
    for pk, kind, outcome, rule, number in rows:
        found[pk][kind, outcome, rule] = number
    return {pk: _table(pk, kinds_for(user), numbers) for pk, numbers in found.items()}


def _table(pk: int, kinds: Sequence[str], numbers: Mapping[tuple[str, str, str], int]) -> Counts:
    table = Counts()
    for kind in kinds:
        figures = [_figure(pk, kind, outcome, numbers) for outcome in SHOWN]
        if any(figure.count for figure in figures):
            table.lines.append(KindLine(kind, titles.kinds_of(kind), figures))
        for rule in Exclusion:
            if number := numbers.get((kind, str(Outcome.EXCLUDED), str(rule))):
                url = list_url(company=pk, object=kind, outcome=str(Outcome.EXCLUDED), rule=str(rule))
                table.exclusions.append((f"{titles.kinds_of(kind)}: {Exclusion(rule).label}", Figure(number, url)))
    for (_kind, outcome, _rule), number in numbers.items():
        if outcome in (Outcome.FAILING, Outcome.BROKEN):
            table.failing += number
        elif outcome == Outcome.CONFLICT:
            table.conflicts += number
    return table


def _figure(pk: int, kind: str, outcome: Outcome, numbers: Mapping[tuple[str, str, str], int]) -> Figure:
    by_rule = {rule: n for (each, state, rule), n in numbers.items() if each == kind and state == outcome}
    number = sum(by_rule.values())
    if not number:
        return Figure(0)
    if outcome == Outcome.CONFLICT:
        return Figure(number, f"{reverse('sync:conflicts')}?{urlencode({'company': pk, 'object': kind})}")
    rule = max(by_rule, key=lambda name: by_rule[name])
    return Figure(number, list_url(company=pk, object=kind, outcome=str(outcome), rule=rule))


def list_url(**query: Any) -> str:
    """The list behind a figure."""
    given = {name: value for name, value in query.items() if value != ""}
    return f"{reverse('sync:health-records')}?{urlencode(given)}"
