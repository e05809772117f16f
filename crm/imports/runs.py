"""Imports in the background: reading the file, the check, the run. Slice by slice, so that a killed worker goes on.

Each stage does a slice as a whole, in one transaction with its outcome; what is done is never done again.
"""

import datetime
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core import broker, company, ending
from core.access import decided, needs
from core.events import Draft, emit_many
from core.files import BadFile
from core.models import Origin
from core.properties import forget
from core.tables.jobs import as_person
from crm.hubspot import reading, unlinking
from crm.hubspot.kinds import SHEETS
from crm.hubspot.sheets import Sheet
from crm.imports import preview, undoing, writing
from crm.imports.cells import Row, pack, unpack
from crm.imports.matching import key_of
from crm.imports.options import FIRST, REFUSE, options_of
from crm.imports.plans import CREATES, FAILS, SAME, UPDATES, Setting, failed, missing_choices, planned
from crm.imports.reading import Shape, rows_of, unpacked
from crm.imports.targets import targets_of
from crm.imports.values import known_for
from crm.models import Import, ImportFile, ImportSlice

log = structlog.get_logger(__name__)
TASK = "crm.work_on_import"
SLICE = 500
WORK_SECONDS = 60
# A worker that has not finished a slice for so long is dead: a task does not live longer.
LEASE = datetime.timedelta(seconds=settings.LEASE_SECONDS)
KEPT = datetime.timedelta(days=30)
State = Import.State
UNDER_WAY = (State.READING, State.CHECKING, State.RUNNING, State.UNDOING)


class NotPossible(Exception):
    """The import can't do this now; the message says why."""


@transaction.atomic
def start_check(job: Import) -> None:
    """Have a worker find out what each row would do. Raises NotPossible."""
    fresh = Import.objects.select_for_update().get(pk=job.pk)
    if fresh.state not in (State.DRAFT, State.CHECKED):
        raise NotPossible(_("This import can't be checked any more."))
    if not fresh.slices.exists() and not ImportFile.objects.filter(pk=fresh.pk).exists():
        raise NotPossible(_("The file is not kept any more. Upload it again."))
    fresh.slices.update(keyed_at=None, checked_at=None, keys=[], counts={}, errors={}, new_companies=[], done_at=None)
    Import.objects.filter(pk=job.pk).update(
        state=State.CHECKING, progress=0, problem="", preview={}, worked_at=None, created=0, updated=0, unchanged=0,
        failed=0, companies=0,
    )  # fmt: skip
    transaction.on_commit(lambda: send(job.pk), robust=True)


@transaction.atomic
def start(job: Import) -> None:
    """Have a worker write what the check has shown. Raises NotPossible, also for a second start."""
    now = timezone.now()
    began = Import.objects.filter(pk=job.pk, state=State.CHECKED).update(
        state=State.RUNNING, progress=0, created=0, updated=0, unchanged=0, failed=0, companies=0, worked_at=None,
        expires_at=now + KEPT,
    )  # fmt: skip
    if not began:
        raise NotPossible(_("Check the import first."))
    transaction.on_commit(lambda: send(job.pk), robust=True)


@transaction.atomic
def stop(job: Import) -> None:
    """Do no more of it: a check goes back to its options, what a run has written stays."""
    Import.objects.filter(pk=job.pk, state=State.CHECKING).update(state=State.DRAFT, worked_at=None)
    now = timezone.now()
    running = Import.objects.filter(pk=job.pk, state=State.RUNNING)
    if running.update(state=State.STOPPED, finished_at=now, worked_at=None, expires_at=now + KEPT):
        job.refresh_from_db()
        _tell(job)


@transaction.atomic
def discard(job: Import) -> None:
    """Forget an import that has written nothing. Raises NotPossible."""
    if not Import.objects.filter(pk=job.pk, state__in=(State.DRAFT, State.CHECKED)).delete()[0]:
        raise NotPossible(_("This import has begun. Stop or undo it instead."))


def send(job_id: int) -> None:
    """Hand the import to a worker; with the broker away the sweep does it."""
    try:
        broker.send(TASK, [job_id])
    except broker.BrokerAway as error:
        log.warning("imports.broker_away", job=job_id, error=str(error))


