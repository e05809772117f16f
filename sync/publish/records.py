"""Publish companies, contacts and products: what the CRM changed becomes planned operations, in bulk.

Linked records are merged with their mirrored object, as reconcile does; where something follows for the CRM too, or a
person has to decide, the mirror row is handed to reconcile. Unlinked ones are matched, created, or left out with the
reason on their link. No call of QuickBooks is made here.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from core.events import emit
from core.models import Event, Origin
from crm.models import Company
from qbo_connector.enums import OperationState
from qbo_connector.mirror import read
from qbo_connector.mirror.read import Mirrored
from qbo_connector.models import Connection, MirrorObject, Operation
from qbo_connector.outbox import plan
from sync import mapping_status, merging, records, snapshots
from sync.enums import Direction, Exclusion, Outcome, RecordType
from sync.mapping.fields import ENTITY_OF
from sync.mapping.values import from_quickbooks
from sync.models import Link, ObjectSettings
from sync.policies import OBJECT_OF, READ_ONLY, Policy, policy_of
from sync.publish import activity, creations, settled, unseen
from sync.publish.selection import Item, select
from sync.publish.subjects import subject_of
from sync.publish.updates import Change, plan_updates, write_links
from sync.reconcile import run

PARTIES = (RecordType.COMPANY, RecordType.CONTACT, RecordType.PRODUCT)
# So many at once are bulk; fewer are somebody's own edit and go first.
BULK_FROM = 5
_MORE_FIELDS: dict[RecordType, tuple[str, ...]] = {
    RecordType.COMPANY: ("name", "email", "phone", "currency", "billing_address"),
    RecordType.CONTACT: ("first_name", "last_name", "email", "phone", "company_id", "billing_address"),
    RecordType.PRODUCT: ("name", "sku", "active", "currency"),
}


@dataclass
class Asked:
    """What a call of publish is about, beyond the records. ``names`` are wanted names in QuickBooks by record id."""

    again: bool = False
    restored: Collection[int] = ()
    names: dict[int, str] = field(default_factory=dict)


def publish_records(
    record_type: RecordType, ids: Iterable[int], *, restored: Collection[int] = (), only: int | None = None
) -> None:
    """Bring records to every company whose settings send them (or to one, ``only``). Repeating is free.

    ``restored``: those that somebody has just brought back from the archive.
    """
    wanted = sorted(set(ids))
    rows = ObjectSettings.objects.filter(sync_object=OBJECT_OF[record_type], enabled=True)
    if only is not None:
        rows = rows.filter(connection=only)
    for settings in rows.select_related("connection").order_by("connection_id"):
        publish_to(settings.connection, record_type, wanted, Asked(restored=restored))


def publish_events(event_ids: Sequence[int]) -> None:
    """Publish the records of some events; those of the sync itself are left alone. One query where nothing is due."""
    events = Event.objects.filter(pk__in=event_ids, object_type__in=PARTIES).exclude(origin=Origin.SYNC)
    by_type: dict[str, set[int]] = {}
    restored: dict[str, set[int]] = {}
    for name, kind, pk in events.values_list("name", "object_type", "object_id"):
        by_type.setdefault(kind, set()).add(pk)
        if name == f"{kind}.restored":
            restored.setdefault(kind, set()).add(pk)
    for kind, ids in by_type.items():
        publish_records(RecordType(kind), ids, restored=restored.get(kind, ()))


def look_again(operations: Iterable[Operation]) -> None:
    """Publish the records of settled operations once more, except those that wait for a person."""
    about: dict[tuple[int, str], set[int]] = {}
    for operation in operations:
        if (record := settled.record_of(operation)) is not None:
            about.setdefault((operation.connection_id, record[0]), set()).add(record[1])
    for (connection_id, kind), ids in about.items():
        stuck = Link.objects.filter(connection=connection_id, object_type=kind, object_id__in=ids).filter(
            outcome__in=[Outcome.FAILING, Outcome.BROKEN]
        )
        rest = ids - set(stuck.values_list("object_id", flat=True))
        if rest:
            publish_records(RecordType(kind), rest, only=connection_id)


@transaction.atomic
def publish_to(connection: Connection, record_type: RecordType, ids: Sequence[int], asked: Asked) -> None:
    """Bring records to one company; a constant number of statements. ``asked.again``: a person wants another try."""
    policy = policy_of(connection, OBJECT_OF[record_type])
    if not policy.sends_out or not ids:
        return
    # Reconcile and publish of a company take turns: both link records.
    run.lock(connection)
    # In this order: an operation that settles in between has written its link when links are read.
    busy = _under_way(connection, record_type, ids)
    items = _read(policy, record_type, ids)
    items = [item for item in items if busy.get(item.record_id) != OperationState.DONE]
    urgent = len(items) < BULK_FROM
    known = [item for item in items if item.linked and _takes_part(item)]
    fresh = [item for item in items if not item.linked]
    _publish_linked(policy, record_type, known, asked, urgent=urgent)
    if fresh and _is_complete(connection, record_type):
        _publish_new(policy, record_type, fresh, busy, asked, urgent=urgent)
    elif fresh:
        # The sweep comes back to them; it may have found before that there is nothing left to look at.
        unseen.look_again(connection.pk)


def _under_way(connection: Connection, record_type: RecordType, ids: Sequence[int]) -> dict[int, str]:
    """State of what is open or not settled yet, by record; DONE: its answer has to be noted first."""
    subjects = {subject_of(record_type, pk): pk for pk in ids}
    rows = Operation.objects.filter(connection=connection, subject__in=subjects, settled_at=None)
    return {subjects[subject]: state for subject, state in rows.order_by("pk").values_list("subject", "state")}


def _read(policy: Policy, record_type: RecordType, ids: Sequence[int]) -> list[Item]:
    fields = [*merging.fields_of(policy, record_type), *_MORE_FIELDS[record_type]]
    values = records.values_of(record_type, ids, fields)
    links = Link.objects.filter(connection=policy.connection, object_type=record_type, object_id__in=list(values))
    by_record = {link.object_id: link for link in links if link.entity == ENTITY_OF[record_type]}
    items = [Item(pk, found, by_record.get(pk)) for pk, found in values.items()]
    companies = {item.values["company_id"] for item in items if item.values.get("company_id")}
    names = dict(Company.objects.filter(pk__in=companies).values_list("pk", "name")) if companies else {}
    for item in items:
        item.company = names.get(item.values.get("company_id") or 0, "")
    return items


def _takes_part(item: Item) -> bool:
    return item.link is not None and item.link.outcome != Outcome.BROKEN and item.link.exclusion != Exclusion.UNLINKED


def _is_complete(connection: Connection, record_type: RecordType) -> bool:
    """Whether everything QuickBooks has is known here: before that, a new object might be there already.

    Not what is linked: that is another record's. Nor what has just been written from here, which has its record too.
    """
    loaded = Connection.objects.filter(pk=connection.pk, pull__loaded_at__isnull=False).exists()
    entity = ENTITY_OF[record_type]
    unread = MirrorObject.objects.filter(connection=connection, entity=entity, unread=True)
    same = {"connection": connection, "entity": entity, "qbo_id": OuterRef("qbo_id")}
    written = Operation.objects.filter(**same, settled_at=None, finished_at__isnull=False)
    return loaded and not unread.filter(~Exists(Link.objects.filter(**same)), ~Exists(written)).exists()


def _publish_linked(
    policy: Policy, record_type: RecordType, items: Sequence[Item], asked: Asked, *, urgent: bool
) -> None:
    mirrored = _mirrored(policy.connection, record_type, items)
    items = [item for item in items if item.link is not None and item.link.qbo_id in mirrored]
    going = activity.plan_activity(policy, record_type, items, mirrored, asked.restored, urgent=urgent)
    rest = [item for item in items if item.record_id not in going and not item.archived]
    part = select(policy, record_type, rest)
    _say_excluded([item for item in rest if item.exclusion])
    times = records.changes_of(record_type, ids_of(part)) if merging.needs_times(policy, record_type) else {}
    changes, for_reconcile, quiet = [], [], []
    for item in part:
        assert item.link is not None
        found = mirrored[item.link.qbo_id]
        quickbooks, _problems = from_quickbooks(record_type, found.payload, policy.mappings.get(record_type, ()))
        merged = merging.merge_record(
            policy,
            record_type,
            base=snapshots.base_of(policy, record_type, item.link),
            crm=item.values,
            quickbooks=quickbooks,
            touches=times.get(item.record_id),
            quickbooks_changed_at=found.row.remote_updated_at,
        )
        if merged.to_crm or merged.clashes:
            for_reconcile.append(found)
        elif merged.to_quickbooks:
            changes.append(Change(item.link, merged.to_quickbooks, found))
        else:
            quiet.append(item)
    plan_updates(policy, record_type, changes, again=asked.again, urgent=urgent)
    _nothing_to_send(policy, record_type, quiet)
    mapping_status.note(policy.mappings.get(record_type, ()), Direction.OUT, {item.record_id: {} for item in quiet})
    _to_reconcile(policy.connection, for_reconcile)


def ids_of(items: Iterable[Item]) -> list[int]:
    """The records of some items."""
    return [item.record_id for item in items]


def _mirrored(connection: Connection, record_type: RecordType, items: Sequence[Item]) -> dict[str, Mirrored]:
    wanted = {item.link.qbo_id for item in items if item.link is not None}
    if not wanted:
        return {}
    rows = read.objects(connection.pk, ENTITY_OF[record_type]).filter(qbo_id__in=wanted)
    return {found.row.qbo_id: found for found in read.with_payloads(rows)}


def _nothing_to_send(policy: Policy, record_type: RecordType, items: Sequence[Item]) -> None:
    """Both sides agree: what was planned before is cancelled, and the links say so."""
    waiting = [item for item in items if item.link is not None and item.link.outcome == Outcome.PENDING]
    if waiting:
        plan.cancel(policy.connection, [subject_of(record_type, item.record_id) for item in waiting])
    touched, now = [], timezone.now()
    for item in items:
        link = item.link
        if link is None or (link.outcome == Outcome.IN_SYNC and link.changed_at >= item.values["updated_at"]):
            continue
        if link.outcome in (Outcome.PENDING, Outcome.FAILING, Outcome.EXCLUDED, Outcome.IN_SYNC):
            link.outcome, link.exclusion, link.reason, link.detail = Outcome.IN_SYNC, Exclusion.NONE, "", ""
            link.remedy, link.changed_at, link.synced_at = {}, now, now
            touched.append(link)
    write_links(touched)


def _to_reconcile(connection: Connection, found: Sequence[Mirrored]) -> None:
    """Have reconcile look at the objects: something follows for the CRM, or a person has to decide."""
    if found:
        MirrorObject.objects.filter(pk__in=[each.row.pk for each in found]).update(unread=True)
        emit("mirror.changed", connection, origin=Origin.SYNC)


def _say_excluded(items: Sequence[Item]) -> None:
    """Links of linked records that no longer take part."""
    touched = []
    for item in items:
        link = item.link
        if link is not None and (link.exclusion, link.reason) != (item.exclusion, item.reason):
            link.outcome, link.exclusion, link.reason, link.detail = Outcome.EXCLUDED, item.exclusion, item.reason, ""
            link.changed_at = timezone.now()
            touched.append(link)
    write_links(touched)


def _publish_new(
    policy: Policy,
    record_type: RecordType,
    items: Sequence[Item],
    busy: dict[int, str],
    asked: Asked,
    *,
    urgent: bool,
) -> None:
    connection = policy.connection
    gone = [item for item in items if item.archived]
    if gone:
        cancelled = plan.cancel(connection, [subject_of(record_type, pk) for pk in ids_of(gone) if pk in busy])
        ids = [item.link.pk for item in gone if item.link and subject_of(record_type, item.record_id) in cancelled]
        Link.objects.filter(pk__in=ids, qbo_id="").delete()
    living = [item for item in items if not item.archived]
    part = select(policy, record_type, living)
    excluded = [item for item in living if item.exclusion]
    plan.cancel(connection, [subject_of(record_type, pk) for pk in ids_of(excluded) if pk in busy])
    creations.say(policy, record_type, [(item, Outcome.EXCLUDED, item.reason) for item in excluded])
    # What is sent already can't be changed before its answer is there; then it is looked at once more.
    states = (OperationState.LEASED, OperationState.UNKNOWN)
    part = [item for item in part if busy.get(item.record_id) not in states]
    if not asked.names:
        part = creations.matched(policy, record_type, part)
    if policy.read_only:
        creations.say(policy, record_type, [(item, Outcome.PENDING, str(READ_ONLY)) for item in part])
        return
    creations.plan_creations(policy, record_type, part, chosen=asked.names, again=asked.again, urgent=urgent)
