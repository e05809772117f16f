"""What the sync would do, field by field, before it does it. Nothing is read from QuickBooks, nothing is written."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from core.plain import plain
from core.properties import remembered
from crm.models import Company
from invoices import editing
from invoices.models import Invoice
from qbo_connector.mirror import read
from qbo_connector.mirror.read import Mirrored
from qbo_connector.models import Connection
from sync import matching, merging, records
from sync.enums import Exclusion, Generation, RecordType, SyncObject
from sync.invoice_filter import left_out
from sync.mapping import catalogue
from sync.mapping.fields import ENTITY_OF, Field
from sync.mapping.invoice import from_invoice
from sync.mapping.reading import BadPayload
from sync.mapping.values import display_name
from sync.models import Link, ObjectSettings
from sync.policies import Policy, policy_of, record_types
from sync.publish.selection import Item, select
from sync.reconcile.carry_out import check_outgoing
from sync.reconcile.decide import ARCHIVED, Act, Candidate, decide
from sync.reconcile.names import names_for
from sync.reconcile.sides import candidates_of
from sync.records import CRM_MODELS

SLICE = 500
CRM, QUICKBOOKS = "crm", "quickbooks"
# What decides whether a record becomes a new object, beyond the mapped fields; columns of all kinds of records.
_DECIDING = ("name", "first_name", "last_name", "email", "company_id", "sku", "active")


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

    ``side`` is where something is written ("crm", "quickbooks"); ``kind`` is create, update, link, suggest, archive,
    restore, unlink, delete, exclude (a linked record leaves the sync) or stay_out (what was not in it stays out).
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

    ``cut`` says that more would follow.
    """

    limit: int
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)
    cut: bool = False

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


@dataclass
class _Run:
    """One dry run: the settings that it tries, the labels of fields, and what counts as linked so far."""

    policy: Policy
    report: Report
    labels: dict[RecordType, Mapping[str, Field]]
    taken: dict[RecordType, set[int]] = field(default_factory=dict)
    matched: dict[RecordType, set[int]] = field(default_factory=dict)


def dry_run(
    connection: Connection,
    sync_object: SyncObject,
    *,
    limit: int = 200,
    settings: ObjectSettings | None = None,
    generation: Generation | None = None,
) -> Report:
    """What a complete pass over one object would do on both sides; memory does not grow with the records.

    ``settings`` (unsaved) and ``generation`` stand in for the stored ones. Runs as if the object were switched on.
    Statements grow with the slices of 500, not with the records.
    """
    with remembered():
        policy = policy_of(connection, sync_object, settings=settings, generation=generation)
        # Of this instance alone, which is never saved.
        policy.settings.enabled = True
        policy.settings.enabled_at = policy.settings.enabled_at or timezone.now()
        types = record_types(sync_object)
        run = _Run(policy, Report(limit), {each: catalogue.crm_fields(each) for each in types})
        if sync_object == SyncObject.INVOICE:
            _invoices(run)
        else:
            _incoming(run, sync_object)
            _outgoing(run, types)
    return run.report


def _slices(connection: Connection, entity: str) -> Iterator[list[Mirrored]]:
    last = 0
    while True:
        rows = read.objects(connection.pk, entity).filter(pk__gt=last).order_by("pk")
        found = read.with_payloads(rows[:SLICE])
        if not found:
            return
        last = found[-1].row.pk
        yield found


def _incoming(run: _Run, sync_object: SyncObject) -> None:
    entity = "Customer" if sync_object == SyncObject.CONTACT else "Item"
    for rows in _slices(run.policy.connection, entity):
        for record_type, candidates in candidates_of(run.policy, sync_object, rows):
            _decide(run, record_type, candidates)


def _decide(run: _Run, record_type: RecordType, candidates: Sequence[Candidate]) -> None:
    taken = run.taken.setdefault(record_type, set())
    decide(run.policy, record_type, candidates, lock=False, taken=taken)
    check_outgoing(run.policy, record_type, [c for c in candidates if c.act in (Act.LINK, Act.UPDATE)])
    run.matched.setdefault(record_type, set()).update(c.record_id for c in candidates if c.record_id)
    run.matched[record_type].update(pk for c in candidates for pk in c.likely)
    for each in candidates:
        _report(run, record_type, each)


