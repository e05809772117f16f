"""Exports of lists and actions on many rows: at once where they are small, else slice by slice by a worker.

A job remembers the rows that the list had when it began, as ids in slices. A slice is done as a whole, in one
transaction with its outcome, so a job that is killed goes on where it was, and nothing is done twice.
"""

import datetime
import time
import zoneinfo
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q
from django.http import QueryDict
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core import broker, ending
from core.events import Draft, emit_many
from core.models import ListJob, ListSlice, Origin
from core.properties import remembered
from core.tables import sheets
from core.tables.actions import Action, Outcome, Refused
from core.tables.described import Table
from core.tables.exporting import labels_of, rows_of, table_rows
from core.tables.registry import may, tables

log = structlog.get_logger(__name__)
TASK = "core.work_on_list_job"
EXPORT_SLICE = 5_000
ACTION_SLICE = 100
# Up to so many rows are done while the reader waits.
EXPORT_AT_ONCE = 10_000
ACTION_AT_ONCE = 100
WORK_SECONDS = 60
# A worker that has not finished a slice for so long is dead.
LEASE = datetime.timedelta(minutes=5)
FILE_KEPT = datetime.timedelta(days=7)
UNDO_KEPT = datetime.timedelta(days=30)
OPEN = (ListJob.State.WAITING, ListJob.State.RUNNING)
# So often a job may fail, or die, without getting on by a slice.
MOST_TRIES = 5


class NotPossible(Exception):
    """The job can't be done; the message says why, for the reader."""


def action_of(table: Table, name: str) -> Action:
    """The action of this name. Raises NotPossible."""
    found = next((action for action in table.actions if action.name == name), None)
    if found is None:
        raise NotPossible(_("There is no such action."))
    return found


@transaction.atomic
def start_action(
    table: Table, name: str, *, by: Any, state: str, ids: Sequence[int] | None, choice: Mapping[str, Any]
) -> ListJob:
    """Do an action for the rows with ``ids``, or for all rows of the list in ``state`` where ``ids`` is None.

    Few rows are done at once, in this transaction; many by a worker. Raises PermissionDenied and NotPossible.
    """
    action = action_of(table, name)
    may(by, action.permission)
    job = ListJob(
        kind=ListJob.Kind.ACTION, object_type=table.object_type, owner=by, name=name, query=state, choice=dict(choice)
    )
    if ids is None:
        rows = table_rows(table, by, QueryDict(state))
        known = list(rows.values_list("pk", flat=True)[: ACTION_AT_ONCE + 1])
        return _later(job) if len(known) > ACTION_AT_ONCE else _at_once(job, known)
    known = list(table.rows(by).filter(pk__in=list(ids)[:1000]).order_by("pk").values_list("pk", flat=True))
    return _at_once(job, known)


def _at_once(job: ListJob, ids: Sequence[int]) -> ListJob:
    job.total = len(ids)
    job.save()
    slices = [ids[at : at + ACTION_SLICE] for at in range(0, len(ids), ACTION_SLICE)]
    for part in ListSlice.objects.bulk_create(
        ListSlice(job=job, position=n, ids=each) for n, each in enumerate(slices)
    ):
        _do_slice(job, part)
    return _finish(job)


def _later(job: ListJob) -> ListJob:
    job.save()
    transaction.on_commit(lambda: send(job.pk), robust=True)
    return job


def send(job_id: int) -> None:
    """Hand the job to a worker; with the broker away the sweep does it."""
    try:
        broker.send(TASK, [job_id])
    except broker.BrokerAway as error:
        log.warning("list_jobs.broker_away", job=job_id, error=str(error))


@transaction.atomic
def note_export(table: Table, *, by: Any, kind: str, state: str, columns: Sequence[str], rows: int) -> ListJob:
    """Remember an export that is sent while the reader waits. Raises PermissionDenied."""
    may(by, table.export_permission)
    now = timezone.now()
    job = ListJob.objects.create(
        kind=ListJob.Kind.EXPORT, object_type=table.object_type, owner=by, name=kind, query=state,
        columns=list(columns), total=rows, done=rows, state=ListJob.State.DONE, finished_at=now,
    )  # fmt: skip
    _tell(job)
    return job


@transaction.atomic
def start_export(table: Table, *, by: Any, kind: str, state: str, columns: Sequence[str]) -> ListJob:
    """Have a worker make the file of all rows of the list in ``state``. Raises PermissionDenied."""
    may(by, table.export_permission)
    job = ListJob(
        kind=ListJob.Kind.EXPORT, object_type=table.object_type, owner=by, name=kind, query=state,
        columns=list(columns),
    )  # fmt: skip
    return _later(job)


