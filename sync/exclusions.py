"""Objects of QuickBooks that are left out without a record: which, and by which rule. Nothing is kept about them."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from core.properties import remembered
from qbo_connector.mirror import read
from qbo_connector.mirror.read import Mirrored
from qbo_connector.models import Connection, MirrorObject
from sync.enums import SyncObject
from sync.mapping.values import display_name
from sync.models import Link
from sync.policies import Policy, policy_of
from sync.reconcile.decide import Act, Candidate, decide
from sync.reconcile.sides import candidates_of

SLICE = 500
LOOK_AT = 10_000
# Whoever reads a page waits for it.
SECONDS = 2.0
ENTITY = {SyncObject.CONTACT: "Customer", SyncObject.PRODUCT: "Item", SyncObject.INVOICE: "Invoice"}


@dataclass(frozen=True)
class LeftOut:
    """An object that has no record, and the setting that keeps it out."""

    qbo_id: str
    name: str
    email: str
    exclusion: str
    reason: str
    row_id: int


def unlinked_objects(connection: Connection, sync_object: SyncObject) -> QuerySet[MirrorObject]:
    """Objects that QuickBooks has and no record is linked to; their number is a cheap count."""
    entity = ENTITY[sync_object]
    linked = Link.objects.filter(connection=connection, entity=entity, qbo_id=OuterRef("qbo_id"))
    return read.objects(connection.pk, entity).filter(~Exists(linked)).order_by("pk")


def excluded_objects(
    connection: Connection, sync_object: SyncObject, *, limit: int = 100, after: int = 0, look_at: int = LOOK_AT
) -> tuple[list[LeftOut], int]:
    """The objects of customers or items that are left out, with the reason; and the mirror row to go on ``after``.

    That is 0 where there is nothing more. Reasons are found by deciding again, from the mirror alone, without writing;
    of a company with much that is neither linked nor left out yet, no more than ``look_at`` objects at once, and for
    SECONDS at most. Invoices have their own health lines.
    """
    if sync_object == SyncObject.INVOICE:
        return [], 0
    found: list[LeftOut] = []
    looked, ends_at = 0, time.monotonic() + SECONDS
    with remembered():
        policy = policy_of(connection, sync_object)
        for rows in _slices(unlinked_objects(connection, sync_object).filter(pk__gt=after)):
            found += _left_out(policy, sync_object, rows)
            looked += len(rows)
            if len(found) > limit:
                return found[:limit], found[limit - 1].row_id
            if looked >= look_at or time.monotonic() > ends_at:
                return found, rows[-1].row.pk
    return found, 0


def _slices(rows: QuerySet[MirrorObject]) -> Iterator[list[Mirrored]]:
    last = 0
    while found := read.with_payloads(rows.filter(pk__gt=last)[:SLICE]):
        last = found[-1].row.pk
        yield found


def _left_out(policy: Policy, sync_object: SyncObject, rows: list[Mirrored]) -> list[LeftOut]:
    found: dict[str, LeftOut] = {}
    for record_type, candidates in candidates_of(policy, sync_object, rows):
        decide(policy, record_type, candidates, lock=False)
        for each in candidates:
            if each.act in (Act.EXCLUDE, Act.SUGGEST):
                found.setdefault(each.qbo_id, _line(each))
    # Kinds of records come one after another; pages go by the row.
    return sorted(found.values(), key=lambda each: each.row_id)


def _line(each: Candidate) -> LeftOut:
    row = each.found.row
    return LeftOut(row.qbo_id, display_name(each.found.payload), row.email, str(each.exclusion), each.reason, row.pk)
