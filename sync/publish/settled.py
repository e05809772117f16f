"""Take note of what became of operations on companies, contacts and products: any number in a handful of statements."""

from collections.abc import Sequence
from typing import Any

import structlog
from django.utils import timezone
from django.utils.translation import gettext as _

from qbo_connector.enums import OperationState, Verb
from qbo_connector.models import Connection, Operation
from sync.enums import Exclusion, Outcome, RecordType
from sync.models import Link
from sync.models.links import CREATED_HERE
from sync.publish import refusals

log = structlog.get_logger(__name__)
PARTIES = frozenset({RecordType.COMPANY, RecordType.CONTACT, RecordType.PRODUCT})
_WRITTEN = [
    "qbo_id", "outcome", "exclusion", "reason", "detail", "remedy", "snapshot", "sync_token", "matched_by",
    "changed_at", "synced_at",
]  # fmt: skip
Key = tuple[str, int]


def record_of(operation: Operation) -> Key | None:
    """The record that an operation is about, if it is one of these kinds."""
    kind, _colon, pk = operation.subject.partition(":")
    return (kind, int(pk)) if kind in PARTIES and pk.isdigit() else None


def take_note(connection: Connection, operations: Sequence[Operation]) -> list[Operation]:
    """Write the outcomes on the links; the operations that are to be merged and planned anew by themselves."""
    about = {operation.pk: record for operation in operations if (record := record_of(operation)) is not None}
    links = _links(connection, about.values())
    taken = _taken(connection, operations)
    done = [operation for operation in operations if operation.state == OperationState.DONE]
    refused = [operation for operation in operations if operation.state != OperationState.DONE]
    facts = refusals.facts_of(connection, refused) if refused else refusals.Facts()
    touched: dict[Key, Link] = {}
    again = []
    for operation in done:
        key = about[operation.pk]
        holder = taken.get((key[0], operation.entity, operation.qbo_id))
        if holder is not None and holder != key[1]:
            # The object was linked to another record meanwhile; that stays, nothing is linked twice.
            log.warning("settle.linked_elsewhere", operation=operation.pk)
            continue
        touched[key] = _done(links.get(key) or _new_link(operation, key), operation)
    for operation in refused:
        key = about[operation.pk]
        link = links.get(key)
        if link is None and "sent" not in operation.context:
            continue  # the invoice that needed it is held, and tells
        told = refusals.explain(operation, facts)
        if link is not None and link.qbo_id and operation.verb == Verb.CREATE:
            continue  # it was linked by other means in the meantime
        touched[key] = _refused(link or _new_link(operation, key), operation, told)
        if told.again:
            again.append(operation)
    _save(list(touched.values()))
    return again


def _links(connection: Connection, records: Any) -> dict[Key, Link]:
    wanted = set(records)
    rows = Link.objects.select_for_update().filter(
        connection=connection,
        object_type__in={kind for kind, _pk in wanted},
        object_id__in={pk for _kind, pk in wanted},
    )
    found = {(link.object_type, link.object_id): link for link in rows.order_by("pk")}
    return {key: link for key, link in found.items() if key in wanted}


def _taken(connection: Connection, operations: Sequence[Operation]) -> dict[tuple[str, str, str], int]:
    """The record of each kind that objects are linked to."""
    ids = {operation.qbo_id for operation in operations if operation.qbo_id}
    if not ids:
        return {}
    rows = Link.objects.filter(connection=connection, qbo_id__in=ids)
    return {
        (kind, entity, qbo_id): pk
        for kind, entity, qbo_id, pk in rows.values_list("object_type", "entity", "qbo_id", "object_id")
    }


def _new_link(operation: Operation, key: Key) -> Link:
    return Link(connection_id=operation.connection_id, entity=operation.entity, object_type=key[0], object_id=key[1])


def _done(link: Link, operation: Operation) -> Link:
    now = timezone.now()
    if operation.verb == Verb.CREATE:
        link.qbo_id, link.matched_by = operation.qbo_id, CREATED_HERE
    # Both sides have now what was sent; for a record that changed since, that is the base of the next merge.
    link.snapshot = {**link.snapshot, **(operation.context.get("sent") or {})}
    link.sync_token = operation.sync_token if operation.sync_token is not None else link.sync_token
    if link.outcome != Outcome.CONFLICT:
        link.outcome, link.exclusion = Outcome.IN_SYNC, Exclusion.NONE
        link.reason, link.detail, link.remedy = _remark(operation), "", {}
    link.changed_at = link.synced_at = now
    return link


def _remark(operation: Operation) -> str:
    if left_out := operation.context.get("left_out"):
        return str(_("QuickBooks can't store “%s” in a US company; it was sent without.") % left_out)
    return str(_("It is inactive in QuickBooks.")) if operation.verb == Verb.DEACTIVATE else ""


def _refused(link: Link, operation: Operation, told: refusals.Told) -> Link:
    link.outcome, link.exclusion, link.reason = told.outcome, Exclusion.NONE, told.reason
    link.detail = "" if told.again else operation.problem_detail
    link.remedy, link.changed_at = told.remedy, timezone.now()
    return link


def _save(links: Sequence[Link]) -> None:
    if links:
        Link.objects.bulk_create(
            links,
            update_conflicts=True,
            unique_fields=["connection", "entity", "object_type", "object_id"],
            update_fields=_WRITTEN,
        )
