"""The conflict queue: fields that both sides changed, written, renewed and closed in bulk."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from core.events import Draft, emit_many
from core.models import Origin
from qbo_connector.models import Connection
from sync.enums import Outcome
from sync.merge import Clash
from sync.models import Conflict, Link
from sync.records import Touch

AGREED = "agreed"


@dataclass(frozen=True)
class Found:
    """What a merge found about one linked record: its clashes (none closes what was open), who changed what, when."""

    link: Link
    clashes: Sequence[Clash]
    crm_changed_at: datetime.datetime | None = None
    crm_changed_by_id: int | None = None
    quickbooks_changed_at: datetime.datetime | None = None
    # By CRM field, where they are known; ``""`` is the record's making.
    touches: Mapping[str, Touch] = field(default_factory=dict)


def record(found: Sequence[Found], *, quiet: bool = False) -> None:
    """Bring the queue to what the merges found: new clashes are added, known ones renewed, the others closed.

    Links with clashes get the outcome CONFLICT, and lose it with the last one. A fixed number of statements.
    """
    links = {item.link.pk: item.link for item in found}
    known = {(row.link_id, row.crm_field): row for row in Conflict.objects.filter(link__in=links, resolved_at=None)}
    now = timezone.now()
    fresh, renewed, kept = [], [], set()
    for item in found:
        for clash in item.clashes:
            row = known.get((item.link.pk, clash.rule.crm_field))
            values = _values(item, clash)
            if row is None:
                fresh.append(Conflict(link=item.link, crm_field=clash.rule.crm_field, **values))
                continue
            kept.add(row.pk)
            if any(getattr(row, name) != value for name, value in values.items()):
                for name, value in values.items():
                    setattr(row, name, value)
                renewed.append(row)
    Conflict.objects.bulk_create(fresh, ignore_conflicts=True)
    if renewed:
        Conflict.objects.bulk_update(
            renewed,
            ["qbo_field", "base", "crm", "quickbooks", "crm_changed_at", "crm_changed_by", "quickbooks_changed_at"],
        )
    over = [row.pk for row in known.values() if row.pk not in kept]
    if over:
        Conflict.objects.filter(pk__in=over).update(resolved_at=now, resolution=AGREED)
    _mark(found, now)
    if fresh and not quiet:
        _tell(fresh)


def open_fields(connection: Connection, object_type: str, object_id: int) -> set[str]:
    """The fields of a record that wait for a decision."""
    rows = Conflict.objects.filter(
        link__connection=connection, link__object_type=object_type, link__object_id=object_id, resolved_at=None
    )
    return set(rows.values_list("crm_field", flat=True))


def _values(item: Found, clash: Clash) -> dict[str, Any]:
    touch = item.touches.get(clash.rule.crm_field, item.touches.get(""))
    return {
        "qbo_field": clash.rule.qbo_field,
        "base": clash.base,
        "crm": clash.crm,
        "quickbooks": clash.quickbooks,
        "crm_changed_at": touch.at if touch else item.crm_changed_at,
        "crm_changed_by_id": touch.by_id if touch else item.crm_changed_by_id,
        "quickbooks_changed_at": item.quickbooks_changed_at,
    }


def _mark(found: Sequence[Found], now: datetime.datetime) -> None:
    clashing = [item.link for item in found if item.clashes]
    clean = [item.link for item in found if not item.clashes and item.link.outcome == Outcome.CONFLICT]
    for links, outcome in ((clashing, Outcome.CONFLICT), (clean, Outcome.IN_SYNC)):
        changed = [link for link in links if link.outcome != outcome]
        for link in changed:
            link.outcome, link.reason, link.detail, link.exclusion, link.changed_at = outcome, "", "", "", now
        if changed:
            Link.objects.filter(pk__in=[link.pk for link in changed]).update(
                outcome=outcome, reason="", detail="", exclusion="", changed_at=now
            )


def _tell(fresh: Sequence[Conflict]) -> None:
    by_link: dict[int, list[Conflict]] = {}
    for row in fresh:
        by_link.setdefault(row.link_id, []).append(row)
    drafts = [
        Draft(
            "sync.conflict_found",
            rows[0].link.object_type,
            rows[0].link.object_id,
            (),
            {"fields": [r.crm_field for r in rows]},
        )
        for rows in by_link.values()
    ]
    emit_many(drafts, origin=Origin.SYNC)
