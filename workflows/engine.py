"""Carrying records through workflows: lease what is due, run one step at a time, note what became of it.

Each step, what it writes, its outcome and the new position are one transaction: a worker that dies leaves the step not
begun, and whoever leases the record next runs it. A worker that comes too late finds another token and does nothing.
"""

import contextlib
import contextvars
import datetime
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from core import company, ending, properties
from core.access import decided
from core.events import caused_by, dispatched_together, emit
from core.models import Origin
from workflows import records
from workflows.definition import END, Flow, Step
from workflows.enums import OPEN, EnrolmentState, StepState
from workflows.models import Enrolment, MadeRecord, StepRun, Workflow, WorkflowVersion
from workflows.steps.registry import Done, Ended, Failed, Outcome, Skipped, StepContext, StepType, Wait, step_types

log = structlog.get_logger(__name__)
BATCH, FOR_BULKS = 20, 5
# How long a worker stays before it lets other messages pass.
WORK_SECONDS = 2.0
MOST_CRASHES = 3
# After a failure that may pass, the step is tried again after these times.
BACK_OFF = (
    datetime.timedelta(minutes=1),
    datetime.timedelta(minutes=5),
    datetime.timedelta(minutes=30),
    datetime.timedelta(hours=2),
)


def lease_length() -> datetime.timedelta:
    """How long a worker may keep a record: longer than a task may run."""
    return datetime.timedelta(seconds=settings.LEASE_SECONDS)


def work() -> bool:
    """Work on what is due for some seconds, unless another worker is at it; returns whether there is more to do.

    One worker at a time, so that thousands of records leave the others to people.
    """
    with _lane() as held:
        if not held:
            return False
        until = time.monotonic() + WORK_SECONDS
        with properties.remembered(), company.remembered(), remembered(), dispatched_together():
            while not ending.over(until):
                batch = lease()
                if not batch:
                    break
                for pk, token in batch:
                    if ending.over(until):
                        _give_back(token)
                        break
                    advance(pk, token)
    # Who came while the lane was held went away: what they were told of is looked for after it was given back.
    return due().exists()


@contextmanager
def _lane() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('workflows.lane'), 1)")
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        if held:
            # A session that is lost has given it back.
            with contextlib.suppress(OperationalError, InterfaceError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext('workflows.lane'), 1)")


def due(now: datetime.datetime | None = None, *, bulk: bool | None = None) -> QuerySet[Enrolment]:
    """The enrolments that somebody has to work on: all, or only those of bulks, or only single ones."""
    moment = now or timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=moment)
    kinds = [False, True] if bulk is None else [bulk]
    return Enrolment.objects.filter(free, state__in=OPEN, due_at__lte=moment, bulk__in=kinds)


@transaction.atomic
def lease(now: datetime.datetime | None = None) -> list[tuple[int, uuid.UUID]]:
    """Take what is due, single ones before bulks; ids with the token under which they are held.

    Where the last holder never came back, its worker died; after some of those the step has failed.
    """
    moment = now or timezone.now()
    ids = _next(moment, bulk=False, limit=BATCH - FOR_BULKS)
    ids += _next(moment, bulk=True, limit=BATCH - len(ids))
    if not ids:
        return []
    token = uuid.uuid4()
    Enrolment.objects.filter(pk__in=ids).update(
        lease_token=token,
        lease_until=moment + lease_length(),
        crashes=Case(When(lease_token=None, then=Value(0)), default=F("crashes") + 1),
    )
    return [(pk, token) for pk in ids]


def _next(now: datetime.datetime, *, bulk: bool, limit: int) -> list[int]:
    rows = due(now, bulk=bulk).select_for_update(skip_locked=True, of=("self",)).order_by("due_at", "id")
    return list(rows.values_list("pk", flat=True)[:limit])


def _give_back(token: uuid.UUID) -> None:
    """Let go of those that were leased and not begun."""
    Enrolment.objects.filter(lease_token=token, state__in=OPEN).update(lease_token=None, lease_until=None)


