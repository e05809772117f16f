"""Carry out what was decided for a batch: write the records, their links, conflicts and suggestions, in bulk."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from core.plain import plain
from crm.services import from_sync
from crm.services.from_sync import SyncedRow, UpsertResult
from sync import conflicts, filters, mapping_status, matching, snapshots
from sync.conflicts import Found
from sync.enums import Direction, Exclusion, Outcome, RecordType
from sync.filters import Asked
from sync.mapping.fields import ENTITY_OF
from sync.models import Link, MatchSuggestion
from sync.policies import READ_ONLY, Policy
from sync.reconcile.batch import Batch, save_links
from sync.reconcile.decide import Act, Candidate, outcome_of
from sync.reconcile.handover import Change, hand_over
from sync.records import CRM_MODELS

_UPSERT: dict[RecordType, Callable[..., list[UpsertResult]]] = {
    RecordType.COMPANY: from_sync.upsert_companies,
    RecordType.CONTACT: from_sync.upsert_contacts,
    RecordType.PRODUCT: from_sync.upsert_products,
}
_WRITTEN = (Act.CREATE, Act.LINK, Act.UPDATE)


def carry_out(batch: Batch, policy: Policy, record_type: RecordType, candidates: Sequence[Candidate]) -> None:
    """Write everything that was decided. A constant number of statements."""
    _delete(record_type, [each for each in candidates if each.act == Act.DELETE])
    written = _write_records(batch, record_type, [each for each in candidates if each.act in _WRITTEN])
    check_outgoing(policy, record_type, written)
    links = [_linked(policy, record_type, each) for each in written]
    links += [_left_out(each) for each in candidates if each.act in (Act.EXCLUDE, Act.UNLINK) and each.link]
    save_links(links, new={each.record_id for each in written if each.act == Act.CREATE and each.record_id})
    _close_suggestions(policy, record_type, [each for each in written if each.act in (Act.CREATE, Act.LINK)])
    _suggest(policy, record_type, [each for each in candidates if each.act == Act.SUGGEST])
    _queue_conflicts(batch, written)
    matching.keep_keys(policy.settings, record_type, {each.qbo_id: each.values for each in candidates})
    _note_mappings(policy, record_type, written)
    hand_over(
        policy,
        record_type,
        [
            Change(each.link, each.merged.to_quickbooks, each.found)
            for each in written
            if each.link is not None and each.merged.to_quickbooks
        ],
    )


def _note_mappings(policy: Policy, record_type: RecordType, written: Sequence[Candidate]) -> None:
    """How the mappings fared: those into the CRM, and those to QuickBooks where nothing is left to be sent."""
    mappings = policy.mappings.get(record_type, ())
    there = [each for each in written if each.record_id is not None]
    mapping_status.note(mappings, Direction.IN, {each.record_id or 0: each.problems for each in there})
    agreed = [each for each in there if not (each.merged.to_quickbooks or each.merged.clashes or each.exclusion)]
    mapping_status.note(mappings, Direction.OUT, {each.record_id or 0: {} for each in agreed})


def check_outgoing(policy: Policy, record_type: RecordType, decided: Sequence[Candidate]) -> None:
    """Keep what the filter on what goes to QuickBooks leaves out from going there; the records say so."""
    known = [each for each in decided if each.act != Act.CREATE and not each.exclusion]
    if not policy.sends_out or not known:
        return
    asked = [Asked(each.record_id, each.after) for each in known]
    reasons = filters.problems(policy.connection, policy.settings.filter_out, record_type, asked)
    for each, reason in zip(known, reasons, strict=True):
        if reason:
            each.exclusion, each.reason = Exclusion.FILTER, reason
            each.merged.to_quickbooks.clear()


def _delete(record_type: RecordType, gone: Sequence[Candidate]) -> None:
    if gone:
        from_sync.delete(CRM_MODELS[record_type], [each.record_id for each in gone if each.record_id])
        Link.objects.filter(pk__in=[each.link.pk for each in gone if each.link]).delete()


def _write_records(batch: Batch, record_type: RecordType, wanted: Sequence[Candidate]) -> list[Candidate]:
    """Create and update; returns those whose record could be written. What fits no column is parked."""
    stale = [each.link.pk for each in wanted if each.act == Act.CREATE and each.link is not None]
    if stale:
        Link.objects.filter(pk__in=stale).delete()
    changing = [each for each in wanted if each.act == Act.CREATE or each.merged.to_crm]
    rows = [SyncedRow(each.record_id, _values(each)) for each in changing]
    results = _UPSERT[record_type](rows, quiet=batch.quiet) if rows else []
    parked = set()
    for each, result in zip(changing, results, strict=True):
        if result.problem:
            batch.park(each.found, result.problem)
            parked.add(id(each))
            continue
        each.record_id = result.id
        _put_back(each, result, snapshots.base_of(batch.policy, record_type, each.link))
    return [each for each in wanted if id(each) not in parked]


def _values(each: Candidate) -> dict[str, Any]:
    """What is written. A new record takes only what is filled, so that its own defaults hold; but it needs a name."""
    if each.act != Act.CREATE:
        return each.merged.to_crm
    filled = {name: value for name, value in each.merged.to_crm.items() if plain(value) is not None}
    return {"name": each.values["name"] or "", **filled} if "name" in each.values else filled


def _put_back(each: Candidate, result: UpsertResult, base: Mapping[str, Any]) -> None:
    """A value that a custom property did not take is not in agreement."""
    for name, reason in result.misfits.items():
        each.merged.agreed.pop(name, None)
        if name in base:
            each.merged.agreed[name] = base[name]
        each.problems = {**each.problems, name: reason}


def _linked(policy: Policy, record_type: RecordType, each: Candidate) -> Link:
    now = timezone.now()
    link = each.link
    if link is None or each.act == Act.CREATE:
        link = Link(
            connection=policy.connection,
            entity=ENTITY_OF[record_type],
            object_type=str(record_type),
            object_id=each.record_id or 0,
            matched_by=each.matched_by or "created",
        )
    before, each.was_in_conflict = link.outcome, link.outcome == Outcome.CONFLICT
    link.qbo_id, link.sync_token = each.qbo_id, each.found.row.sync_token
    link.outcome, link.exclusion = outcome_of(each), each.exclusion
    if link.outcome != before or link.outcome not in (Outcome.FAILING, Outcome.PENDING):
        link.reason, link.detail = _reason(policy, each, Outcome(link.outcome)), ""
    link.snapshot, link.changed_at = each.merged.agreed, now
    link.synced_at = now if link.outcome == Outcome.IN_SYNC else link.synced_at
    each.link = link
    return link


def _reason(policy: Policy, each: Candidate, outcome: Outcome) -> str:
    if outcome == Outcome.PENDING:
        return str(READ_ONLY) if policy.read_only else ""
    return " ".join(text for text in (each.reason, *each.problems.values()) if text)


def _left_out(each: Candidate) -> Link:
    link = each.link
    assert link is not None
    link.outcome, link.reason, link.detail = Outcome.EXCLUDED, each.reason, ""
    link.exclusion = Exclusion.UNLINKED if each.act == Act.UNLINK else each.exclusion
    link.sync_token, link.changed_at = each.found.row.sync_token, timezone.now()
    return link


def _suggest(policy: Policy, record_type: RecordType, likely: Sequence[Candidate]) -> None:
    """Suggest matches, and let the records wait as well: nothing is created for them meanwhile."""
    about: dict[str, Any] = {
        "connection": policy.connection,
        "entity": ENTITY_OF[record_type],
        "object_type": str(record_type),
    }
    pairs = [(each.qbo_id, pk) for each in likely for pk in each.likely]
    MatchSuggestion.objects.bulk_create(
        (MatchSuggestion(**about, qbo_id=qbo_id, object_id=pk, rule="name") for qbo_id, pk in pairs),
        ignore_conflicts=True,
    )
    waits = {"outcome": Outcome.EXCLUDED, "exclusion": Exclusion.SUGGESTED}
    reason = _("An object of the same name in QuickBooks may be the same. It waits until somebody decides.")
    Link.objects.bulk_create(
        (Link(**about, **waits, object_id=pk, reason=reason) for pk in dict.fromkeys(pk for _id, pk in pairs)),
        ignore_conflicts=True,
    )


def _close_suggestions(policy: Policy, record_type: RecordType, linked: Sequence[Candidate]) -> None:
    """Objects that have their record now wait for nobody; nor do the records that were suggested for them alone."""
    if not linked:
        return
    suggested = MatchSuggestion.objects.filter(
        connection=policy.connection, entity=ENTITY_OF[record_type], object_type=str(record_type), accepted=None
    )
    over = list(suggested.filter(qbo_id__in=[each.qbo_id for each in linked]).values_list("pk", "object_id"))
    if not over:
        return
    MatchSuggestion.objects.filter(pk__in=[pk for pk, _record in over]).delete()
    waiting = Link.objects.filter(
        connection=policy.connection,
        object_type=str(record_type),
        object_id__in=[record for _pk, record in over],
        exclusion=Exclusion.SUGGESTED,
    )
    waiting.exclude(object_id__in=suggested.values("object_id")).delete()


def _queue_conflicts(batch: Batch, written: Sequence[Candidate]) -> None:
    found = []
    for each in written:
        link = each.link
        if link is None or not (each.merged.clashes or each.was_in_conflict):
            continue
        changed_at = each.found.row.remote_updated_at
        found.append(Found(link, each.merged.clashes, touches=each.touches, quickbooks_changed_at=changed_at))
    if found:
        conflicts.record(found, quiet=batch.quiet)
