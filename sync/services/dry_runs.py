"""Dry runs in the background: asked for once, carried out by a worker with progress, kept with their age."""

import contextlib
import datetime
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core import broker
from core.access import needs
from core.plain import plain
from invoices.models import CreditDocument, Estimate, Invoice, Payment
from qbo_connector.models import Connection, MirrorObject
from sync.dry_run import dry_run
from sync.enums import DryRunState, Generation, SyncObject
from sync.models import ObjectSettings, SyncDryRun
from sync.policies import record_types
from sync.records import CRM_MODELS
from sync.services.again import ENTITIES
from sync.services.settings import EDITABLE, BadSettings, draft

log = structlog.get_logger(__name__)
# Of each kind; the rest is counted.
LISTED = 300
# A worker that has said nothing for so long is taken for dead.
SILENT = datetime.timedelta(minutes=3)
# A message that was lost is sent again by the sweep.
LOST_AFTER = datetime.timedelta(seconds=15)
# A run ends within its task's time limit, with what it has found so far.
LONGEST_SECONDS = 10 * 60
KEPT = datetime.timedelta(days=7)
# Before somebody saves settings, the figures are those of the moment.
FRESH = datetime.timedelta(minutes=1)
UNFINISHED = (DryRunState.WAITING, DryRunState.RUNNING)


@needs("sync.configure")
def wanted(
    connection: Connection,
    sync_object: SyncObject,
    *,
    by: Any,
    settings: ObjectSettings | None = None,
    generation: Generation | None = None,
    max_age: datetime.timedelta | None = None,
) -> SyncDryRun:
    """The dry run of these settings (the stored ones by default); where there is none yet, a worker is asked for it.

    One that is older than ``max_age``, or that failed, is worked out anew then; its last report stays meanwhile.
    """
    stored = settings or ObjectSettings.objects.filter(connection=connection, sync_object=sync_object).first()
    values = _values(stored or ObjectSettings(sync_object=sync_object))
    about = {
        "connection": connection,
        "sync_object": str(sync_object),
        "digest": digest_of(values, generation),
    }
    new = {"values": values, "generation": str(generation or ""), "requested_by": by}
    with transaction.atomic():
        found, created = SyncDryRun.objects.get_or_create(**about, defaults=new)
        if created:
            _forget_old(found)
        elif max_age is not None and _too_old(found, max_age):
            ask_again(found, by=by)
        if created:
            transaction.on_commit(lambda: _call_worker(found.pk), robust=True)
    return found


def _too_old(run: SyncDryRun, max_age: datetime.timedelta) -> bool:
    return run.finished_at is None or run.finished_at <= timezone.now() - max_age


def _values(settings: ObjectSettings) -> dict[str, Any]:
    return {name: plain(getattr(settings, name)) for name in EDITABLE}


def digest_of(values: Mapping[str, Any], generation: Generation | None) -> str:
    """What names a question: the settings that are tried."""
    told = json.dumps([dict(values), str(generation or "")], sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()


def _forget_old(run: SyncDryRun) -> None:
    of_object = SyncDryRun.objects.filter(connection=run.connection_id, sync_object=run.sync_object)
    of_object.filter(requested_at__lt=timezone.now() - KEPT).exclude(pk=run.pk).delete()


@needs("sync.configure")
@transaction.atomic
def ask_again(run: SyncDryRun, *, by: Any) -> None:
    """Have a dry run worked out anew; one that is under way is waited for."""
    now = timezone.now()
    over = SyncDryRun.objects.filter(pk=run.pk).exclude(state__in=UNFINISHED)
    asked = over.update(
        state=DryRunState.WAITING,
        requested_at=now,
        touched_at=now,
        requested_by=by,
        looked_at=0,
        total=0,
        problem="",
    )
    if asked:
        transaction.on_commit(lambda: _call_worker(run.pk), robust=True)
    run.refresh_from_db()


def _call_worker(pk: int) -> None:
    with contextlib.suppress(broker.BrokerAway):  # the sweep finds it
        broker.send("sync.dry_run", [pk])


def lost() -> list[int]:
    """Dry runs that no worker is busy with: what a lost message or a crash left."""
    now = timezone.now()
    waiting = Q(state=DryRunState.WAITING, touched_at__lt=now - LOST_AFTER)
    dead = Q(state=DryRunState.RUNNING, touched_at__lt=now - SILENT)
    return list(SyncDryRun.objects.filter(waiting | dead).order_by("touched_at").values_list("pk", flat=True)[:10])


def carry_out(pk: int, *, seconds: float = LONGEST_SECONDS) -> None:
    """Work a dry run out, unless somebody else is doing it."""
    now = timezone.now()
    free = Q(state=DryRunState.WAITING) | Q(state=DryRunState.RUNNING, touched_at__lt=now - SILENT)
    claimed = SyncDryRun.objects.filter(free, pk=pk).update(
        state=DryRunState.RUNNING, touched_at=now, attempt=F("attempt") + 1, looked_at=0
    )
    if not claimed:
        return
    run = SyncDryRun.objects.select_related("connection").defer("report").get(pk=pk)
    mine = SyncDryRun.objects.filter(pk=pk, attempt=run.attempt, state=DryRunState.RUNNING)
    try:
        mine.update(total=_total(run.connection, SyncObject(run.sync_object)))
        report = _report(run, mine, seconds)
    except SoftTimeLimitExceeded:
        mine.update(state=DryRunState.FAILED, problem=_("It took too long and was stopped."))
        raise
    except BadSettings as refused:
        mine.update(state=DryRunState.FAILED, problem=str(refused))
    except Exception:
        log.exception("dry_run.failed", dry_run=pk)
        mine.update(state=DryRunState.FAILED, problem=_("It failed. The log of the worker says why."))
    else:
        mine.update(state=DryRunState.DONE, finished_at=timezone.now(), report=report, problem="")


def _report(run: SyncDryRun, mine: Any, seconds: float) -> dict[str, Any]:
    sync_object = SyncObject(run.sync_object)
    generation = Generation(run.generation) if run.generation else None
    settings = draft(run.connection, sync_object, run.values, generation=generation)

    def seen(rows: int) -> None:
        mine.update(looked_at=F("looked_at") + rows, touched_at=timezone.now())

    found = dry_run(
        run.connection,
        sync_object,
        limit=LISTED,
        settings=settings,
        generation=generation,
        seconds=seconds,
        seen=seen,
    )
    return found.as_json()


def _total(connection: Connection, sync_object: SyncObject) -> int:
    """About how many rows there are to look at, on both sides."""
    total = MirrorObject.objects.filter(connection=connection, entity__in=ENTITIES[sync_object], deleted=False).count()
    if sync_object == SyncObject.INVOICE:
        made_here = (Invoice, Payment, Estimate, CreditDocument)
        new = (kind._default_manager.filter(connection=connection, external_id="").count() for kind in made_here)
        return total + sum(new)
    kinds = [CRM_MODELS[each] for each in record_types(sync_object)]
    return total + sum(kind._default_manager.filter(archived_at=None).count() for kind in kinds)
