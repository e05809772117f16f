"""Lists of sync health: records by how they stand, failing ones by cause, and the same as rows of a file."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, CharField, Count, F, QuerySet, TextField, Value, When, Window
from django.db.models.fields.json import KT
from django.db.models.functions import MD5, Concat, RowNumber
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.paging import BadCursor, Page, page_by_key
from qbo_connector import queries as connector
from qbo_connector.models import Connection
from sync import titles
from sync.enums import Exclusion, Outcome
from sync.fixes import Fixes, fixes_for
from sync.models import Link
from sync.shown import excluded_because
from sync.visible import kinds_for

SIZES = {"25": 25, "50": 50, "100": 100}
FAILING = (Outcome.FAILING, Outcome.BROKEN)
# Causes are those of the newest so many failing records.
LOOKED_AT = 5_000
CAUSES = 20
OF_A_CAUSE = 5
SLICE = 500
# Refusals that name each record's own name or number are one cause.
_TOGETHER = {
    "name": gettext_lazy("Their names are taken in QuickBooks"),
    "number": gettext_lazy("Their numbers are taken in QuickBooks"),
    "reference": gettext_lazy("They refer to something that QuickBooks does not have any more"),
}


@dataclass(frozen=True)
class HealthLine:
    """One record: what it is, how it stands, what mends it."""

    link: Link
    kind: str
    title: str
    url: str
    state: str
    reason: str
    fixes: Fixes

    @property
    def retryable(self) -> bool:
        """Whether sending it again makes sense."""
        return self.link.outcome == Outcome.FAILING


@dataclass(frozen=True)
class Cause:
    """Records that fail for one reason: the first of them, how many there are, how many can be sent again."""

    key: str
    reason: str
    count: int
    retryable: int
    lines: Sequence[HealthLine]

    @property
    def more(self) -> int:
        """How many are not among the first."""
        return self.count - len(self.lines)


@dataclass(frozen=True)
class Causes:
    """The causes, the most frequent first. ``capped``: only the newest failing records were looked at."""

    causes: Sequence[Cause]
    count: int
    capped: bool


@dataclass(frozen=True)
class Asked:
    """What a list is about, as its address says; kinds, outcomes and rules that there are none of become the first."""

    connection: Connection | None
    kind: str
    outcome: Outcome
    rule: str
    cause: str


def links_of(user: Any) -> QuerySet[Link]:
    """The links whose records somebody may read of."""
    rows = Link.objects.filter(connection__in=connector.visible_to(user), object_type__in=kinds_for(user))
    return rows.select_related("connection")


def failing(user: Any) -> QuerySet[Link]:
    """Records that are not in sync and will not be by themselves."""
    return links_of(user).filter(outcome__in=FAILING)


def asked(user: Any, query: QueryDict) -> Asked:
    """What the address asks for. Lists of what does not fail are of one company, kind and rule: they may be huge."""
    named = str(query.get("outcome", ""))
    outcome = Outcome(named) if named in Outcome else Outcome.FAILING
    visible = connector.visible_to(user).order_by("company_name", "pk")
    number = query.get("company", "")
    connection = visible.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    kinds = kinds_for(user)
    kind = query.get("object", "") if query.get("object") in kinds else ""
    rule = ""
    if outcome == Outcome.EXCLUDED:
        rule = query.get("rule", "")
        rule = rule if rule in Exclusion and rule else str(Exclusion.FILTER)
    if outcome not in FAILING:
        connection, kind = connection or visible.first(), kind or kinds[0]
    return Asked(connection, kind, outcome, rule, query.get("cause", "")[:32])


def records(user: Any, wanted: Asked) -> QuerySet[Link]:
    """The links of a list."""
    rows = links_of(user)
    if wanted.connection is not None:
        rows = rows.filter(connection=wanted.connection)
    if wanted.kind:
        rows = rows.filter(object_type=wanted.kind)
    if wanted.cause:
        return of_cause(rows.filter(outcome__in=FAILING), wanted.cause)
    return rows.filter(outcome=wanted.outcome, exclusion=wanted.rule)


def page(user: Any, query: QueryDict, wanted: Asked) -> tuple[Page[Any], list[HealthLine]]:
    """One page of a list, the newest link first."""
    rows = records(user, wanted)
    size = SIZES.get(query.get("size", ""), 50)
    try:
        found = page_by_key(rows, sort="-id", cursor=query.get("cursor", ""), size=size)
    except BadCursor:
        found = page_by_key(rows, sort="-id", size=size)
    return found, lines(found.rows, user)


def lines(links: Sequence[Link], user: Any) -> list[HealthLine]:
    """Links as lines; a statement for the names of each kind of record."""
    names = titles.titles((link.object_type, link.object_id) for link in links)
    return [
        HealthLine(
            link=link,
            kind=titles.kind_of(link.object_type),
            title=names.get((link.object_type, link.object_id)) or f"#{link.object_id}",
            url=titles.address_of(link.object_type, link.object_id),
            state=str(Outcome(link.outcome).label),
            reason=reason_of(link),
            fixes=fixes_for(link, user),
        )
        for link in links
    ]


def reason_of(link: Link) -> str:
    """Why it stands so, in plain words: for an excluded one the rule and what of it failed."""
    return excluded_because(link.exclusion, link.reason) if link.outcome == Outcome.EXCLUDED else link.reason


def causes(user: Any, connection: Connection | None = None) -> Causes:
    """Why records fail, the most frequent cause first; a fixed number of statements however many fail."""
    rows = failing(user)
    if connection is not None:
        rows = rows.filter(connection=connection)
    newest = _grouped(_newest(rows))
    counted = list(
        newest.order_by()
        .values("cause", "together")
        .annotate(count=Count("pk"), again=Count(Case(When(outcome=Outcome.FAILING, then=1))))
        .order_by("-count", "cause")
    )
    shown = counted[:CAUSES]
    ranked = newest.annotate(
        place=Window(RowNumber(), partition_by=[F("cause")], order_by=[F("changed_at").desc(), F("pk").desc()])
    )
    first = list(
        ranked.filter(place__lte=OF_A_CAUSE, cause__in=[row["cause"] for row in shown]).order_by("cause", "place")
    )
    by_cause: dict[str, list[HealthLine]] = {}
    for link, line in zip(first, lines(first, user), strict=True):
        by_cause.setdefault(getattr(link, "cause", ""), []).append(line)
    found = [
        Cause(row["cause"], _words(row["together"]), row["count"], row["again"], by_cause.get(row["cause"], ()))
        for row in shown
    ]
    total = sum(row["count"] for row in counted)
    return Causes(found, total, total >= LOOKED_AT)


def _newest(rows: QuerySet[Link]) -> QuerySet[Link]:
    return Link.objects.filter(pk__in=rows.order_by("-pk").values("pk")[:LOOKED_AT]).select_related("connection")


def _grouped(rows: QuerySet[Link]) -> QuerySet[Any]:
    """Links with what groups them: the kind of refusal where each names its own record, else the reason."""
    together = Case(
        When(kind__in=list(_TOGETHER), outcome=Outcome.FAILING, then=Concat(Value("kind:"), F("kind"))),
        default=F("reason"),
        output_field=TextField(),
    )
    named = rows.annotate(kind=KT("remedy__kind")).annotate(together=together)
    grouped: QuerySet[Any] = named.annotate(cause=MD5("together", output_field=CharField()))
    return grouped


def of_cause(rows: QuerySet[Link], key: str) -> QuerySet[Link]:
    """The newest failing records of one cause."""
    return _grouped(_newest(rows)).filter(cause=key)


def _words(together: str) -> str:
    if together.startswith("kind:"):
        return str(_TOGETHER.get(together.removeprefix("kind:"), together))
    return together or _("No reason was given")


HEAD = (
    gettext_lazy("Record"),
    gettext_lazy("CRM id"),
    gettext_lazy("Name"),
    gettext_lazy("Company"),
    gettext_lazy("QuickBooks id"),
    gettext_lazy("State"),
    gettext_lazy("Cause"),
    gettext_lazy("QuickBooks says"),
    gettext_lazy("Since"),
)


def rows_of_file(user: Any, wanted: Asked) -> Iterator[list[str]]:
    """A list as rows of a file, read in slices: memory does not grow with it."""
    yield [str(title) for title in HEAD]
    rows, last = records(user, wanted).order_by("-pk"), None
    while found := list(rows.filter(pk__lt=last)[:SLICE] if last else rows[:SLICE]):
        last = found[-1].pk
        for line in lines(found, user):
            link = line.link
            yield [
                line.kind,
                str(link.object_id),
                line.title,
                str(link.connection),
                link.qbo_id,
                line.state,
                line.reason,
                link.detail,
                link.changed_at.astimezone(datetime.UTC).isoformat(timespec="seconds"),
            ]
