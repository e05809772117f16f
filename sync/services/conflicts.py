"""Decide conflicts: one field, one record, or all of a list. Nothing is overwritten that nobody has seen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import needs
from core.events import Draft, emit_many
from core.models import Origin
from core.plain import plain
from qbo_connector.mirror import read
from qbo_connector.models import Connection
from sync import merging, records
from sync.enums import RecordType, SyncObject, Winner
from sync.mapping.fields import ENTITY_OF
from sync.mapping.values import from_quickbooks, in_crm
from sync.models import Conflict, Link
from sync.policies import OBJECT_OF, Policy, policy_of
from sync.publish import invoice_conflicts
from sync.reconcile import run

SLICE = 500


@dataclass
class Resolution:
    """What became of a decision: how many conflicts it settled, and those whose values are not what was shown."""

    resolved: int = 0
    changed: list[Conflict] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """Why some were not decided; empty when all were."""
        if not self.changed:
            return ""
        return _("%d changed meanwhile and were left alone: look at their values once more.") % len(self.changed)


@needs("sync.run")
def resolve(conflicts: QuerySet[Conflict], side: Winner, *, by: Any) -> Resolution:
    """Let ``side`` (``Winner.CRM`` or ``Winner.QUICKBOOKS``) count for open conflicts, any number of them.

    Give it one field, the conflicts of one link, or a filtered list. Where a value changed on either side since the
    conflict was written, the conflict shows the new one and stays open. Slices of 500 commit on their own, so a long
    list that is interrupted can be gone on with.
    """
    if side not in (Winner.CRM, Winner.QUICKBOOKS):
        raise ValueError(side)
    total = Resolution()
    wanted = list(conflicts.filter(resolved_at=None).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(wanted), SLICE):
        found = _resolve(wanted[start : start + SLICE], side, by=by)
        total.resolved += found.resolved
        total.changed += found.changed
    return total


@transaction.atomic
def _resolve(ids: Sequence[int], side: Winner, *, by: Any) -> Resolution:
    # The order of reconcile: first the company's lock, then rows.
    companies = Connection.objects.filter(links__conflicts__in=ids).distinct().order_by("pk")
    for connection in companies:
        run.lock(connection)
    rows = Conflict.objects.filter(pk__in=ids, resolved_at=None).select_related("link__connection").order_by("pk")
    found = list(rows.select_for_update(of=("self",)))
    by_kind: dict[tuple[int, RecordType], list[Conflict]] = {}
    for row in found:
        by_kind.setdefault((row.link.connection_id, RecordType(row.link.object_type)), []).append(row)
    result = Resolution()
    for (_company, record_type), members in by_kind.items():
        connection = members[0].link.connection
        if record_type == RecordType.INVOICE:
            decided = members
            invoice_conflicts.decide(decided, side)
        else:
            decided = _unchanged(connection, record_type, members, result)
            _decide(decided, side)
        _close(decided, side, by=by)
        result.resolved += len(decided)
        run.look_again(connection, ENTITY_OF[record_type], {row.link.qbo_id for row in decided})
    return result


def _unchanged(
    connection: Connection, record_type: RecordType, members: Sequence[Conflict], result: Resolution
) -> list[Conflict]:
    """The conflicts that still show what both sides have; the others are renewed."""
    policy = policy_of(connection, SyncObject(OBJECT_OF[record_type]))
    ours, theirs = _now(policy, record_type, {row.link.pk: row.link for row in members}.values())
    same, renewed = [], []
    for row in members:
        crm = plain(ours.get(row.link.object_id, {}).get(row.crm_field))
        quickbooks = plain(theirs.get(row.link.qbo_id, {}).get(row.crm_field))
        if (crm, quickbooks) == (row.crm, row.quickbooks):
            same.append(row)
        else:
            row.crm, row.quickbooks = crm, quickbooks
            renewed.append(row)
    Conflict.objects.bulk_update(renewed, ["crm", "quickbooks"])
    result.changed += renewed
    return same


def _now(
    policy: Policy, record_type: RecordType, links: Iterable[Link]
) -> tuple[dict[int, dict[str, Any]], dict[str, dict[str, Any]]]:
    """What both sides have now: the CRM's values by record, QuickBooks' by object."""
    links = list(links)
    mappings = policy.mappings.get(record_type, ())
    ids, fields = [link.object_id for link in links], merging.fields_of(policy, record_type)
    ours = records.values_of(record_type, ids, fields, lock=True)
    objects = read.objects(policy.connection.pk, ENTITY_OF[record_type])
    mirrored = read.with_payloads(objects.filter(qbo_id__in=[link.qbo_id for link in links]))
    theirs = {each.row.qbo_id: from_quickbooks(record_type, each.payload, mappings)[0] for each in mirrored}
    return {pk: in_crm(values, mappings) for pk, values in ours.items()}, theirs


def _decide(decided: Sequence[Conflict], side: Winner) -> None:
    """The side that loses counts as unchanged since both agreed last; the merge does the rest."""
    links = {row.link_id: row.link for row in decided}
    for row in decided:
        snapshot = links[row.link_id].snapshot
        links[row.link_id].snapshot = {**snapshot, row.crm_field: row.quickbooks if side == Winner.CRM else row.crm}
    Link.objects.bulk_update(links.values(), ["snapshot"])


def _close(decided: Sequence[Conflict], side: Winner, *, by: Any) -> None:
    if not decided:
        return
    Conflict.objects.filter(pk__in=[row.pk for row in decided]).update(
        resolved_at=timezone.now(), resolved_by=by, resolution=str(side)
    )
    by_link: dict[int, list[Conflict]] = {}
    for row in decided:
        by_link.setdefault(row.link_id, []).append(row)
    drafts = [
        Draft(
            "sync.conflict_resolved",
            rows[0].link.object_type,
            rows[0].link.object_id,
            (),
            {"fields": [row.crm_field for row in rows], "side": str(side), "company": str(rows[0].link.connection)},
        )
        for rows in by_link.values()
    ]
    emit_many(drafts, by=by, origin=Origin.PERSON if by is not None else Origin.SYSTEM)