def advance(pk: int, token: uuid.UUID) -> None:
    """Run the steps of an enrolment until it waits or ends."""
    while True:
        try:
            goes_on = run_step(pk, token)
        except _TakenBack as taken:
            goes_on = _note_failure(pk, token, taken.failed)
        if not goes_on:
            return


class _TakenBack(Exception):
    """The step failed; what it wrote is rolled back, and the failure is noted afterwards."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.reason)
        self.failed = failed


@transaction.atomic
def run_step(pk: int, token: uuid.UUID) -> bool:
    """Run the step that comes next and note its outcome; returns whether the next one may follow at once.

    Raises _TakenBack where it failed.
    """
    held = _held(pk, token)
    if held is None:
        return False
    now = timezone.now()
    step = _flow(held).step(held.position)
    record = records.get(held.object_type, held.record_id)
    if record is None:
        return _end(held, EnrolmentState.STOPPED, _("The record is gone."), now)
    if held.position == END or step is None:
        return _end(held, EnrolmentState.FINISHED, "", now)
    known = step_types.get(str(step["type"]))
    if known is None:
        raise _TakenBack(Failed(_("There is no such step any more.")))
    if held.crashes >= MOST_CRASHES:
        raise _TakenBack(Failed(_("Its worker died %d times at this step.") % held.crashes))
    noted = _noted(held, step, now)
    run = StepContext(
        record,
        held.object_type,
        step,
        key=noted.key,
        enrolment=held,
        event=held.event,
        waiting=noted.outcome.get("waiting") or {},
        now=now,
        owner=_owner(held.workflow_id),
        again=noted.state == StepState.FAILED,
    )
    outcome = _ask(known, step, run)
    if isinstance(outcome, Failed) and not outcome.keep:
        raise _TakenBack(outcome)
    _keep_notes(held, run)
    return _note(held, noted, step, outcome, now)


def _held(pk: int, token: uuid.UUID) -> Enrolment | None:
    """The enrolment, locked, as long as this worker holds it and nobody stopped it."""
    rows = Enrolment.objects.select_for_update(of=("self",)).select_related("event")
    return rows.filter(pk=pk, lease_token=token, state__in=OPEN).order_by().first()


@dataclass
class _Known:
    """What one stretch of work has read of workflows: the steps of versions, and the owners of workflows."""

    flows: dict[int, Flow] = field(default_factory=dict)
    owners: dict[int, Any] = field(default_factory=dict)


_remembered: contextvars.ContextVar[_Known | None] = contextvars.ContextVar("workflows_known", default=None)


@contextmanager
def remembered() -> Iterator[None]:
    """Read each version and each owner once in here."""
    token = _remembered.set(_Known())
    try:
        yield
    finally:
        _remembered.reset(token)


def _flow(held: Enrolment) -> Flow:
    """The steps of the version that a record is on."""
    flows, pk = (_remembered.get() or _Known()).flows, held.version_id
    if pk not in flows:
        flows[pk] = Flow(WorkflowVersion.objects.values_list("definition", flat=True).get(pk=pk))
    return flows[pk]


def _owner(workflow_id: int) -> Any:
    """The owner of a workflow, in whose name it acts; None where there is none any more."""
    owners = (_remembered.get() or _Known()).owners
    if workflow_id not in owners:
        owners[workflow_id] = Workflow.objects.select_related("owner").get(pk=workflow_id).owner
    return owners[workflow_id]


def _noted(held: Enrolment, step: Step, now: datetime.datetime) -> StepRun:
    """What was noted of the step so far; a new one is written with its outcome. The enrolment's lock guards it."""
    key = f"{held.pk}:{step['id']}"
    noted = StepRun.objects.filter(key=key).order_by().first()
    if noted is None:
        return StepRun(
            enrolment=held,
            step_id=step["id"],
            step_type=step["type"],
            key=key,
            input=step.get("settings") or {},
            started_at=now,
        )
    if noted.state == StepState.FAILED:
        noted.attempts += 1
    return noted


@decided()
def _ask(known: StepType, step: Step, run: StepContext) -> Outcome:
    enrolment_id = run.enrolment.pk if run.enrolment else 0
    try:
        with caused_by(enrolment_id):
            return known.run(step.get("settings") or {}, run)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:
        log.exception("workflows.step_broke", enrolment=enrolment_id, step=run.step_id, type=known.name)
        raise _TakenBack(Failed(_("Something unexpected went wrong: %s") % type(error).__name__, retry=True)) from error


