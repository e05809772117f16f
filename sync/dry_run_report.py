"""What a dry run finds: counts, the first changes of each kind, and the way into JSON and back."""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db.models import QuerySet

from core.plain import plain
from qbo_connector.mirror import read
from qbo_connector.mirror.read import Mirrored
from sync.enums import RecordType
from sync.mapping.fields import Field
from sync.policies import Policy

SLICE = 500
CRM, QUICKBOOKS = "crm", "quickbooks"


@dataclass(frozen=True)
class FieldChange:
    """One field: what it is called, what the written side has, and what it would get; plain values."""

    field: str
    label: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """What would happen to one record or object.

    ``side`` is where something is written ("crm", "quickbooks"); ``kind`` is create, update, link, suggest, conflict
    (both sides changed it, and a person decides), archive, restore, unlink, void, delete, exclude (a linked record
    leaves the sync) or stay_out (what was not in it stays out).
    """

    side: str
    kind: str
    record_type: str
    title: str
    record_id: int | None = None
    qbo_id: str = ""
    fields: tuple[FieldChange, ...] = ()
    exclusion: str = ""
    reason: str = ""


@dataclass
class Report:
    """Counts by (side, kind), reasons of what stays out, and the first changes of each side and kind.

    ``cut`` says that more would follow than is listed; ``complete`` is False where there was no time for all.
    """

    limit: int
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)
    cut: bool = False
    complete: bool = True

    def add(self, change: Change) -> None:
        """Count a change, and keep it while there is room for its kind."""
        self.counts[change.side, change.kind] += 1
        if change.exclusion:
            self.reasons[change.side, change.exclusion] += 1
        if self.counts[change.side, change.kind] <= self.limit:
            self.changes.append(change)
        else:
            self.cut = True

    def count(self, side: str, kind: str) -> int:
        """How many of one kind."""
        return self.counts[side, kind]

    def as_json(self) -> dict[str, Any]:
        """The report as it is stored."""
        return {
            "limit": self.limit,
            "counts": [[*key, number] for key, number in self.counts.items()],
            "reasons": [[*key, number] for key, number in self.reasons.items()],
            "changes": [asdict(change) for change in self.changes],
            "cut": self.cut,
            "complete": self.complete,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Report":
        """The report that ``as_json`` made."""
        return cls(
            limit=stored["limit"],
            counts=Counter({(side, kind): number for side, kind, number in stored["counts"]}),
            reasons=Counter({(side, rule): number for side, rule, number in stored["reasons"]}),
            changes=[
                Change(**{**change, "fields": tuple(FieldChange(**each) for each in change["fields"])})
                for change in stored["changes"]
            ],
            cut=stored["cut"],
            complete=stored["complete"],
        )


@dataclass
class Run:
    """One dry run: the settings that it tries, the labels of fields, and what counts as linked so far.

    ``seen`` is told after each slice how many rows were looked at; ``ends_at`` is when it has to be over, on the
    monotonic clock.
    """

    policy: Policy
    report: Report
    labels: dict[RecordType, Mapping[str, Field]]
    seen: Callable[[int], None] = lambda _rows: None
    ends_at: float = math.inf
    taken: dict[RecordType, set[int]] = field(default_factory=dict)
    matched: dict[RecordType, set[int]] = field(default_factory=dict)
    # Objects of this slice of which it was told that they stay out.
    left_out: set[str] = field(default_factory=set)
    # Unlinked objects by field and key, in the fields to match by that the mirror has no column for.
    keys: dict[RecordType, dict[str, dict[str, list[str]]]] = field(default_factory=dict)

    def goes_on(self) -> bool:
        """Whether there is time for more; the report says so where there is none."""
        if time.monotonic() > self.ends_at:
            self.report.complete = False
        return self.report.complete

    def slices(self, entity: str) -> Iterator[list[Mirrored]]:
        """The living objects of the mirror, 500 at a time."""
        last = 0
        while self.goes_on():
            rows = read.objects(self.policy.connection.pk, entity).filter(pk__gt=last).order_by("pk")
            found = read.with_payloads(rows[:SLICE])
            if not found:
                return
            last = found[-1].row.pk
            yield found
            self.seen(len(found))

    def pages(self, rows: QuerySet[Any]) -> Iterator[list[Any]]:
        """Rows of the CRM, 500 at a time."""
        last = 0
        while self.goes_on() and (found := list(rows.filter(pk__gt=last).order_by("pk")[:SLICE])):
            last = found[-1].pk
            yield found
            self.seen(len(found))

    def fields(
        self, record_type: RecordType, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> tuple[FieldChange, ...]:
        """The known fields of ``after`` that differ from ``before``."""
        known = self.labels[record_type]
        return tuple(
            FieldChange(name, str(known[name].label), plain(before.get(name)), plain(value))
            for name, value in after.items()
            if name in known and plain(before.get(name)) != plain(value)
        )