@contextmanager
def as_person(person: Any) -> Iterator[None]:
    """In the zone and language of a person, as in a request of theirs."""
    with ExitStack() as stack:
        stack.enter_context(remembered())
        stack.enter_context(timezone.override(zoneinfo.ZoneInfo(person.time_zone) if person.time_zone else None))
        if person.language:
            stack.enter_context(translation.override(person.language))
        yield


def work(job_id: int) -> None:
    """Go on with a job until it is done or the time of a task is over; another task goes on then."""
    now = timezone.now()
    held = ListJob.objects.filter(Q(worked_at=None) | Q(worked_at__lt=now - LEASE), pk=job_id, state__in=OPEN)
    if not held.update(worked_at=now, state=ListJob.State.RUNNING, tries=F("tries") + 1):
        return
    job = ListJob.objects.select_related("owner").get(pk=job_id)
    until = time.monotonic() + WORK_SECONDS
    with as_person(job.owner):
        if job.tries > MOST_TRIES:  # the last ones ended with their worker
            _fail(job, _given_up())
            return
        try:
            more = _work(job, until)
        except (NotPossible, PermissionDenied, KeyError) as error:
            _fail(job, str(error) or _("This is not possible any more."))
            return
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            log.exception("list_jobs.failed", job=job.pk, tries=job.tries)
            job.refresh_from_db(fields=["tries"])
            if job.tries >= MOST_TRIES:
                _fail(job, _given_up())
            return
    ListJob.objects.filter(pk=job.pk).update(worked_at=None)
    if more:
        send(job.pk)


def _given_up() -> str:
    words = _("An unexpected error stopped it %d times. What was done so far stays. Try fewer rows, or tell an admin.")
    return words % MOST_TRIES


def _work(job: ListJob, until: float) -> bool:
    """Whether there is more to do."""
    _still_allowed(job)
    if not job.slices.exists():
        _cut(job)
    while (part := job.slices.filter(done_at=None).order_by("position").first()) is not None:
        if not _step(job, part):
            return False
        if ending.over(until):
            return True
    _finish(job)
    return False


def _still_allowed(job: ListJob) -> None:
    table = tables[job.object_type]
    may(job.owner, table.permission)
    wanted = table.export_permission if job.kind == ListJob.Kind.EXPORT else action_of(table, job.name).permission
    may(job.owner, wanted)


@transaction.atomic
def _cut(job: ListJob) -> None:
    """Write down the rows that the list has now, in its order."""
    table = tables[job.object_type]
    size = EXPORT_SLICE if job.kind == ListJob.Kind.EXPORT else ACTION_SLICE
    ids, position = [], 0
    for pk in table_rows(table, job.owner, QueryDict(job.query)).values_list("pk", flat=True).iterator(chunk_size=size):
        ids.append(pk)
        if len(ids) == size:
            ListSlice.objects.create(job=job, position=position, ids=ids)
            ids, position = [], position + 1
    if ids or not position:
        ListSlice.objects.create(job=job, position=position, ids=ids)
    job.total = position * size + len(ids)
    if job.name == sheets.XLSX and job.kind == ListJob.Kind.EXPORT and job.total > sheets.MOST_SHEET_ROWS:
        raise NotPossible(_("A sheet holds 1,048,575 rows. Narrow the filter, or choose CSV."))
    ListJob.objects.filter(pk=job.pk).update(total=job.total)


@transaction.atomic
def _step(job: ListJob, part: ListSlice) -> bool:
    """One slice, unless the job was stopped meanwhile; its lease is renewed."""
    if not ListJob.objects.filter(pk=job.pk, state=ListJob.State.RUNNING).update(worked_at=timezone.now()):
        return False
    if not ListSlice.objects.filter(pk=part.pk, done_at=None).exists():
        return True  # by the worker that took over when this one was late
    # What the person may do and see may have changed since the last slice; each is read as they may now.
    job.owner = type(job.owner)._default_manager.get(pk=job.owner_id)
    _still_allowed(job)
    if job.kind == ListJob.Kind.EXPORT:
        _write_slice(job, part)
    else:
        _do_slice(job, part)
    ListJob.objects.filter(pk=job.pk).update(tries=0)
    return True


def _write_slice(job: ListJob, part: ListSlice) -> None:
    table = tables[job.object_type]
    former = ListSlice.objects.filter(job=job, position=part.position - 1).values_list("size", "checksum").first()
    before = sheets.Piece(b"", *former) if former else sheets.START
    text = lines = sheets.lines(job.name, rows_of(table, job.owner, part.ids, job.columns))
    if part.position == 0:
        text = sheets.head(job.name, labels_of(table, job.owner, job.columns)) + lines
    made = sheets.piece(text, before)
    if job.name == sheets.XLSX and made.size > sheets.LARGEST_PART - 1000:
        raise NotPossible(_("This is too large for a sheet. Narrow the filter, or choose CSV."))
    ListSlice.objects.filter(pk=part.pk).update(
        content=made.content, size=made.size, checksum=made.checksum, done_at=timezone.now()
    )
    ListJob.objects.filter(pk=job.pk).update(done=F("done") + len(part.ids))


