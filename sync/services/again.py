"""Have everything of an object looked at again, in slices and without asking QuickBooks: after a change of settings."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from core.access import needs
from core.events import emit
from core.models import Event, Origin
from qbo_connector.models import Connection, MirrorObject
from sync import snapshots
from sync.enums import Exclusion, SyncObject
from sync.models import Link, ObjectSettings
from sync.policies import record_types
from sync.publish import unseen
from sync.queries import enabled_objects

ENTITIES: dict[SyncObject, list[str]] = {
    SyncObject.CONTACT: ["Customer"],
    SyncObject.PRODUCT: ["Item"],
    # Invoices name their contacts and products, payments their invoices.
    SyncObject.INVOICE: ["Invoice", "Payment", "Estimate", "CreditMemo", "RefundReceipt", "SalesReceipt", "Bill"],
}
SLICE = 5000
# A request that nobody has carried out for so long was lost with its worker.
LOST_AFTER = datetime.timedelta(minutes=5)
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


@needs("sync.configure")
@transaction.atomic
def request(connection: Connection, objects: Iterable[SyncObject], *, by: Any) -> None:
    """Look at everything of these objects again, those that are switched on. A worker does it, in slices."""
    names = [str(each) for each in objects]
    _settings(connection, names).filter(enabled=True).update(asked_again_at=timezone.now())
    emit("sync.look_again", connection, by=by, origin=Origin.SYSTEM, objects=names)


@needs("sync.configure")
def tidy(connection: Connection, sync_object: SyncObject, *, by: Any) -> None:
    """Take out of the snapshots what counts no more, and look at nothing again. A worker does it, in slices."""
    emit("sync.look_again", connection, by=by, origin=Origin.SYSTEM, objects=[str(sync_object)], only_tidy=True)


def carry_out(event_ids: Sequence[int]) -> None:
    """Mark what was requested. Each slice commits by itself; running twice only looks twice."""
    for event in Event.objects.filter(pk__in=event_ids, name="sync.look_again"):
        connection = Connection.objects.filter(pk=event.object_id).first()
        if connection is None:
            continue
        objects = [SyncObject(name) for name in event.data.get("objects", [])]
        if event.data.get("only_tidy"):
            snapshots.clean(connection, objects)
        else:
            look_again(connection, objects)


def carry_out_lost() -> None:
    """What a worker that died left half done, or not begun: once more. What was marked already is not marked twice."""
    lost = ObjectSettings.objects.filter(asked_again_at__lt=timezone.now() - LOST_AFTER, enabled=True)
    for settings in lost.select_related("connection").order_by("pk"):
        look_again(settings.connection, [SyncObject(settings.sync_object)])


def look_again(connection: Connection, objects: Iterable[SyncObject]) -> int:
    """Mark the mirror's rows as unread, and free records that the settings left out; returns how many rows.

    Not in a request: that is a statement for every 5,000 rows.
    """
    began = timezone.now()
    objects = list(objects)
    snapshots.clean(connection, objects)
    names = [SyncObject(each) for each in objects]
    wanted = [each for each in names if each in enabled_objects(connection.pk)]
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
    unseen.look_again(connection.pk)
    # What was asked for meanwhile has a message of its own.
    _settings(connection, names).filter(asked_again_at__lte=began).update(asked_again_at=None)
    if wanted:
        with transaction.atomic():
            emit("mirror.changed", connection, origin=Origin.SYNC)
    return marked


def _settings(connection: Connection, names: Iterable[str]) -> QuerySet[ObjectSettings]:
    return ObjectSettings.objects.filter(connection=connection, sync_object__in=list(names))


def progress(connection: Connection, sync_object: SyncObject) -> Progress:
    """How far applying is, for a bar; two statements. It never asks QuickBooks."""
    rows = MirrorObject.objects.filter(connection=connection, entity__in=ENTITIES[sync_object])
    counted = rows.aggregate(total=Count("pk"), left=Count("pk", filter=Q(unread=True)))
    asked = _settings(connection, [sync_object]).filter(enabled=True, asked_again_at__isnull=False).exists()
    # Until all is marked, nobody knows how much of it is looked at already.
    return Progress(counted["total"], counted["total"] if asked else counted["left"])