@decided()
def work(job_id: int) -> None:
    """Go on with an import until its stage is done or the time of a task is over; another task goes on then."""
    now = timezone.now()
    held = Import.objects.filter(Q(worked_at=None) | Q(worked_at__lt=now - LEASE), pk=job_id, state__in=UNDER_WAY)
    if not held.update(worked_at=now):
        return
    job = Import.objects.select_related("owner").get(pk=job_id)
    until = time.monotonic() + WORK_SECONDS
    with as_person(job.owner), company.remembered():
        try:
            if not job.owner.is_active or not job.owner.has_perm("crm.import"):
                raise NotPossible(_("Whoever began this import may not import any more."))
            more = _STAGES[State(job.state)](job, until)
        except (NotPossible, BadFile) as error:
            fail(job, str(error))
            return
        except SoftTimeLimitExceeded:
            if job.slices.exists():
                raise
            fail(job, _("Reading this file takes too long. Save it as CSV, or split it."))
            return
    Import.objects.filter(pk=job.pk).update(worked_at=None)
    if more:
        send(job.pk)


def fail(job: Import, reason: str) -> None:
    """Give up, and say why: a check goes back to its options."""
    before = job.state in (State.READING, State.CHECKING, State.DRAFT)
    Import.objects.filter(pk=job.pk).update(
        state=State.DRAFT if before else State.FAILED, problem=reason, worked_at=None,
        finished_at=None if before else timezone.now(),
    )  # fmt: skip


def setting_of(job: Import, *, adding: bool = True) -> Setting:
    """What holds for its rows. Without ``adding``, choices that are not offered are errors."""
    known = targets_of(job.object_type)
    columns = [(at, known[name]) for at, name in enumerate(job.mapping) if name in known]
    options = options_of(job.options)
    if not adding:
        options = replace(options, unknown_choices=REFUSE)
    targets = [target for _at, target in columns]
    return Setting(job.object_type, columns, options, known_for(targets, options), job.owner)


def _sheet(job: Import) -> Sheet | None:
    """How a file is read whose rows are no records with a form here."""
    sheet = SHEETS.get(job.object_type)
    return sheet(job) if sheet is not None else None


def _read(job: Import, _until: float) -> bool:
    """Cut a file of HubSpot into slices, and see what its columns hold."""
    if not job.slices.exists():
        _cut(job)
    found = reading.found_in(job, _rows_of(job))
    Import.objects.filter(pk=job.pk, state=State.READING).update(state=State.DRAFT, found=found, step="columns")
    return False


def _rows_of(job: Import) -> Iterator[Sequence[Row]]:
    for part in job.slices.order_by("position").iterator(chunk_size=20):
        Import.objects.filter(pk=job.pk).update(worked_at=timezone.now(), progress=F("progress") + part.size)
        yield unpack(part.rows)


def _check(job: Import, until: float) -> bool:
    if not job.slices.exists():
        _cut(job)
    sheet = _sheet(job)
    if sheet is not None:
        if not _key(job, sheet.keys, until):
            return True
        act = partial(_check_sheet, job, sheet)
    else:
        setting = setting_of(job)
        if not _key(job, partial(_keys, setting), until):
            return True
        setting.losers = _losers(job, first=setting.options.duplicates == FIRST)
        act = partial(_check_slice, job, setting)
    for part in _parts(job, Q(checked_at=None)):
        if not _step(job, State.CHECKING, part, act):
            return False
        if ending.over(until):
            return True
    _sum_up(job)
    return False


@transaction.atomic
def _cut(job: Import) -> None:
    """Read the file into slices."""
    shape = Shape(job.kind, job.encoding, job.delimiter, job.sheet)
    content = unpacked(shape, ImportFile.objects.get(pk=job.pk).content)
    rows, total = rows_of(shape, content, len(job.headers)), 0
    for position, chunk in enumerate(_chunks(rows)):
        ImportSlice.objects.create(job=job, position=position, rows=pack(chunk), size=len(chunk))
        total += len(chunk)
        if position % 20 == 0:
            Import.objects.filter(pk=job.pk).update(worked_at=timezone.now())
    Import.objects.filter(pk=job.pk).update(total=total)
    job.total = total


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, SLICE)):
        yield chunk


def _parts(job: Import, wanted: Q) -> Iterator[ImportSlice]:
    """Slices that are still to be done, one after the other."""
    while True:
        part = job.slices.filter(wanted).order_by("position").first()
        if part is None:
            return
        yield part


def _keys(setting: Setting, rows: Sequence[Row]) -> list[str]:
    return [key_of(setting, row) for row in rows] if setting.options.match_by else [""] * len(rows)


def _key(job: Import, keys_of: Callable[[Sequence[Row]], list[str]], until: float) -> bool:
    """Note what each row is matched by; whether all are noted."""
    for part in _parts(job, Q(keyed_at=None)):
        keys = keys_of(unpack(part.rows))
        now = timezone.now()
        ImportSlice.objects.filter(pk=part.pk).update(keys=keys, keyed_at=now)
        Import.objects.filter(pk=job.pk).update(worked_at=now)
        if ending.over(until):
            return False
    return True


