"""Read one company: what changed since the cursor, in one call, committed together with the new cursor."""

import datetime
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from core import ending
from core.events import emit
from core.metrics import counters
from core.models import Origin
from qbo_connector import company, errors, gateway
from qbo_connector.client import PAGE_SIZE, QuickBooksClient
from qbo_connector.enums import Cause, LoadState
from qbo_connector.mirror import absence, load, merge, schedule
from qbo_connector.mirror.entities import REFERENCE
from qbo_connector.mirror.paging import everything, statement
from qbo_connector.mirror.parse import Answer, Row, Unreadable, read_answer
from qbo_connector.models import Connection, LoadProgress, PullSchedule
from qbo_connector.services import status

log = structlog.get_logger(__name__)
# QuickBooks commits a change up to some minutes later than the time it stamps on it.
OVERLAP = datetime.timedelta(minutes=5)
# Change data reaches back 30 days; one day less, because clocks differ.
OLDEST = datetime.timedelta(days=29)
DAILY = datetime.timedelta(hours=24)


def pull(lease: schedule.Lease) -> None:
    """Read the leased company. A kill at any point is repaired by running again; a bad answer moves no cursor."""
    with structlog.contextvars.bound_contextvars(connection=lease.connection_id):
        _pull_leased(lease)


def _pull_leased(lease: schedule.Lease) -> None:
    if not schedule.begin(lease):
        log.warning("pull.lease_lost", connection=lease.connection_id)
        return
    connection = Connection.objects.get(pk=lease.connection_id)
    plan = PullSchedule.objects.get(pk=lease.connection_id)
    if not connection.active:
        schedule.release(lease, due_at=schedule.next_due(connection, timezone.now()))
        return
    try:
        with counters.failures(counters.PULLS_FAILED, errors.QboError):
            _pull(connection, plan, lease)
    except schedule.LeaseLost:
        log.warning("pull.lease_lost", connection=connection.pk)
    except errors.NeedsReconnect as error:
        status.needs_reconnect(connection, error)
        schedule.failed(lease, error.plain)
    except errors.CompanyInactive as error:
        status.pause(connection, error)
        schedule.failed(lease, error.plain)
    except errors.Throttled as error:
        schedule.failed(lease, error.plain, wait=datetime.timedelta(seconds=65))
    except errors.QboError as error:
        log.warning("pull.failed", connection=connection.pk, error=str(error), intuit_tid=error.tid)
        schedule.failed(lease, f"{error.plain} {error.fault.detail or error.fault.message}".strip())


def _pull(connection: Connection, plan: PullSchedule, lease: schedule.Lease) -> None:
    if plan.cursor is not None and timezone.now() - plan.cursor > OLDEST:
        load.start(connection, lease)
        plan.refresh_from_db()
    if plan.cursor is None and connection.reference_read_at is None:
        _read_reference_first(connection, lease)
    if plan.cursor is None and not LoadProgress.objects.filter(connection=connection).exists():
        load.start(connection, lease)
    deadline = time.monotonic() + load.SLICE_SECONDS
    while True:
        if load.unfinished(connection) and not load.run_slice(connection, lease):
            break
        plan.refresh_from_db()
        if _read_changes(connection, plan, lease):
            return
        if ending.over(deadline):
            break
    schedule.release(lease, due_at=timezone.now())


def _read_changes(connection: Connection, plan: PullSchedule, lease: schedule.Lease) -> bool:
    """One change-data read, committed with its cursor. False when something is to be listed now."""
    client = gateway.client_for(connection, Cause(plan.cause))
    reference = _reference(connection, plan, client)
    counts = _counts(connection, plan)
    try:
        answer, full = _changes(connection, client, plan)
    except errors.Refused as error:
        # Which fault says that a cursor is too old is not documented. After a fresh listing it can't be the reason.
        if plan.loaded_at is None or timezone.now() - plan.loaded_at < DAILY:
            raise
        log.warning("pull.changes_refused", connection=connection.pk, error=str(error), intuit_tid=error.tid)
        load.start(connection, lease)
        return False
    return _commit(connection, lease, _Read(answer, full, reference, counts, plan.requested_at))


def _read_reference_first(connection: Connection, lease: schedule.Lease) -> None:
    """Tax codes and preferences before anything that refers to them."""
    reference = read_reference(gateway.client_for(connection, Cause.FIRST_LOAD))
    with transaction.atomic():
        schedule.confirm(lease)
        save_reference(connection, reference)
        PullSchedule.objects.filter(connection=connection).update(read_reference=False)
    connection.refresh_from_db()


def _changes(connection: Connection, client: QuickBooksClient, plan: PullSchedule) -> tuple[Answer, list[str]]:
    """Everything that changed since the cursor, and the entities whose window is too full to hold it. One call, unless
    it comes back full."""
    assert plan.cursor is not None
    since = plan.cursor - OVERLAP
    entities = load.offered(connection)
    answer = read_answer(client.changes_since(entities, since))
    if answer.objects < PAGE_SIZE:
        return answer, []
    log.info("pull.window_full", connection=connection.pk, objects=answer.objects)
    combined, full = Answer(time=answer.time), []
    for entity in entities:
        part = read_answer(client.changes_since([entity], since))
        combined.rows += part.rows
        combined.unreadable += part.unreadable
        if part.objects >= PAGE_SIZE:
            full.append(entity)
    return combined, full


