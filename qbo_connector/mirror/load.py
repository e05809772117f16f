"""Load an entity completely, in pages by key: the first load, and the way out of a change-data window that is full.

Paging by offset loses rows that change meanwhile, and QuickBooks compares Ids only with = and IN. So each page asks
for LastUpdatedTime >= the last one seen, ordered by it; offsets are used only inside one timestamp, and repeats are
dropped by Id. Rows and progress are committed page by page, so a killed load goes on where it was.
"""

import datetime
import time
from collections.abc import Iterator

import structlog
from django.db import transaction
from django.utils import timezone

from core.events import emit
from core.models import Origin
from qbo_connector import gateway
from qbo_connector.client import PAGE_SIZE, QuickBooksClient
from qbo_connector.enums import Cause, LoadState
from qbo_connector.mirror import merge, schedule
from qbo_connector.mirror.entities import CHANGE_DATA, WITH_ACTIVE
from qbo_connector.mirror.parse import Answer, Row, Unreadable, read_answer
from qbo_connector.models import Connection, LoadProgress, MirrorObject, PullSchedule

log = structlog.get_logger(__name__)
# A task may run for two minutes; a slice ends long before that and the next one follows at once.
SLICE_SECONDS = 30.0
ASKED_AT_ONCE = 500


def statement(entity: str, *, since: datetime.datetime | None = None, start: int = 1, where: str = "") -> str:
    """A page of an entity in QuickBooks' query language, ordered by the time of the last update."""
    conditions = ["Active IN (true, false)"] if entity in WITH_ACTIVE else []
    if since is not None:
        conditions.append(f"MetaData.LastUpdatedTime >= '{since.isoformat(timespec='seconds')}'")
    if where:
        conditions.append(where)
    clause = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = " ORDERBY MetaData.LastUpdatedTime ASC" if since is not None else ""
    return f"SELECT * FROM {entity}{clause}{order} STARTPOSITION {start} MAXRESULTS {PAGE_SIZE}"


def everything(entity: str) -> str:
    """The condition under which a count takes in inactive objects as well."""
    return "WHERE Active IN (true, false)" if entity in WITH_ACTIVE else ""


# QuickBooks' oldest companies are from 2001; a fixed start makes the first page like every other.
BEGINNING = datetime.datetime(1990, 1, 1, tzinfo=datetime.UTC)


class _Position:
    """Where the next page begins: a timestamp, and an offset among the rows from that timestamp on."""

    def __init__(self, since: datetime.datetime, offset: int) -> None:
        self.since, self.offset = since, offset

    def after(self, answer: Answer, entity: str) -> "_Position | None":
        """The next position, or None when this was the last page."""
        count = answer.counts.get(entity, 0)
        if count < PAGE_SIZE:
            return None
        newest = max((row.remote_updated_at for row in answer.rows), default=self.since)
        if newest > self.since:
            return _Position(newest, 0)
        return _Position(self.since, self.offset + count)


def pages(client: QuickBooksClient, entity: str, position: _Position) -> Iterator[tuple[Answer, _Position | None]]:
    """The pages of an entity from a position on, each with the position of the next one."""
    following: _Position | None = position
    while following is not None:
        here = following
        answer = read_answer(client.select(statement(entity, since=here.since, start=here.offset + 1)))
        following = here.after(answer, entity)
        yield answer, following


def read_all_since(
    client: QuickBooksClient, entity: str, since: datetime.datetime
) -> tuple[list[Row], list[Unreadable]]:
    """All objects of an entity that changed since."""
    rows: list[Row] = []
    unreadable: list[Unreadable] = []
    for answer, _following in pages(client, entity, _Position(since, 0)):
        rows += answer.rows
        unreadable += answer.unreadable
    return rows, unreadable


def start(connection: Connection, lease: schedule.Lease) -> None:
    """Plan a load of every entity; the cursor is set again when it is complete."""
    with transaction.atomic():
        row = schedule.confirm(lease)
        LoadProgress.objects.filter(connection=connection).delete()
        LoadProgress.objects.bulk_create(LoadProgress(connection=connection, entity=e) for e in CHANGE_DATA)
        row.cursor = None
        row.save(update_fields=["cursor"])


