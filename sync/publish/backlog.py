"""Records that a lost message, a crash or a setting left behind: found in the tables, a bounded number at a time."""

import datetime

from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat, Greatest
from django.utils import timezone

from qbo_connector.enums import ConnectionStatus
from qbo_connector.models import Connection, Operation
from sync.enums import Direction, Outcome, RecordType, SyncObject
from sync.mapping.fields import ENTITY_OF
from sync.models import ConnectionSettings, Link, ObjectSettings
from sync.policies import record_types
from sync.publish import unseen
from sync.publish.records import PARTIES, publish_records
from sync.records import MODELS

AT_ONCE = 300
# A change is looked at by its event; only what is older than that was left behind.
SETTLES_IN = datetime.timedelta(seconds=30)
# Events that were never sent to a worker are kept and sent later, however long that takes.
LOOKS_BACK = datetime.timedelta(days=1)


def sending() -> QuerySet[ObjectSettings]:
    """The settings of objects that send records to a connected company."""
    return (
        ObjectSettings.objects.filter(enabled=True, connection__status=ConnectionStatus.ACTIVE)
        .exclude(direction=Direction.IN)
        .exclude(sync_object=SyncObject.INVOICE)
        .select_related("connection")
        .order_by("pk")
    )


def publish_left_behind(settings: ObjectSettings) -> int:
    """Publish what was left behind of one object of one company; returns how many records were looked at."""
    found = 0
    for record_type in record_types(SyncObject(settings.sync_object)):
        if record_type not in PARTIES:
            continue
        ids = [*_unseen(settings.connection, record_type), *_stuck(settings.connection, record_type)]
        ids += _never_seen(settings.connection, record_type)
        if ids:
            publish_records(record_type, ids[:AT_ONCE], only=settings.connection_id)
        found += len(ids)
    return found


def _unseen(connection: Connection, record_type: RecordType) -> list[int]:
    """Linked records that changed since their link was written last."""
    now = timezone.now()
    seen = Link.objects.filter(
        connection=connection,
        object_type=record_type,
        object_id=OuterRef("pk"),
    ).annotate(seen_at=Greatest(F("changed_at"), F("synced_at")))
    rows = MODELS[record_type]._default_manager.filter(
        Exists(seen.filter(seen_at__lt=OuterRef("updated_at"))),
        updated_at__range=(now - LOOKS_BACK, now - SETTLES_IN),
    )
    return list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


def _stuck(connection: Connection, record_type: RecordType) -> list[int]:
    """Records that wait, but for nothing that is planned."""
    if ConnectionSettings.objects.filter(connection=connection, read_only=True).exists():
        return []
    subject = Concat(Value(f"{record_type}:"), Cast(OuterRef("object_id"), CharField()))
    under_way = Operation.objects.filter(connection=connection, subject=subject, settled_at=None)
    rows = Link.objects.filter(
        ~Exists(under_way),
        connection=connection,
        entity=ENTITY_OF[record_type],
        object_type=record_type,
        outcome=Outcome.PENDING,
        changed_at__lt=timezone.now() - SETTLES_IN,
    )
    return list(rows.order_by("changed_at").values_list("object_id", flat=True)[:AT_ONCE])


def _never_seen(connection: Connection, record_type: RecordType) -> list[int]:
    """Living records without a link: those from before the object was switched on, and lost ones."""
    if unseen.none_left(connection.pk, record_type):
        return []
    linked = Link.objects.filter(connection=connection, object_type=record_type, object_id=OuterRef("pk"))
    rows = MODELS[record_type]._default_manager.filter(~Exists(linked), archived_at=None)
    left = rows.filter(updated_at__lt=timezone.now() - SETTLES_IN).order_by("pk")
    found = list(left.values_list("pk", flat=True)[:AT_ONCE])
    # One that is only just there is looked at by its event; whether that worked is seen in the next sweep.
    if not found and not rows.exists():
        unseen.note_none_left(connection.pk, record_type)
    return found