def _report(run: _Run, record_type: RecordType, each: Candidate) -> None:
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
            about |= {"exclusion": str(each.exclusion), "reason": each.reason}
            run.report.add(Change(CRM, kind, **about))
        return
    if each.act in (Act.UNLINK, Act.DELETE, Act.SUGGEST):
        run.report.add(Change(CRM, str(each.act), reason=each.reason, **about))
        return
    archived = each.merged.to_crm.get(ARCHIVED)
    fields = _fields(run, record_type, each.crm, each.merged.to_crm)
    if archived is not None:
        run.report.add(Change(CRM, "archive" if archived else "restore", fields=fields, **about))
    elif each.act in (Act.CREATE, Act.LINK) or fields:
        run.report.add(Change(CRM, str(each.act), fields=fields, **about))
    outgoing = _fields(run, record_type, each.values, each.merged.to_quickbooks)
    if outgoing and run.policy.sends_out:
        run.report.add(Change(QUICKBOOKS, "update", fields=outgoing, **about))


def _fields(
    run: _Run, record_type: RecordType, before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[FieldChange, ...]:
    known = run.labels[record_type]
    return tuple(
        FieldChange(name, str(known[name].label), plain(before.get(name)), plain(value))
        for name, value in after.items()
        if name in known and plain(before.get(name)) != plain(value)
    )


def _outgoing(run: _Run, types: Sequence[RecordType]) -> None:
    """Records that QuickBooks does not have: created there, linked, or left out."""
    if not run.policy.sends_out:
        return
    for record_type in types:
        last = 0
        while ids := _unlinked(run, record_type, last):
            last = ids[-1]
            _report_new(run, record_type, ids)


def _unlinked(run: _Run, record_type: RecordType, last: int) -> list[int]:
    linked = Link.objects.filter(connection=run.policy.connection, object_type=record_type).exclude(qbo_id="")
    rows = CRM_MODELS[record_type]._default_manager.filter(pk__gt=last, archived_at=None)
    rows = rows.exclude(pk__in=linked.values("object_id")).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:SLICE])


def _report_new(run: _Run, record_type: RecordType, ids: Sequence[int]) -> None:
    policy = run.policy
    fields = [*merging.fields_of(policy, record_type), *_DECIDING]
    wanted = [pk for pk in ids if pk not in run.matched.get(record_type, ())]
    values = records.values_of(record_type, wanted, fields)
    companies = {int(found["company_id"]) for found in values.values() if found.get("company_id")}
    names = dict(Company.objects.filter(pk__in=companies).values_list("pk", "name"))
    items = [Item(pk, found, company=names.get(found.get("company_id") or 0, "")) for pk, found in values.items()]
    part = select(policy, record_type, items)
    called = {item.record_id: {**item.values, matching.NAME: _title(item)} for item in part}
    certain, likely = matching.objects_for(policy.settings, record_type, called)
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


def _sent(run: _Run, record_type: RecordType, item: Item) -> tuple[FieldChange, ...]:
    outgoing = {m.rule.crm_field for m in run.policy.mappings[record_type] if m.rule.direction != "in"}
    return _fields(run, record_type, {}, {name: v for name, v in item.values.items() if name in outgoing})


def _invoices(run: _Run) -> None:
    """Invoices of QuickBooks; those that the CRM makes are sent by a person's wish, never by settings."""
    connection = run.policy.connection
    for rows in _slices(connection, ENTITY_OF[RecordType.INVOICE]):
        ids = [each.row.qbo_id for each in rows]
        known = {i.external_id: i for i in Invoice.objects.filter(connection=connection, external_id__in=ids)}
        names = names_for(connection, rows)
        mapped = []
        for each in rows:
            there = known.get(each.row.qbo_id)
            try:
                row = from_invoice(each.payload, names, invoice_id=there.pk if there else None, tracked=False)
            except BadPayload:
                continue
            mapped.append((each, row))
        tracked = {invoice.pk for invoice in known.values() if invoice.tracked}
        left = left_out(run.policy, mapped, {qbo_id: i.pk for qbo_id, i in known.items()}, tracked)
        for each, row in mapped:
            _report_invoice(run, known.get(each.row.qbo_id), row, left.get(each.row.qbo_id))


def _report_invoice(run: _Run, there: Invoice | None, row: Any, left: Any) -> None:
    about: dict[str, Any] = {
        "record_type": str(RecordType.INVOICE),
        "title": f"{row.number} · {row.customer_name}".strip(" ·"),
        "record_id": there.pk if there else None,
        "qbo_id": row.external_id,
    }
    if left is not None:
        kind = "exclude" if there is not None else "stay_out"
        reason = left.sentence or str(left.exclusion.label)
        run.report.add(Change(CRM, kind, exclusion=str(left.exclusion), reason=reason, **about))
        return
    before = editing.fields_of(there) if there is not None else {}
    fields = _fields(run, RecordType.INVOICE, before, editing.fields_of(row))
    if there is None or fields:
        run.report.add(Change(CRM, "create" if there is None else "update", fields=fields, **about))
