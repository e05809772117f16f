"""The files of a HubSpot export, one after the other: checked, imported, associated; undone in reverse.

Each file is worked on by ``crm.imports.runs``. What comes next is decided here, from the states of the files alone, so
that a worker that was killed, or a message that was lost, changes nothing: ``work`` is called again.
"""

import datetime
import time
from collections.abc import Sequence

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core import broker
from core.access import decided
from core.events import Draft, emit_many
from core.models import Origin
from core.tables.jobs import as_person
from crm.hubspot import headings, links, unlinking
from crm.imports import runs
from crm.imports.runs import LEASE, NotPossible
from crm.models import HubspotImport, Import, ImportSlice

log = structlog.get_logger(__name__)
TASK = "crm.work_on_hubspot_import"
WORK_SECONDS = 60
KEPT = datetime.timedelta(days=30)
State = HubspotImport.State
UNDER_WAY = (State.READING, State.CHECKING, State.RUNNING, State.UNDOING)
ENDED = (State.DONE, State.STOPPED, State.FAILED)


def send(batch_id: int) -> None:
    """Have a worker see what comes next; with the broker away the sweep does it."""
    try:
        broker.send(TASK, [batch_id])
    except broker.BrokerAway as error:
        log.warning("hubspot.broker_away", batch=batch_id, error=str(error))


def follow(job_id: int) -> None:
    """A worker has left a file: see what comes next where it is one of HubSpot's."""
    job = Import.objects.filter(pk=job_id, batch__isnull=False).only("state", "batch_id").first()
    if job is not None and not job.under_way and job.batch_id:
        send(job.batch_id)


def in_order(batch: HubspotImport) -> list[Import]:
    """The files, whatever others name first."""
    rows = batch.files.only("object_type", "state", "owner_id", "problem", "name", "batch_id")
    return sorted(rows, key=lambda job: (headings.KINDS.index(job.object_type), job.pk))


@transaction.atomic
def begin(batch: HubspotImport, state: str) -> None:
    """Go over to ``state``, and have a worker see to it."""
    HubspotImport.objects.filter(pk=batch.pk).update(state=state, problem="", worked_at=None)
    transaction.on_commit(lambda: send(batch.pk), robust=True)


@transaction.atomic
def start(batch: HubspotImport) -> None:
    """Write what the check has shown. Raises NotPossible, also for a second start."""
    now = timezone.now()
    fresh = HubspotImport.objects.select_for_update().get(pk=batch.pk)
    if fresh.state != State.CHECKED:
        raise NotPossible(_("Check the import first."))
    HubspotImport.objects.filter(pk=batch.pk).update(expires_at=now + KEPT)
    begin(batch, State.RUNNING)


@transaction.atomic
def stop(batch: HubspotImport) -> None:
    """Do no more of it; what is written stays, and can be undone."""
    fresh = HubspotImport.objects.select_for_update().get(pk=batch.pk)
    if fresh.state not in (State.CHECKING, State.RUNNING):
        return
    for job in in_order(fresh):
        runs.stop(job)
    if fresh.state == State.CHECKING:
        HubspotImport.objects.filter(pk=fresh.pk).update(state=State.DRAFT, worked_at=None)
        return
    HubspotImport.objects.filter(pk=fresh.pk).update(state=State.STOPPED, finished_at=timezone.now(), worked_at=None)


@transaction.atomic
def start_undo(batch: HubspotImport) -> None:
    """Take back all of it. Raises NotPossible."""
    fresh = HubspotImport.objects.select_for_update().get(pk=batch.pk)
    if fresh.state not in ENDED or fresh.expires_at is None or fresh.expires_at < timezone.now():
        raise NotPossible(_("This import can't be undone any more."))
    # What was done because of it, such as invoices put on deals, is taken back by who did it.
    emit_many([Draft("hubspot_import.undone", "hubspotimport", batch.pk, data={"title": str(batch)})], by=batch.owner,
              origin=Origin.PERSON)  # fmt: skip
    begin(fresh, State.UNDOING)


@transaction.atomic
def discard(batch: HubspotImport) -> None:
    """Forget an import that has written nothing. Raises NotPossible."""
    untouched = Q(state__in=(State.READING, State.DRAFT, State.CHECKED)) | Q(state=State.FAILED, expires_at=None)
    if not HubspotImport.objects.filter(untouched, pk=batch.pk).delete()[0]:
        raise NotPossible(_("This import has begun. Stop or undo it instead."))


