"""Have everything of an object looked at again, in slices and without asking QuickBooks: after a change of settings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, Q

from core.events import emit
from core.models import Event, Origin
from qbo_connector.models import Connection, MirrorObject
from sync.enums import Exclusion, SyncObject
from sync.models import Link
from sync.policies import record_types
from sync.publish import backlog
from sync.queries import enabled_objects

ENTITIES: dict[SyncObject, list[str]] = {
    SyncObject.CONTACT: ["Customer"],
    SyncObject.PRODUCT: ["Item"],
    # Invoices name their contacts and products, payments their invoices.
    SyncObject.INVOICE: ["Invoice", "Payment", "Estimate", "CreditMemo", "RefundReceipt", "SalesReceipt"],
}
SLICE = 5000
# Records that wait for a person's decision are not freed by settings.
_DECIDED = (Exclusion.SUGGESTED, Exclusion.UNLINKED)


@dataclass(frozen=True)
class Progress:
    """How far an object has been looked at: of ``total`` objects of QuickBooks, ``left`` are still to be applied."""

    total: int
    left: int

    @property
    def percent(self) -> int:
        """For a bar; 100 when there is nothing."""
        return 100 if not self.total else (self.total - self.left) * 100 // self.total


def request(connection: Connection, objects: Iterable[SyncObject], *, by: Any) -> None:
    """Look at everything of these objects again, those that are switched on. A worker does it, in slices."""
    emit("sync.look_again", connection, by=by, origin=Origin.SYSTEM, objects=[str(each) for each in objects])


def carry_out(event_ids: Sequence[int]) -> None:
    """Mark what was requested. Each slice commits by itself; running twice only looks twice."""
    for event in Event.objects.filter(pk__in=event_ids, name="sync.look_again"):
        connection = Connection.objects.filter(pk=event.object_id).first()
        if connection is not None:
            look_again(connection, [SyncObject(name) for name in event.data.get("objects", [])])


def look_again(connection: Connection, objects: Iterable[SyncObject]) -> int:
    """Mark the mirror's rows as unread, and free records that the settings left out; returns how many rows."""
    wanted = [each for each in objects if each in enabled_objects(connection.pk)]
    marked = 0
    for entity in dict.fromkeys(name for each in wanted for name in ENTITIES[each]):
        rows = MirrorObject.objects.filter(connection=connection, entity=entity, unread=False).order_by("pk")
        last = 0
        while ids := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:SLICE]):
            marked += MirrorObject.objects.filter(pk__in=ids, unread=False).update(unread=True)
            last = ids[-1]
    kinds = [str(kind) for each in wanted for kind in record_types(each)]
    left_out = Link.objects.filter(connection=connection, object_type__in=kinds, qbo_id="").exclude(exclusion="")
    left_out.exclude(exclusion__in=_DECIDED).delete()
    backlog.look_for_unseen(connection.pk)
    if wanted:
        with transaction.atomic():
            emit("mirror.changed", connection, origin=Origin.SYNC)
    return marked


def progress(connection: Connection, sync_object: SyncObject) -> Progress:
    """How far applying is, for a bar; one statement. It never asks QuickBooks."""
    rows = MirrorObject.objects.filter(connection=connection, entity__in=ENTITIES[sync_object])
    counted = rows.aggregate(total=Count("pk"), left=Count("pk", filter=Q(unread=True)))
    return Progress(counted["total"], counted["left"])