def _counts(connection: Connection, plan: PullSchedule) -> dict[str, int]:
    """QuickBooks' number of objects of the entities that are to be counted, asked for right before change data."""
    if not plan.to_count:
        return {}
    client = gateway.client_for(connection, Cause.COUNT_CHECK)
    offered = set(load.offered(connection))
    return {entity: client.count(entity, everything(entity)) for entity in plan.to_count if entity in offered}


def _reference(connection: Connection, plan: PullSchedule, client: QuickBooksClient) -> "_Reference | None":
    """Tax codes, rates, company and preferences: once a day, on request, after a refusal that hints at them."""
    read_at = connection.reference_read_at
    if not plan.read_reference and read_at is not None and timezone.now() - read_at < DAILY:
        return None
    daily = not plan.read_reference
    reader = gateway.client_for(connection, Cause.DAILY) if daily else client
    return read_reference(reader)


class _Reference:
    def __init__(self, rows: list[Row], unreadable: list[Unreadable], facts: dict[str, Any]) -> None:
        self.rows, self.unreadable, self.facts = rows, unreadable, facts


def read_reference(client: QuickBooksClient) -> _Reference:
    """What change data lacks: one read for each entity."""
    rows: list[Row] = []
    unreadable: list[Unreadable] = []
    for entity in REFERENCE:
        answer = read_answer(client.select(statement(entity)))
        rows += answer.rows
        unreadable += answer.unreadable
    return _Reference(rows, unreadable, company.facts(client.company_info(), client.preferences()))


def save_reference(connection: Connection, reference: _Reference) -> int:
    """Store reference data in the caller's transaction; returns how many rows changed."""
    changed = merge.merge_rows(connection, reference.rows)
    merge.park(connection, reference.unreadable)
    # The time zone is a setting, proposed when the company was connected; reading again must not undo it.
    facts = {name: value for name, value in reference.facts.items() if name != "time_zone"}
    Connection.objects.filter(pk=connection.pk).update(**facts, reference_read_at=timezone.now())
    return changed


@dataclass(frozen=True)
class _Read:
    """What one read brought, before it is committed."""

    answer: Answer
    full: list[str]
    reference: "_Reference | None"
    counts: dict[str, int]
    requested_at: datetime.datetime | None


def _commit(connection: Connection, lease: schedule.Lease, read: _Read) -> bool:
    with transaction.atomic():
        row = schedule.confirm(lease)
        cursor, cause = row.cursor, row.cause
        changed = merge.merge_by_entity(connection, read.answer.rows)
        merge.park(connection, read.answer.unreadable)
        merge.release(connection, read.answer.rows)
        if read.reference is not None:
            changed["reference"] = save_reference(connection, read.reference)
            connection.reference_read_at = timezone.now()
            row.read_reference = row.requested_at != read.requested_at
            load.ask_for_refused(connection)
        assert cursor is not None
        row.cursor = max(read.answer.time, cursor)
        differing = _compare(connection, row, read, changed)
        if read.full:
            _page_through(connection, read.full, since=cursor - OVERLAP)
            row.to_count = sorted({*row.to_count, *read.full})
        if differing:
            load.list_anew(connection, differing)
            emit("connection.counts_differ", connection, origin=Origin.SYNC, entities=differing)
        again = bool(differing or read.full or (read.reference is not None and load.unfinished(connection)))
        if not again:
            _rest(connection, row, requested_at=read.requested_at)
        idle = _count_idle(row, changed.total())
        row.save()
        if changed.total():
            emit_changed(connection, changed, cause, idle=idle)
    return not again


def _rest(connection: Connection, row: PullSchedule, *, requested_at: datetime.datetime | None) -> None:
    """Give the lease back until the next time, or at once if somebody asked again while we were reading."""
    now = timezone.now()
    row.finished_at, row.failures, row.last_problem, row.leased_until = now, 0, "", None
    if row.requested_at == requested_at:
        row.due_at, row.cause = schedule.next_due(connection, now), Cause.CYCLE
        row.read_reference = False


def _count_idle(row: PullSchedule, changed: int) -> int:
    """Count a read without change in the row that is written anyway; how many there were before one with change."""
    if changed:
        before, row.idle_reads, row.idle_since = row.idle_reads, 0, None
        return before
    row.idle_reads, row.idle_since = row.idle_reads + 1, row.idle_since or timezone.now()
    return 0


def _compare(connection: Connection, row: PullSchedule, read: _Read, changed: Counter[str]) -> list[str]:
    """The entities of which the mirror holds another number than QuickBooks. Sets what is still to be counted.

    Judged only where the read after the count brought nothing new: then the mirror is as it was at the count.
    """
    differing = []
    for entity, counted in read.counts.items():
        if not changed[entity] and entity not in read.full and counted != absence.held(connection, entity):
            differing.append(entity)
    row.to_count = [
        entity for entity in row.to_count if entity in read.full or (entity in read.counts and changed[entity])
    ]
    return differing


def _page_through(connection: Connection, entities: list[str], *, since: datetime.datetime) -> None:
    """Have what a full window hides read in pages, from the window's start on; killed or not, they go on."""
    LoadProgress.objects.filter(connection=connection, entity__in=entities).update(
        state=LoadState.WAITING, since=since, offset=0, seen=[], gone=[], expected=None
    )


def emit_changed(connection: Connection, changed: Counter[str], cause: str, *, idle: int = 0) -> None:
    """One event for a read that brought something: why it was made, how many objects are new or changed, and how many
    reads without change (``idle``) came before it.
    """
    counts = {entity: number for entity, number in sorted(changed.items()) if number}
    emit("mirror.changed", connection, origin=Origin.SYNC, cause=str(cause), changed=counts, idle=idle)