@decided()
def work(batch_id: int) -> None:
    """Do what comes next, and have it gone on with where the time of a task is over."""
    now = timezone.now()
    held = HubspotImport.objects.filter(Q(worked_at=None) | Q(worked_at__lt=now - LEASE), pk=batch_id)
    if not held.filter(state__in=UNDER_WAY).update(worked_at=now):
        return
    batch = HubspotImport.objects.select_related("owner").get(pk=batch_id)
    with as_person(batch.owner):
        more = _STEPS[State(batch.state)](batch, in_order(batch))
    HubspotImport.objects.filter(pk=batch_id).update(worked_at=None)
    if more or _left(batch_id):
        send(batch_id)


def _left(batch_id: int) -> bool:
    """Whether a file has ended meanwhile: who told so found the import held, and did nothing."""
    waiting = HubspotImport.objects.filter(pk=batch_id, state__in=UNDER_WAY)
    return waiting.exists() and not Import.objects.filter(batch=batch_id, state__in=runs.UNDER_WAY).exists()


def _reading(batch: HubspotImport, jobs: Sequence[Import]) -> bool:
    if all(job.state == Import.State.DRAFT for job in jobs):
        problem = next((f"{job.name}: {job.problem}" for job in jobs if job.problem), "")
        _to(batch, State.READING, State.FAILED if problem else State.DRAFT, problem)
    return False


def _checking(batch: HubspotImport, jobs: Sequence[Import]) -> bool:
    if any(job.under_way for job in jobs):
        return False
    for job in jobs:
        if job.state == Import.State.DRAFT and job.problem:
            _to(batch, State.CHECKING, State.DRAFT, f"{job.name}: {job.problem}")
            return False
        if job.state == Import.State.DRAFT:
            runs.start_check(job)
            return False
    _to(batch, State.CHECKING, State.CHECKED)
    return False


def _running(batch: HubspotImport, jobs: Sequence[Import]) -> bool:
    if any(job.under_way for job in jobs):
        return False
    for job in jobs:
        if job.state == Import.State.CHECKED:
            runs.start(job)
            return False
        if job.state == Import.State.FAILED:
            _end(batch, State.FAILED, f"{job.name}: {job.problem}")
            return False
    if not links.resolve(batch, time.monotonic() + WORK_SECONDS):
        return True
    _end(batch, State.DONE)
    return False


def _undoing(batch: HubspotImport, jobs: Sequence[Import]) -> bool:
    if any(job.under_way for job in jobs):
        return False
    if not unlinking.undo(batch, time.monotonic() + WORK_SECONDS):
        return True
    for job in reversed(jobs):
        if job.state in (Import.State.DONE, Import.State.STOPPED, Import.State.FAILED):
            runs.start_undo(job, by=batch.owner)
            return False
    _to(batch, State.UNDOING, State.UNDONE)
    return False


_STEPS = {State.READING: _reading, State.CHECKING: _checking, State.RUNNING: _running, State.UNDOING: _undoing}


def _to(batch: HubspotImport, before: str, after: str, problem: str = "") -> None:
    HubspotImport.objects.filter(pk=batch.pk, state=before).update(state=after, problem=problem)


@transaction.atomic
def _end(batch: HubspotImport, state: str, problem: str = "") -> None:
    """The end of a run, told to who compares what HubSpot says of invoices."""
    ended = HubspotImport.objects.filter(pk=batch.pk, state=State.RUNNING)
    if ended.update(state=state, problem=problem, finished_at=timezone.now()):
        draft = Draft("hubspot_import.finished", "hubspotimport", batch.pk, data={"title": str(batch), "state": state})
        emit_many([draft], by=batch.owner, origin=Origin.PERSON)


def sweep() -> int:
    """Have those looked at that a crash or a lost message left, and forget what has no files; how many were sent."""
    late = Q(worked_at=None) | Q(worked_at__lt=timezone.now() - LEASE)
    rows = HubspotImport.objects.filter(late, state__in=UNDER_WAY).order_by("pk")
    ids = list(rows.values_list("pk", flat=True)[:100])
    for pk in ids:
        send(pk)
    old = HubspotImport.objects.filter(created_at__lt=timezone.now() - KEPT, expires_at=None, files=None)
    old.exclude(state__in=UNDER_WAY).delete()
    return len(ids)


def rows_done(batch: HubspotImport) -> tuple[int, int]:
    """How many rows are done with in what runs now, and how many there are."""
    columns = {State.CHECKING: "checked_at", State.RUNNING: "done_at", State.UNDOING: "undone_at"}
    column = columns.get(State(batch.state))
    parts = ImportSlice.objects.filter(job__batch=batch).values_list("size", column) if column else []
    done = sum(size for size, at in parts if at is not None)
    return done, sum(size for size, _at in parts)