def _do_slice(job: ListJob, part: ListSlice) -> None:
    table = tables[job.object_type]
    action = action_of(table, job.name)
    records = list(table.rows(job.owner).filter(pk__in=part.ids).order_by("pk"))
    outcome: Outcome = action.act(records, job.choice, job.owner)
    titles = {record.pk: str(record) for record in records}
    ListSlice.objects.filter(pk=part.pk).update(
        refusals=[[pk, titles.get(pk, ""), sentence] for pk, sentence in outcome.refused.items()],
        before={str(pk): before for pk, before in outcome.done.items() if before is not None},
        done_at=timezone.now(),
    )
    gone = len(part.ids) - len(records)
    ListJob.objects.filter(pk=job.pk).update(
        done=F("done") + len(outcome.done), refused=F("refused") + len(outcome.refused) + gone
    )


@transaction.atomic
def _finish(job: ListJob) -> ListJob:
    now = timezone.now()
    export = job.kind == ListJob.Kind.EXPORT
    ListJob.objects.filter(pk=job.pk).update(
        state=ListJob.State.DONE, finished_at=now, expires_at=now + (FILE_KEPT if export else UNDO_KEPT)
    )
    job.refresh_from_db()
    _tell(job)
    return job


def _fail(job: ListJob, reason: str) -> None:
    ListJob.objects.filter(pk=job.pk).update(
        state=ListJob.State.FAILED, problem=reason, finished_at=timezone.now(), worked_at=None
    )


def _tell(job: ListJob) -> None:
    """The line of the audit: who took which rows out, or changed them."""
    name = "list.exported" if job.kind == ListJob.Kind.EXPORT else "list.changed"
    data = {
        "list": job.object_type, "what": job.name, "rows": job.done, "refused": job.refused, "query": job.query,
        "columns": job.columns, "choice": job.choice,
    }  # fmt: skip
    emit_many([Draft(name, "listjob", job.pk, data=data)], by=job.owner, origin=Origin.PERSON)


@transaction.atomic
def stop(job: ListJob) -> None:
    """Do no more of it; what is done stays."""
    ListJob.objects.filter(pk=job.pk, state__in=OPEN).update(state=ListJob.State.STOPPED, finished_at=timezone.now())


def may_undo(job: ListJob) -> bool:
    """Whether what the job did can still be taken back."""
    table = tables.get(job.object_type)
    finished = job.kind == ListJob.Kind.ACTION and job.state == ListJob.State.DONE and job.done > 0
    if table is None or not finished or job.expires_at is None or job.expires_at < timezone.now():
        return False
    action = next((each for each in table.actions if each.name == job.name), None)
    return action is not None and action.undo is not None


def undo(job: ListJob, *, by: Any) -> tuple[int, dict[int, str]]:
    """Take back what the job did: how many rows, and a sentence for each that stays as it is.

    Raises NotPossible and PermissionDenied.
    """
    if not may_undo(job):
        raise NotPossible(_("This can't be undone any more."))
    table = tables[job.object_type]
    action = action_of(table, job.name)
    may(by, action.permission)
    assert action.undo is not None
    undone, kept = 0, {}
    with transaction.atomic():
        done = ListJob.State.DONE
        if not ListJob.objects.filter(pk=job.pk, state=done).update(state=ListJob.State.UNDONE):
            raise NotPossible(_("This can't be undone any more."))
        for before in job.slices.values_list("before", flat=True):
            for record in table.rows(by).filter(pk__in=before):
                try:
                    action.undo(record, before[str(record.pk)], by)
                    undone += 1
                except Refused as refused:
                    kept[record.pk] = str(refused)
    return undone, kept


def refusals(job: ListJob, limit: int = 500) -> list[tuple[int, str, str]]:
    """The rows that were refused, as (id, title, why)."""
    found: list[tuple[int, str, str]] = []
    for listed in job.slices.exclude(refusals=[]).values_list("refusals", flat=True):
        found += [tuple(each) for each in listed]
        if len(found) >= limit:
            break
    return found[:limit]


def sweep() -> int:
    """Send jobs that a crash or a lost message left, and delete what has expired; how many were sent."""
    now = timezone.now()
    ListSlice.objects.filter(job__expires_at__lt=now).delete()
    ListJob.objects.filter(expires_at__lt=now).update(expires_at=None)
    lost = Q(worked_at=None, created_at__lt=now - datetime.timedelta(seconds=30)) | Q(worked_at__lt=now - LEASE)
    ids = list(ListJob.objects.filter(lost, state__in=OPEN).order_by("pk").values_list("pk", flat=True)[:100])
    for pk in ids:
        send(pk)
    return len(ids)