def _losers(job: Import, *, first: bool) -> dict[int, int]:
    """Rows that share their key with a row that counts: by line, the line of that one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH k AS (SELECT s.position, u.place, u.key FROM crm_importslice s, "
            "unnest(s.keys) WITH ORDINALITY AS u(key, place) WHERE s.job_id = %s AND u.key <> '') "
            "SELECT key, array_agg(ARRAY[position, place] ORDER BY position, place) FROM k "
            "GROUP BY key HAVING count(*) > 1",
            [job.pk],
        )
        shared = [[tuple(place) for place in places] for _key, places in cursor.fetchall()]
    wanted = {position for places in shared for position, _place in places}
    lines: dict[tuple[int, int], int] = {}
    for part in job.slices.filter(position__in=wanted).only("position", "rows"):
        for place, row in enumerate(unpack(part.rows), start=1):
            lines[part.position, place] = row.line
    found: dict[int, int] = {}
    for places in shared:
        winner = places[0 if first else -1]
        found |= {lines[place]: lines[winner] for place in places if place != winner}
    return found


def _step(job: Import, state: str, part: ImportSlice, act: Callable[[ImportSlice], None]) -> bool:
    """One slice in one transaction, unless the import was stopped meanwhile; its lease is renewed."""
    with transaction.atomic():
        changed = Import.objects.filter(pk=job.pk, state=state).update(
            worked_at=timezone.now(), progress=F("progress") + part.size
        )
        if changed:
            act(part)
    return bool(changed)


def _check_slice(job: Import, setting: Setting, part: ImportSlice) -> None:
    plans = planned(setting, unpack(part.rows), part.keys, lock=False)
    shown = preview.added(setting, job.preview, plans)
    if shown != job.preview:
        job.preview = shown
        Import.objects.filter(pk=job.pk).update(preview=shown)
    new = {plan.company.key for plan in plans if plan.company is not None and plan.act in (CREATES, UPDATES)}
    ImportSlice.objects.filter(pk=part.pk).update(
        checked_at=timezone.now(), counts=Counter(plan.act for plan in plans), errors=failed(plans),
        new_companies=sorted(new),
    )  # fmt: skip


def _check_sheet(job: Import, sheet: Sheet, part: ImportSlice) -> None:
    done = sheet.go(part, unpack(part.rows), write=False)
    job.preview = done.shown(job.preview)
    Import.objects.filter(pk=job.pk).update(preview=job.preview)
    ImportSlice.objects.filter(pk=part.pk).update(
        checked_at=timezone.now(), counts=done.counts, errors=done.errors, new_companies=[]
    )


@transaction.atomic
def _sum_up(job: Import) -> None:
    counts: Counter[str] = Counter()
    companies: set[str] = set()
    for part_counts, keys in job.slices.values_list("counts", "new_companies"):
        counts.update(part_counts)
        companies.update(keys)
    Import.objects.filter(pk=job.pk, state=State.CHECKING).update(
        state=State.CHECKED, created=counts[CREATES], updated=counts[UPDATES], unchanged=counts[SAME],
        failed=counts[FAILS], companies=len(companies), step="check",
    )  # fmt: skip


def _run(job: Import, until: float) -> bool:
    if (sheet := _sheet(job)) is not None:
        for part in _parts(job, Q(done_at=None)):
            if not _step(job, State.RUNNING, part, partial(_write_sheet, job, sheet)):
                return False
            if ending.over(until):
                return True
        _finish(job)
        return False
    setting = setting_of(job, adding=False)
    losers = setting.losers = _losers(job, first=setting.options.duplicates == FIRST)
    for part in _parts(job, Q(done_at=None)):
        rows = unpack(part.rows)
        if options_of(job.options).unknown_choices != REFUSE and (missing := missing_choices(setting, rows)):
            if not job.owner.has_perm("core.manage_properties"):
                raise NotPossible(_("Adding choices needs the permission to manage properties."))
            writing.add_choices(missing, by=job.owner)
            forget()
            setting = setting_of(job, adding=False)
            setting.losers = losers
        if not _step(job, State.RUNNING, part, partial(_write_slice, job, setting)):
            return False
        if ending.over(until):
            return True
    _finish(job)
    return False


def _write_slice(job: Import, setting: Setting, part: ImportSlice) -> None:
    now = timezone.now()
    if not ImportSlice.objects.select_for_update().filter(pk=part.pk, done_at=None).exists():
        return  # by the worker that took over when this one was late
    plans = planned(setting, unpack(part.rows), part.keys, lock=True)
    written = writing.write(setting, plans, job_id=job.pk, now=now)
    counts = Counter(plan.act for plan in plans)
    ImportSlice.objects.filter(pk=part.pk).update(
        done_at=now, counts=counts, errors=failed(plans), created=written.created,
        created_companies=written.companies, before=written.before,
    )  # fmt: skip
    _count(job, counts, len(written.companies))


def _write_sheet(job: Import, sheet: Sheet, part: ImportSlice) -> None:
    now = timezone.now()
    if not ImportSlice.objects.select_for_update().filter(pk=part.pk, done_at=None).exists():
        return
    done = sheet.go(part, unpack(part.rows), write=True)
    ImportSlice.objects.filter(pk=part.pk).update(
        done_at=now, counts=done.counts, errors=done.errors, created=done.created, before=done.before
    )
    _count(job, done.counts, 0)


def _count(job: Import, counts: "Counter[str]", companies: int) -> None:
    Import.objects.filter(pk=job.pk).update(
        created=F("created") + counts[CREATES], updated=F("updated") + counts[UPDATES],
        unchanged=F("unchanged") + counts[SAME], failed=F("failed") + counts[FAILS],
        companies=F("companies") + companies,
    )  # fmt: skip


@transaction.atomic
def _finish(job: Import) -> None:
    now = timezone.now()
    if Import.objects.filter(pk=job.pk, state=State.RUNNING).update(
        state=State.DONE, finished_at=now, expires_at=now + KEPT, worked_at=None
    ):
        job.refresh_from_db()
        _tell(job)


def _tell(job: Import) -> None:
    """The line of the audit."""
    data = {
        "title": job.name, "object": job.object_type, "created": job.created, "updated": job.updated,
        "unchanged": job.unchanged, "failed": job.failed, "state": job.state,
    }  # fmt: skip
    emit_many([Draft("import.finished", "import", job.pk, data=data)], by=job.owner, origin=Origin.PERSON)


@needs("crm.import")
@transaction.atomic
def start_undo(job: Import, *, by: Any) -> None:
    """Have a worker take back what the import did. Raises NotPossible."""
    began = Import.objects.filter(
        pk=job.pk, state__in=(State.DONE, State.STOPPED, State.FAILED), expires_at__gt=timezone.now()
    ).update(state=State.UNDOING, progress=0, undone=0, kept=[], worked_at=None)
    if not began:
        raise NotPossible(_("This import can't be undone any more."))
    job.refresh_from_db()
    emit_many([Draft("import.undone", "import", job.pk, data={"title": job.name})], by=by, origin=Origin.PERSON)
    transaction.on_commit(lambda: send(job.pk), robust=True)


def _undo(job: Import, until: float) -> bool:
    left = Q(done_at__isnull=False, undone_at=None)
    sheet = _sheet(job)
    act = partial(undoing.undo_slice, job, sheet.undo if sheet is not None else None)
    while (part := job.slices.filter(left).order_by("-position").first()) is not None:
        if not _step(job, State.UNDOING, part, act):
            return False
        if ending.over(until):
            return True
    unlinking.forget(job)
    Import.objects.filter(pk=job.pk, state=State.UNDOING).update(state=State.UNDONE, finished_at=timezone.now())
    return False


_STAGES = {State.READING: _read, State.CHECKING: _check, State.RUNNING: _run, State.UNDOING: _undo}


def sweep() -> int:
    """Send imports that a crash or a lost message left, and delete what has expired; how many were sent."""
    now = timezone.now()
    expired = Import.objects.filter(Q(expires_at__lt=now) | Q(expires_at=None, created_at__lt=now - KEPT))
    ids = list(expired.exclude(state__in=UNDER_WAY).values_list("pk", flat=True)[:100])
    ImportSlice.objects.filter(job__in=ids).delete()
    ImportFile.objects.filter(job__in=ids).delete()
    Import.objects.filter(pk__in=ids, expires_at=None).delete()
    Import.objects.filter(pk__in=ids).update(preview={}, samples=[], kept=[])
    late = Q(worked_at=None) | Q(worked_at__lt=now - LEASE)
    lost = list(Import.objects.filter(late, state__in=UNDER_WAY).order_by("pk").values_list("pk", flat=True)[:100])
    for pk in lost:
        send(pk)
    return len(lost)


def errors_of(job: Import) -> Iterator[tuple[Row, str]]:
    """The rows that were left out, each with the reason."""
    for part in job.slices.exclude(errors={}).iterator(chunk_size=20):
        rows: Sequence[Row] = unpack(part.rows)
        for place in sorted(part.errors, key=int):
            yield rows[int(place)], part.errors[place]
