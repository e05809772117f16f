"""A batch of mirror rows on its way into the CRM: its links before and after."""

import datetime
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db.models import Q
from django.utils import timezone

from core.inserting import put_many
from qbo_connector.enums import OperationState
from qbo_connector.mirror import read
from qbo_connector.mirror.read import Mirrored
from qbo_connector.models import Connection, Operation, PullSchedule
from qbo_connector.outbox.plan import OPEN
from sync.enums import Outcome, SyncObject
from sync.mapping.payment import marked_intent
from sync.mapping.reading import BadPayload
from sync.models import Link, ObjectSettings
from sync.policies import Policy

Values = TypeVar("Values")


@dataclass
class Batch:
    """Rows of one entity. ``later`` collects the ids of rows that have to wait for something under way."""

    connection: Connection
    rows: list[Mirrored]
    policy: Policy
    quiet_until: datetime.datetime | None
    later: list[int] = field(default_factory=list)
    # A person asked for it: it is told however old the rows are.
    told: bool = False

    @property
    def enabled(self) -> bool:
        """Whether the object is switched on."""
        return self.policy.enabled

    @property
    def quiet(self) -> bool:
        """Whether these rows come from a first load or a back-fill, which fill no timeline and start no workflow."""
        if self.told:
            return False
        return self.quiet_until is None or all(found.row.mirrored_at <= self.quiet_until for found in self.rows)

    @property
    def living(self) -> list[Mirrored]:
        """The rows that QuickBooks still has."""
        return [found for found in self.rows if not found.row.deleted]

    @property
    def gone(self) -> list[str]:
        """QuickBooks ids of the rows that it reported deleted."""
        return [found.row.qbo_id for found in self.rows if found.row.deleted]

    def park(self, found: Mirrored, reason: str) -> None:
        """Set a row aside with the reason; the rest of the batch goes on."""
        read.park_payload(self.connection, found, reason)


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


def save_links(links: Sequence[Link], *, new: Collection[int] = ()) -> None:
    """Write links in bulk, by their record; ``new`` are the ids of records made just now, which have none yet."""
    put_many(
        links,
        new=lambda link: link.object_id in new,
        update_conflicts=True,
        unique_fields=["connection", "entity", "object_type", "object_id"],
        update_fields=[
            "qbo_id",
            "outcome",
            "reason",
            "detail",
            "exclusion",
            "snapshot",
            "sync_token",
            "matched_by",
            "changed_at",
            "synced_at",
        ],
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


def age(qbo_id: str) -> tuple[int, str]:
    """Sorts ids by age: QuickBooks counts them upwards."""
    return (len(qbo_id), qbo_id)


def marked(living: Sequence[Mirrored]) -> dict[Any, str]:
    """The object of each intent in a marker; a copy carries that of its original, which is older."""
    marked: dict[Any, str] = {}
    for found in living:
        intent = marked_intent(found.payload)
        if intent is not None:
            marked[intent] = min(marked.get(intent, found.row.qbo_id), found.row.qbo_id, key=age)
    return marked


def readable(
    batch: Batch, read_payload: Callable[[dict[str, Any]], Values], *, name: str
) -> list[tuple[Mirrored, Values]]:
    """The living rows of a batch in the CRM's words; those that can't be read are parked.

    Rows that our own outbox is just creating (told by ``name``, the payload's field) wait for its answer: applied
    now, they would make a second record.
    """
    entity = batch.rows[0].row.entity
    # Until its answer is settled, the record that an object was created for is not linked to it.
    unsettled = Q(state=OperationState.DONE, settled_at=None)
    operations = Operation.objects.filter(
        Q(state__in=OPEN) | unsettled, connection=batch.connection, entity=entity, verb="create"
    ).values_list(f"intent__{name}", "qbo_id")
    under_way = {key for keys in operations for key in keys if key}
    ready = []
    for found in batch.living:
        if found.row.name in under_way or found.row.qbo_id in under_way:
            batch.later.append(found.row.pk)
        else:
            ready.append(found)
    return understood(batch, ready, lambda found: read_payload(found.payload))


def understood(
    batch: Batch, rows: Iterable[Mirrored], read_row: Callable[[Mirrored], Values]
) -> list[tuple[Mirrored, Values]]:
    """Rows with what ``read_row`` makes of them; those whose payload it can't understand are parked."""
    found_values = []
    for found in rows:
        try:
            found_values.append((found, read_row(found)))
        except BadPayload as error:
            batch.park(found, str(error))
    return found_values