def run_slice(connection: Connection, lease: schedule.Lease) -> bool:
    """Load for up to SLICE_SECONDS; returns whether everything is loaded now."""
    if not LoadProgress.objects.filter(connection=connection).exists():
        start(connection, lease)
    client = gateway.client_for(connection, Cause.FIRST_LOAD)
    again = PullSchedule.objects.filter(connection=connection, loaded_at__isnull=False).exists()
    deadline = time.monotonic() + SLICE_SECONDS
    order = {entity: number for number, entity in enumerate(CHANGE_DATA)}
    waiting = LoadProgress.objects.filter(connection=connection).exclude(state=LoadState.DONE)
    for progress in sorted(waiting, key=lambda row: order.get(row.entity, 99)):
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
    if progress.expected is None:
        progress.expected = client.count(progress.entity, everything(progress.entity))
        progress.state = LoadState.RUNNING
        progress.save(update_fields=["expected", "state"])
    position = _Position(progress.since or BEGINNING, progress.offset)
    for answer, following in pages(client, progress.entity, position):
        # Change data no longer tells what was deleted since the last load, so the new listing has to.
        if again:
            answer.rows += _moved_or_deleted(connection, client, progress.entity, position, answer, following)
        position = following or position
        _commit_page(connection, lease, progress, answer, following)
        if following is not None and time.monotonic() > deadline:
            return False
    return True


def _moved_or_deleted(
    connection: Connection,
    client: QuickBooksClient,
    entity: str,
    here: _Position,
    answer: Answer,
    following: _Position | None,
) -> list[Row]:
    """What the mirror has in the span of this page and the page lacks: as it is now, or a tombstone where it is gone.

    Asked for by Id, because an object that changed meanwhile only moved to a later page. Nothing is concluded about
    the timestamp in which a page begins with an offset: other pages hold the rest of it.
    """
    known = MirrorObject.objects.filter(connection=connection, entity=entity, deleted=False)
    known = known.filter(**{"remote_updated_at__gt" if here.offset else "remote_updated_at__gte": here.since})
    if following is not None:
        known = known.filter(remote_updated_at__lt=following.since)
    listed = {row.qbo_id for row in answer.rows} | {record.qbo_id for record in answer.unreadable}
    missing = [qbo_id for qbo_id in known.order_by("pk").values_list("qbo_id", flat=True) if qbo_id not in listed]
    rows: list[Row] = []
    for first in range(0, len(missing), ASKED_AT_ONCE):
        asked = missing[first : first + ASKED_AT_ONCE]
        quoted = ", ".join("'{}'".format(qbo_id.replace("\\", "\\\\").replace("'", "\\'")) for qbo_id in asked)
        found = read_answer(client.select(statement(entity, where=f"Id IN ({quoted})")))
        there = {row.qbo_id for row in found.rows} | {record.qbo_id for record in found.unreadable}
        rows += found.rows
        if "" not in there:  # else one of them is there, but can't be told
            rows += [
                Row(entity, qbo_id, 0, found.time, digest=b"", body=b"", deleted=True)
                for qbo_id in asked
                if qbo_id not in there
            ]
    return rows


def _commit_page(
    connection: Connection, lease: schedule.Lease, progress: LoadProgress, answer: Answer, following: _Position | None
) -> None:
    with transaction.atomic():
        schedule.confirm(lease)
        changed = merge.merge_rows(connection, answer.rows)
        merge.park(connection, answer.unreadable)
        merge.release(connection, answer.rows)
        progress.started_at = progress.started_at or answer.time
        progress.loaded += answer.objects
        if following is None:
            progress.state, progress.finished_at = LoadState.DONE, timezone.now()
        else:
            progress.since, progress.offset = following.since, following.offset
        progress.save()
        if changed:
            emit("mirror.changed", connection, origin=Origin.SYNC)


def _finish(connection: Connection, lease: schedule.Lease) -> None:
    """Set the cursor to the load's own start, so that the change-data call that follows brings what moved meanwhile."""
    with transaction.atomic():
        row: PullSchedule = schedule.confirm(lease)
        starts = LoadProgress.objects.filter(connection=connection).values_list("started_at", flat=True)
        row.cursor = min((moment for moment in starts if moment is not None), default=None)
        row.loaded_at = timezone.now()
        row.save(update_fields=["cursor", "loaded_at"])
        emit(
            "connection.loaded",
            connection,
            origin=Origin.SYNC,
            counts={p.entity: p.loaded for p in LoadProgress.objects.filter(connection=connection)},
        )
    log.info("load.finished", connection=connection.pk)
