"""Load an entity completely: the first load, a repeated listing, and the way out of a full change-data window.

Rows and progress are committed page by page, so a killed load goes on where it was. A listing of an entity that was
loaded before also finds what is gone: change data no longer tells it.
"""

import time
from collections.abc import Collection

import structlog
from django.db import transaction
from django.utils import timezone

from core import ending
from core.events import emit
from core.models import Origin
from qbo_connector import errors, gateway
from qbo_connector.client import QuickBooksClient
from qbo_connector.enums import Cause, LoadState
from qbo_connector.mirror import absence, merge, schedule
from qbo_connector.mirror.entities import CHANGE_DATA, OPTIONAL
from qbo_connector.mirror.paging import BEGINNING, Position, everything, pages
from qbo_connector.mirror.parse import Answer
from qbo_connector.models import Connection, LoadProgress, PullSchedule

log = structlog.get_logger(__name__)
# A task may run for two minutes; a slice ends long before that and the next one follows at once.
SLICE_SECONDS = 30.0


def start(connection: Connection, lease: schedule.Lease) -> None:
    """Plan a load of every entity; the cursor is set again when it is complete."""
    with transaction.atomic():
        row = schedule.confirm(lease)
        LoadProgress.objects.filter(connection=connection).delete()
        LoadProgress.objects.bulk_create(LoadProgress(connection=connection, entity=e) for e in CHANGE_DATA)
        row.cursor, row.to_count = None, []
        row.save(update_fields=["cursor", "to_count"])


def list_anew(connection: Connection, entities: Collection[str]) -> None:
    """Plan a listing of some entities from their beginning, beside the regular reads. In the caller's transaction."""
    LoadProgress.objects.filter(connection=connection, entity__in=entities).delete()
    LoadProgress.objects.bulk_create(LoadProgress(connection=connection, entity=entity) for entity in entities)


def unfinished(connection: Connection) -> bool:
    """Whether an entity is still to be listed; also one that an older version of this program did not know."""
    done = LoadProgress.objects.filter(connection=connection, state=LoadState.DONE, entity__in=CHANGE_DATA)
    return done.count() < len(CHANGE_DATA)


def offered(connection: Connection) -> list[str]:
    """The entities that change data is asked for: all but those that QuickBooks refuses to this company."""
    refused = LoadProgress.objects.filter(connection=connection, refused=True)
    hidden = set(refused.values_list("entity", flat=True))
    return [entity for entity in CHANGE_DATA if entity not in hidden]


def ask_for_refused(connection: Connection) -> None:
    """Have what was refused asked for again: multicurrency or classes may have been switched on since."""
    LoadProgress.objects.filter(connection=connection, refused=True).update(state=LoadState.WAITING, refused=False)


def run_slice(connection: Connection, lease: schedule.Lease) -> bool:
    """Load for up to SLICE_SECONDS; returns whether everything is loaded now."""
    rows = [LoadProgress(connection=connection, entity=entity) for entity in CHANGE_DATA]
    LoadProgress.objects.bulk_create(rows, ignore_conflicts=True)
    client = gateway.client_for(connection, Cause.FIRST_LOAD)
    again = PullSchedule.objects.filter(connection=connection, loaded_at__isnull=False).exists()
    deadline = time.monotonic() + SLICE_SECONDS
    order = {entity: number for number, entity in enumerate(CHANGE_DATA)}
    waiting = LoadProgress.objects.filter(connection=connection, entity__in=CHANGE_DATA).exclude(state=LoadState.DONE)
    for progress in sorted(waiting, key=lambda row: order[row.entity]):
        if not _load_entity(connection, lease, client, progress, deadline, again=again):
            return False
    _finish(connection, lease)
    return True


def _load_entity(
    connection: Connection,
    lease: schedule.Lease,
    client: QuickBooksClient,
    progress: LoadProgress,
    deadline: float,
    *,
    again: bool,
) -> bool:
    position = Position(progress.since or BEGINNING, progress.offset, frozenset(progress.seen))
    try:
        for here, answer, following in pages(client, progress.entity, position):
            if following is not None and progress.expected is None:
                # Only a list of many pages needs a bar that says how far it is.
                progress.expected = client.count(progress.entity, everything(progress.entity))
            # Change data no longer tells what was deleted since the last load, so the new listing has to.
            if again:
                moved, gone = absence.moved_or_gone(connection, client, progress.entity, here, answer, following)
                answer.rows += moved
                progress.gone = sorted({*progress.gone, *gone})
                if following is None:
                    answer.rows += absence.proven(connection, client, progress, answer)
            _commit_page(connection, lease, progress, here, answer, following)
            if following is not None and ending.over(deadline):
                return False
    except errors.Refused as error:
        if progress.entity not in OPTIONAL:
            raise
        log.info("load.not_offered", connection=connection.pk, entity=progress.entity, error=str(error))
        with transaction.atomic():
            schedule.confirm(lease)
            progress.state, progress.refused, progress.finished_at = LoadState.DONE, True, timezone.now()
            progress.save()
    return True


def _commit_page(
    connection: Connection,
    lease: schedule.Lease,
    progress: LoadProgress,
    here: Position,
    answer: Answer,
    following: Position | None,
) -> None:
    with transaction.atomic():
        schedule.confirm(lease)
        changed = merge.merge_rows(connection, answer.rows)
        merge.park(connection, answer.unreadable)
        merge.release(connection, answer.rows)
        progress.started_at = progress.started_at or answer.time
        progress.loaded += answer.objects - here.repeated(answer)
        if following is None:
            progress.state, progress.finished_at = LoadState.DONE, timezone.now()
            progress.offset, progress.seen, progress.gone = 0, [], []
        else:
            progress.state = LoadState.RUNNING
            progress.since, progress.offset, progress.seen = following.since, following.offset, sorted(following.seen)
        progress.save()
        if changed:
            emit("mirror.changed", connection, origin=Origin.SYNC)


def _finish(connection: Connection, lease: schedule.Lease) -> None:
    """Set the cursor to the load's own start, so that the change-data call that follows brings what moved meanwhile.

    A listing of some entities beside the regular reads leaves the cursor: those reads went on from it.
    """
    with transaction.atomic():
        row: PullSchedule = schedule.confirm(lease)
        if row.cursor is not None:
            return
        loads = LoadProgress.objects.filter(connection=connection)
        starts = loads.values_list("started_at", flat=True)
        row.cursor = min((moment for moment in starts if moment is not None), default=None)
        row.loaded_at = timezone.now()
        row.save(update_fields=["cursor", "loaded_at"])
        emit("connection.loaded", connection, origin=Origin.SYNC, counts={p.entity: p.loaded for p in loads})
    log.info("load.finished", connection=connection.pk)
