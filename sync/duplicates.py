"""Duplicates that keep records from being matched: several that share an e-mail address, a SKU or a name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count
from django.db.models.functions import Upper

from qbo_connector.models import Connection, MirrorObject
from sync.enums import RecordType, SyncObject
from sync.matching import STANDARD
from sync.policies import record_types
from sync.records import CRM_MODELS

SHOWN = 50
_ENTITY: Mapping[SyncObject, tuple[str, str]] = {
    SyncObject.CONTACT: ("Customer", "email"),
    SyncObject.PRODUCT: ("Item", "code"),
}


@dataclass(frozen=True)
class Duplicate:
    """A value that several share: on which side (``record_type`` is empty for QuickBooks), by which ids and names."""

    side: str
    record_type: str
    field: str
    value: str
    count: int
    members: Sequence[tuple[str, str]]


def duplicates(connection: Connection, sync_object: SyncObject, *, limit: int = SHOWN) -> list[Duplicate]:
    """The values that stood in the way of a match, the most shared first; two statements for each kind of record."""
    if sync_object not in _ENTITY:
        return []
    entity, column = _ENTITY[sync_object]
    rows: Any = MirrorObject.objects.filter(connection=connection, entity=entity, deleted=False, active=True)
    # A job of a customer has its parent's address.
    found = _shared(rows.filter(parent_id=""), column, "name", "qbo_id", limit, side="quickbooks", record_type="")
    for record_type in record_types(sync_object):
        name = "last_name" if record_type == RecordType.CONTACT else "name"
        living = CRM_MODELS[record_type]._default_manager.filter(archived_at=None)
        found += _shared(living, STANDARD[record_type], name, "pk", limit, side="crm", record_type=str(record_type))
    return sorted(found, key=lambda each: -each.count)[:limit]


def _shared(rows: Any, column: str, name: str, key: str, limit: int, *, side: str, record_type: str) -> list[Duplicate]:
    shared = (
        rows.exclude(**{column: ""})
        .annotate(shared=Upper(column))
        .values("shared")
        .annotate(count=Count("pk"))
        .filter(count__gt=1)
        .annotate(keys=ArrayAgg(key, order_by="pk"), names=ArrayAgg(name, order_by="pk"))
        .order_by("-count", "shared")[:limit]
    )
    return [
        Duplicate(
            side,
            record_type,
            column,
            row["shared"],
            row["count"],
            [(str(pk), str(title)) for pk, title in zip(row["keys"], row["names"], strict=True)][:SHOWN],
        )
        for row in shared
    ]