def _keep_notes(held: Enrolment, run: StepContext) -> None:
    rows = [
        MadeRecord(object_type=str(record._meta.model_name), object_id=record.pk, enrolment=held, made=made)
        for record, made in run.noted
    ]
    if rows:
        MadeRecord.objects.bulk_create(rows, ignore_conflicts=True)


def _note(held: Enrolment, noted: StepRun, step: Step, outcome: Outcome, now: datetime.datetime) -> bool:
    if isinstance(outcome, Failed):
        return _fail(held, noted, outcome, now)
    if isinstance(outcome, Wait):
        noted.state, noted.reason = StepState.WAITING, outcome.reason
        noted.outcome = {**noted.outcome, "waiting": dict(outcome.data)}
        noted.save()
        return _rest(held, outcome.until, wakes=outcome.wakes)
    noted.state = StepState.SKIPPED if isinstance(outcome, Skipped) else StepState.DONE
    noted.reason = outcome.text if isinstance(outcome, Done) else outcome.reason
    noted.outcome = dict(outcome.data) if isinstance(outcome, Done) else {}
    noted.ended_at = now
    noted.save()
    if isinstance(outcome, Ended):
        return _end(held, EnrolmentState.FINISHED, outcome.reason, now)
    branch = outcome.branch if isinstance(outcome, Done) else ""
    following = _flow(held).after(str(step["id"]), branch)
    held.position, held.state, held.due_at, held.wakes, held.crashes = following, EnrolmentState.RUNNING, now, False, 0
    if following == END:
        return _end(held, EnrolmentState.FINISHED, "", now)
    held.lease_until = now + lease_length()
    held.save(update_fields=["position", "state", "due_at", "wakes", "crashes", "lease_until"])
    return True


def _rest(held: Enrolment, until: datetime.datetime, *, wakes: bool) -> bool:
    held.state, held.due_at, held.wakes = EnrolmentState.WAITING, until, wakes
    held.lease_token, held.lease_until, held.crashes = None, None, 0
    held.save(update_fields=["state", "due_at", "wakes", "lease_token", "lease_until", "crashes"])
    return False


def _end(held: Enrolment, state: EnrolmentState, reason: str, now: datetime.datetime) -> bool:
    held.state, held.reason, held.ended_at, held.due_at = state, reason, now, None
    held.lease_token, held.lease_until, held.wakes, held.crashes = None, None, False, 0
    if state == EnrolmentState.FINISHED:
        held.position = END
    held.save(
        update_fields=[
            "state", "reason", "ended_at", "due_at", "lease_token", "lease_until", "wakes", "crashes", "position"
        ]
    )  # fmt: skip
    return False


@transaction.atomic
def _note_failure(pk: int, token: uuid.UUID, failed: Failed) -> bool:
    """Note a failure whose writing was taken back."""
    held = _held(pk, token)
    step = _flow(held).step(held.position) if held else None
    if held is None or step is None:
        return False
    now = timezone.now()
    return _fail(held, _noted(held, step, now), failed, now)


def _fail(held: Enrolment, noted: StepRun, failed: Failed, now: datetime.datetime) -> bool:
    noted.reason = failed.reason
    noted.outcome = {**noted.outcome, **failed.data}
    if failed.retry and noted.attempts <= len(BACK_OFF):
        noted.state = StepState.FAILED
        noted.save()
        pause = BACK_OFF[max(noted.attempts, 1) - 1]
        return _rest(held, now + pause, wakes=False)
    noted.state, noted.ended_at = StepState.FAILED, now
    noted.save()
    _end(held, EnrolmentState.FAILED, failed.reason, now)
    record = records.get(held.object_type, held.record_id)
    if record is not None:
        # Nothing fails without a trace on the record.
        emit(
            "workflow.step_failed", record, origin=Origin.WORKFLOW, title=held.workflow.name, reason=failed.reason,
            workflow=held.workflow_id, enrolment=held.pk,
        )  # fmt: skip
    return False
