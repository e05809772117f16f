"""Read one company: what changed since the cursor, in one call, committed together with the new cursor."""

import datetime
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from core.events import emit
from core.models import Origin
from qbo_connector import company, errors, gateway
from qbo_connector.client import PAGE_SIZE, QuickBooksClient
from qbo_connector.enums import Cause, LoadState
from qbo_connector.mirror import load, merge, schedule
from qbo_connector.mirror.entities import CHANGE_DATA, REFERENCE
from qbo_connector.mirror.parse import Answer, Row, Unreadable, read_answer
from qbo_connector.models import Connection, LoadProgress, MirrorObject, PullSchedule
from qbo_connector.services import status

log = structlog.get_logger(__name__)
# QuickBooks commits a change up to some minutes later than the time it stamps on it.
OVERLAP = datetime.timedelta(minutes=5)
# Change data reaches back 30 days; one day less, because clocks differ.
OLDEST = datetime.timedelta(days=29)
DAILY = datetime.timedelta(hours=24)


def pull(lease: schedule.Lease) -> None:
    """Read the leased company. A kill at any point is repaired by running again; a bad answer moves no cursor."""
    if not schedule.begin(lease):
        log.warning("pull.lease_lost", connection=lease.connection_id)
        return
    connection = Connection.objects.get(pk=lease.connection_id)
    plan = PullSchedule.objects.get(pk=lease.connection_id)
    if not connection.active:
        schedule.release(lease, due_at=schedule.next_due(connection, timezone.now()))
        return
    try:
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
    unfinished = LoadProgress.objects.filter(connection=connection).exclude(state=LoadState.DONE).exists()
    if plan.cursor is None and connection.reference_read_at is None:
        _read_reference_first(connection, lease)
    if plan.cursor is None or unfinished:
        if not load.run_slice(connection, lease):
            schedule.release(lease, due_at=timezone.now())
            return
        plan.refresh_from_db()
    cause = Cause(plan.cause)
    client = gateway.client_for(connection, cause)
    reference = _reference(connection, plan, client)
    try:
        answer = _changes(connection, client, plan)
    except DeletionsHidden as hidden:
        log.warning("pull.listed_anew", connection=connection.pk, entity=str(hidden))
        load.start(connection, lease)
        schedule.release(lease, due_at=timezone.now())
        return
    _commit(connection, lease, answer, reference, requested_at=plan.requested_at)


def _read_reference_first(connection: Connection, lease: schedule.Lease) -> None:
    """Tax codes and preferences before anything that refers to them."""
    reference = read_reference(gateway.client_for(connection, Cause.FIRST_LOAD))
    with transaction.atomic():
        schedule.confirm(lease)
        save_reference(connection, reference)
        PullSchedule.objects.filter(connection=connection).update(read_reference=False)
    connection.refresh_from_db()


def _changes(connection: Connection, client: QuickBooksClient, plan: PullSchedule) -> Answer:
    """Everything that changed since the cursor. One call, unless it comes back full."""
    assert plan.cursor is not None
    since = plan.cursor - OVERLAP
    answer = read_answer(client.changes_since(CHANGE_DATA, since))
    if answer.objects < PAGE_SIZE:
        return answer
    log.info("pull.window_full", connection=connection.pk, objects=answer.objects)
    combined = Answer(time=answer.time)
    for entity in CHANGE_DATA:
        part = read_answer(client.changes_since([entity], since))
        combined.rows += part.rows
        combined.unreadable += part.unreadable
        if part.objects >= PAGE_SIZE:
            # A full window hides the rest; pages by key bring all of them, but not what was deleted.
            living = client.count(entity, load.everything(entity))
            rows, unreadable = load.read_all_since(client, entity, since)
            if _mirrored_with(connection, entity, rows) > living:
                raise DeletionsHidden(entity)
            combined.rows += rows
            combined.unreadable += unreadable
    return combined


class DeletionsHidden(Exception):
    """The mirror holds more than QuickBooks: some of it was deleted in a window too full to say which."""


def _mirrored_with(connection: Connection, entity: str, rows: list[Row]) -> int:
    """How many living objects of an entity the mirror will hold with ``rows``."""
    living = MirrorObject.objects.filter(connection=connection, entity=entity, deleted=False)
    wanted = {row.qbo_id for row in rows}
    return living.count() + len(wanted) - living.filter(qbo_id__in=wanted).count()


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
        answer = read_answer(client.select(load.statement(entity)))
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


def _commit(
    connection: Connection,
    lease: schedule.Lease,
    answer: Answer,
    reference: _Reference | None,
    *,
    requested_at: datetime.datetime | None,
) -> None:
    with transaction.atomic():
        row = schedule.confirm(lease)
        changed = merge.merge_rows(connection, answer.rows)
        merge.park(connection, answer.unreadable)
        merge.release(connection, answer.rows)
        if reference is not None:
            changed += save_reference(connection, reference)
        now = timezone.now()
        row.cursor = max(answer.time, row.cursor or answer.time)
        row.finished_at, row.failures, row.last_problem, row.leased_until = now, 0, "", None
        if row.requested_at == requested_at:
            # Nobody asked again while we were reading.
            row.due_at, row.cause = schedule.next_due(connection, now), Cause.CYCLE
            row.read_reference = False
        row.save()
        if changed:
            emit_changed(connection)


def emit_changed(connection: Connection) -> None:
    """One event for a batch of changed mirror rows."""
    emit("mirror.changed", connection, origin=Origin.SYNC)
