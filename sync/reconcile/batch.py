"""A batch of mirror rows on its way into the CRM: its links before and after."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from qbo_connector.mirror import read
from qbo_connector.mirror.read import Mirrored
from qbo_connector.models import Connection, PullSchedule
from sync.enums import Outcome, SyncObject
from sync.models import Link, ObjectSettings


@dataclass
class Batch:
    """Rows of one entity. ``later`` collects the ids of rows that have to wait for something under way."""

    connection: Connection
    rows: list[Mirrored]
    enabled: bool
    quiet_until: datetime.datetime | None
    later: list[int] = field(default_factory=list)

    @property
    def quiet(self) -> bool:
        """Whether these rows come from a first load or a back-fill, which fill no timeline and start no workflow."""
        return self.quiet_until is None or all(found.row.mirrored_at <= self.quiet_until for found in self.rows)

    def park(self, found: Mirrored, reason: str) -> None:
        """Set a row aside with the reason; the rest of the batch goes on."""
        body = bytes(found.row.payload.body) if hasattr(found.row, "payload") else b""
        read.park_payload(self.connection, found, reason, body)


def quiet_until(connection: Connection, sync_object: SyncObject) -> datetime.datetime | None:
    """Rows mirrored up to then are history: the end of the first load, or when the object was switched on."""
    loaded = PullSchedule.objects.filter(connection=connection).values_list("loaded_at", flat=True).first()
    if loaded is None:
        return None
    enabled = (
        ObjectSettings.objects.filter(connection=connection, sync_object=sync_object)
        .values_list("enabled_at", flat=True)
        .first()
    )
    return max(loaded, enabled) if enabled else loaded


def links_by_id(connection: Connection, entity: str, object_type: str, qbo_ids: Iterable[str]) -> dict[str, Link]:
    """Links of some QuickBooks objects to one kind of record."""
    found = Link.objects.filter(connection=connection, entity=entity, object_type=object_type, qbo_id__in=list(qbo_ids))
    return {link.qbo_id: link for link in found}


def save_links(links: Sequence[Link]) -> None:
    """Write links in one statement, by their record."""
    Link.objects.bulk_create(
        links,
        update_conflicts=True,
        unique_fields=["connection", "entity", "object_type", "object_id"],
        update_fields=["qbo_id", "outcome", "reason", "detail", "snapshot", "sync_token", "matched_by", "synced_at"],
    )


def new_link(connection: Connection, found: Mirrored, object_type: str, object_id: int, **values: Any) -> Link:
    """A link of a mirror row to a record, in sync as of now."""
    return Link(
        connection=connection,
        entity=found.row.entity,
        qbo_id=found.row.qbo_id,
        object_type=object_type,
        object_id=object_id,
        sync_token=found.row.sync_token,
        synced_at=timezone.now(),
        **{"outcome": Outcome.IN_SYNC, "reason": "", "detail": "", **values},
    )


def changed_in_quickbooks(values: Mapping[str, Any], snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """The values that QuickBooks changed since both sides last agreed; what the CRM changed alone stays."""
    return {name: value for name, value in values.items() if name not in snapshot or snapshot[name] != plain(value)}


def snapshot_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON, for the next three-way merge."""
    return {name: plain(value) for name, value in values.items()}


def plain(value: Any) -> Any:
    """A value as JSON: amounts and dates as text in one notation."""
    if value is None or isinstance(value, bool | int | str | dict | list):
        return value
    return format(value.normalize(), "f") if hasattr(value, "normalize") else value.isoformat()


def mark_broken(connection: Connection, entity: str, qbo_ids: Sequence[str]) -> None:
    """QuickBooks deleted the objects (or merged them away); the records stay and say so."""
    if qbo_ids:
        Link.objects.filter(connection=connection, entity=entity, qbo_id__in=qbo_ids).exclude(
            outcome=Outcome.BROKEN
        ).update(
            outcome=Outcome.BROKEN,
            reason="This was deleted or merged in QuickBooks.",
            changed_at=timezone.now(),
        )
