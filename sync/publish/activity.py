"""Make objects of QuickBooks inactive when their record is archived here, and active again when it comes back."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from qbo_connector.enums import OperationState, Verb
from qbo_connector.mirror.read import Mirrored
from qbo_connector.models import Connection, Operation
from qbo_connector.outbox import plan
from qbo_connector.outbox.plan import Wanted
from sync.enums import Outcome, RecordType
from sync.mapping.fields import ENTITY_OF
from sync.mapping.reading import name_without_mark
from sync.models import Link
from sync.policies import READ_ONLY, Policy
from sync.publish import names
from sync.publish.selection import Item
from sync.publish.subjects import subject_of
from sync.publish.updates import last_refused, same_as, tell_all
from sync.records import MODELS


def plan_activity(
    policy: Policy,
    record_type: RecordType,
    items: Sequence[Item],
    mirrored: Mapping[str, Mirrored],
    restored: Collection[int],
    *,
    urgent: bool,
) -> set[int]:
    """Plan what has to become inactive or active; the records that this concerns.

    A Customer that stands for a company and a contact stays active as long as one of them is in use. An object that
    QuickBooks' people made inactive is made active only when somebody restores its record here.
    """
    leaving = _leaving(policy.connection, record_type, items, mirrored)
    coming = _coming(policy.connection, record_type, items, mirrored, restored)
    wanted = [_deactivation(record_type, item, mirrored) for item in leaving]
    wanted += _reactivations(policy, record_type, coming, mirrored)
    if not wanted:
        return set()
    going = {item.record_id: item for item in (*leaving, *coming)}
    links = [item.link for item in going.values() if item.link is not None]
    if policy.read_only:
        tell_all(links, Outcome.PENDING, str(READ_ONLY))
        return set(going)
    refused = last_refused(policy.connection, record_type, links)
    wanted = [each for each in wanted if not same_as(refused.get(each.subject), each)]
    plan.plan_many(policy.connection, wanted, urgent=urgent)
    sent = {each.subject for each in wanted}
    tell_all([link for link in links if subject_of(record_type, link.object_id) in sent], Outcome.PENDING, "")
    return set(going)


def _leaving(
    connection: Connection, record_type: RecordType, items: Sequence[Item], mirrored: Mapping[str, Mirrored]
) -> list[Item]:
    archived = [item for item in items if item.archived and mirrored[qbo_id(item)].row.active]
    if not archived or record_type == RecordType.PRODUCT:
        return archived
    other = RecordType.CONTACT if record_type == RecordType.COMPANY else RecordType.COMPANY
    shared = dict(
        Link.objects.filter(
            connection=connection, entity="Customer", object_type=other, qbo_id__in=[qbo_id(item) for item in archived]
        ).values_list("qbo_id", "object_id")
    )
    living = MODELS[other]._default_manager.filter(pk__in=shared.values(), archived_at=None)
    used = set(living.values_list("pk", flat=True)) if shared else set()
    return [item for item in archived if shared.get(qbo_id(item)) not in used]


def _coming(
    connection: Connection,
    record_type: RecordType,
    items: Sequence[Item],
    mirrored: Mapping[str, Mirrored],
    restored: Collection[int],
) -> list[Item]:
    inactive = [item for item in items if not item.archived and not mirrored[qbo_id(item)].row.active]
    if not inactive:
        return []
    ours = _made_inactive_here(connection, [subject_of(record_type, item.record_id) for item in inactive])
    found = [item for item in inactive if item.record_id in restored or subject_of(record_type, item.record_id) in ours]
    return [item for item in found if item.values.get("active", True)]


def _made_inactive_here(connection: Connection, subjects: Sequence[str]) -> set[str]:
    """Subjects whose last done operation made their object inactive."""
    rows = Operation.objects.filter(connection=connection, subject__in=subjects, state=OperationState.DONE)
    last = rows.order_by("subject", "-pk").distinct("subject").values_list("subject", "verb")
    return {subject for subject, verb in last if verb == Verb.DEACTIVATE}


def _deactivation(record_type: RecordType, item: Item, mirrored: Mapping[str, Mirrored]) -> Wanted:
    return _wanted(record_type, item, mirrored, Verb.DEACTIVATE, {"Active": False})


def _reactivations(
    policy: Policy, record_type: RecordType, items: Sequence[Item], mirrored: Mapping[str, Mirrored]
) -> list[Wanted]:
    """Active again with a clean name; one that was taken in the meantime gets the suffix."""
    if not items:
        return []
    entity = ENTITY_OF[record_type]
    clean = {item.record_id: name_without_mark(mirrored[qbo_id(item)].row.name, active=False) for item in items}
    free = names.free_names(
        policy.connection,
        clean,
        suffix=policy.settings.display_name_suffix,
        entity=entity,
        own=[qbo_id(item) for item in items],
    )
    field = names.FIELD[entity]
    return [
        _wanted(
            record_type,
            item,
            mirrored,
            Verb.REACTIVATE,
            {"Active": True, field: free.get(item.record_id) or clean[item.record_id]},
        )
        for item in items
    ]


def _wanted(
    record_type: RecordType, item: Item, mirrored: Mapping[str, Mirrored], verb: Verb, fields: dict[str, Any]
) -> Wanted:
    row = mirrored[qbo_id(item)].row
    sent = {"active": fields["Active"]} if record_type == RecordType.PRODUCT else {}
    return Wanted(
        entity=row.entity,
        subject=subject_of(record_type, item.record_id),
        verb=verb,
        intent={"Id": row.qbo_id, "SyncToken": str(row.sync_token), "sparse": True, **fields},
        context={"sent": sent, "link": item.link.pk if item.link else None},
    )


def qbo_id(item: Item) -> str:
    """The object that a linked item has."""
    return item.link.qbo_id if item.link is not None else ""
