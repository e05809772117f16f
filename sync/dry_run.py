"""What the sync would do, field by field, before it does it. Nothing is read from QuickBooks, nothing is written."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

from django.utils import timezone

from core.properties import remembered
from crm.models import Company
from qbo_connector.models import Connection
from sync import dry_run_credits, dry_run_invoices, matching, merging, records
from sync.dry_run_report import CRM, QUICKBOOKS, SLICE, Change, FieldChange, Report, Run
from sync.enums import Exclusion, Generation, RecordType, SyncObject
from sync.mapping import catalogue
from sync.mapping.values import display_name
from sync.match_keys import keys_in
from sync.models import Link, ObjectSettings
from sync.policies import policy_of, record_types
from sync.publish.selection import Item, select
from sync.reconcile.carry_out import check_outgoing
from sync.reconcile.decide import ARCHIVED, Act, Candidate, decide
from sync.reconcile.sides import candidates_of
from sync.records import CRM_MODELS

__all__ = ["CRM", "QUICKBOOKS", "Change", "FieldChange", "Report", "dry_run"]
# What decides whether a record becomes a new object, beyond the mapped fields; columns of all kinds of records.
_DECIDING = ("name", "first_name", "last_name", "email", "company_id", "sku", "active")


def dry_run(
    connection: Connection,
    sync_object: SyncObject,
    *,
    limit: int = 200,
    settings: ObjectSettings | None = None,
    generation: Generation | None = None,
    seconds: float | None = None,
    seen: Callable[[int], None] = lambda _rows: None,
) -> Report:
    """What a complete pass over one object would do on both sides, with the first ``limit`` changes of each kind.

    ``settings`` (unsaved) and ``generation`` stand in for the stored ones. Runs as if the object were switched on.
    Statements grow with the slices of 500, not with the records. ``seen`` is told how many rows each slice had; after
    ``seconds`` the rest is left out.
    """
    ends_at = math.inf if seconds is None else time.monotonic() + seconds
    with remembered():
        policy = policy_of(connection, sync_object, settings=settings, generation=generation)
        # Of this instance alone, which is never saved.
        policy.settings.enabled = True
        policy.settings.enabled_at = policy.settings.enabled_at or timezone.now()
        types = record_types(sync_object)
        run = Run(policy, Report(limit), {each: catalogue.crm_fields(each) for each in types}, seen, ends_at)
        if sync_object == SyncObject.INVOICE:
            dry_run_invoices.look(run)
            dry_run_credits.look(run)
        else:
            _incoming(run, sync_object)
            _outgoing(run, types)
    return run.report


def _incoming(run: Run, sync_object: SyncObject) -> None:
    entity = "Customer" if sync_object == SyncObject.CONTACT else "Item"
    for rows in run.slices(entity):
        run.left_out.clear()
        for record_type, candidates in candidates_of(run.policy, sync_object, rows):
            _decide(run, record_type, candidates)


def _decide(run: Run, record_type: RecordType, candidates: Sequence[Candidate]) -> None:
    taken = run.taken.setdefault(record_type, set())
    decide(run.policy, record_type, candidates, lock=False, taken=taken)
    check_outgoing(run.policy, record_type, [c for c in candidates if c.act in (Act.LINK, Act.UPDATE)])
    run.matched.setdefault(record_type, set()).update(c.record_id for c in candidates if c.record_id)
    run.matched[record_type].update(pk for c in candidates for pk in c.likely)
    # What was not matched may be found for a record that nothing here was found for.
    free = {each.qbo_id: each.values for each in candidates if each.link is None and not each.record_id}
    for (qbo_id, name), key in keys_in(free, matching.without_column(run.policy.settings, record_type)).items():
        run.keys.setdefault(record_type, {}).setdefault(name, {}).setdefault(key, []).append(qbo_id)
    for each in candidates:
        _report(run, record_type, each)


def _report(run: Run, record_type: RecordType, each: Candidate) -> None:
    about: dict[str, Any] = {
        "record_type": str(record_type),
        "title": display_name(each.found.payload),
        "record_id": each.record_id,
        "qbo_id": each.qbo_id,
    }
    if each.act == Act.EXCLUDE:
        already = each.link is not None and each.link.exclusion == each.exclusion
        if not already:
            kind = "exclude" if each.link is not None else "stay_out"
            if kind == "stay_out":
                # One customer may stand for a company and for a contact of it: it stays out once.
                if each.found.row.qbo_id in run.left_out:
                    return
                run.left_out.add(each.found.row.qbo_id)
            about |= {"exclusion": str(each.exclusion), "reason": each.reason}
            run.report.add(Change(CRM, kind, **about))
        return
    if each.act in (Act.UNLINK, Act.DELETE, Act.SUGGEST):
        run.report.add(Change(CRM, str(each.act), reason=each.reason, **about))
        return
    if each.merged.clashes:
        run.report.add(Change(CRM, "conflict", fields=_clashes(run, record_type, each), **about))
    archived = each.merged.to_crm.get(ARCHIVED)
    fields = run.fields(record_type, each.crm, each.merged.to_crm)
    if archived is not None:
        run.report.add(Change(CRM, "archive" if archived else "restore", fields=fields, **about))
    elif each.act in (Act.CREATE, Act.LINK) or fields:
        run.report.add(Change(CRM, str(each.act), fields=fields, **about))
    outgoing = run.fields(record_type, each.values, each.merged.to_quickbooks)
    if outgoing and run.policy.sends_out:
        run.report.add(Change(QUICKBOOKS, "update", fields=outgoing, **about))


def _clashes(run: Run, record_type: RecordType, each: Candidate) -> tuple[FieldChange, ...]:
    """The fields that wait for a person: the CRM's value, and QuickBooks'."""
    names = [clash.rule.crm_field for clash in each.merged.clashes]
    return run.fields(record_type, each.crm, {name: each.values.get(name) for name in names})


def _outgoing(run: Run, types: Sequence[RecordType]) -> None:
    """Records that QuickBooks does not have: created there, linked, or left out."""
    if not run.policy.sends_out:
        return
    for record_type in types:
        last = 0
        while run.goes_on() and (ids := _unlinked(run, record_type, last)):
            last = ids[-1]
            _report_new(run, record_type, ids)
            run.seen(len(ids))


def _unlinked(run: Run, record_type: RecordType, last: int) -> list[int]:
    linked = Link.objects.filter(connection=run.policy.connection, object_type=record_type).exclude(qbo_id="")
    rows = CRM_MODELS[record_type]._default_manager.filter(pk__gt=last, archived_at=None)
    rows = rows.exclude(pk__in=linked.values("object_id")).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:SLICE])


def _report_new(run: Run, record_type: RecordType, ids: Sequence[int]) -> None:
    policy = run.policy
    fields = [*merging.fields_of(policy, record_type), *_DECIDING]
    wanted = [pk for pk in ids if pk not in run.matched.get(record_type, ())]
    values = records.values_of(record_type, wanted, fields)
    companies = {int(found["company_id"]) for found in values.values() if found.get("company_id")}
    names = dict(Company.objects.filter(pk__in=companies).values_list("pk", "name"))
    items = [Item(pk, found, company=names.get(found.get("company_id") or 0, "")) for pk, found in values.items()]
    part = select(policy, record_type, items)
    called = {item.record_id: {**item.values, matching.NAME: _title(item)} for item in part}
    known = run.keys.get(record_type, {})
    certain, likely = matching.objects_for(policy.settings, record_type, called, known=known)
    for item in items:
        about: dict[str, Any] = {"record_type": str(record_type), "title": _title(item), "record_id": item.record_id}
        if item.exclusion:
            about |= {"exclusion": str(item.exclusion), "reason": item.reason}
            run.report.add(Change(QUICKBOOKS, "stay_out", **about))
        elif item.record_id in certain:
            run.report.add(Change(QUICKBOOKS, "link", qbo_id=certain[item.record_id][0], **about))
        elif item.record_id in likely:
            run.report.add(Change(QUICKBOOKS, "suggest", exclusion=str(Exclusion.SUGGESTED), **about))
        else:
            run.report.add(Change(QUICKBOOKS, "create", fields=_sent(run, record_type, item), **about))


def _title(item: Item) -> str:
    person = f"{item.values.get('first_name') or ''} {item.values.get('last_name') or ''}".strip()
    return str(item.values.get("name") or person or item.values.get("email") or f"#{item.record_id}")


def _sent(run: Run, record_type: RecordType, item: Item) -> tuple[FieldChange, ...]:
    outgoing = {m.rule.crm_field for m in run.policy.mappings[record_type] if m.rule.direction != "in"}
    return run.fields(record_type, {}, {name: v for name, v in item.values.items() if name in outgoing})
