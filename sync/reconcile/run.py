"""Reconcile one company: everything unread in its mirror, entity by entity in the order of dependence."""

import contextlib
import time
from collections.abc import Callable, Iterable

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.core.cache import cache
from django.db import InterfaceError, OperationalError, transaction
from django.db import connection as database

from core import ending
from core.properties import remembered
from invoices.models import Bill, CreditDocument, Estimate, Invoice, Payment
from qbo_connector.mirror import read
from qbo_connector.mirror.entities import MIRRORED
from qbo_connector.models import Connection, MirrorObject, Operation
from sync.enums import SyncObject
from sync.mapping.credit import ENTITIES
from sync.models import Link
from sync.policies import policy_of
from sync.queries import enabled_objects
from sync.reconcile import bills, credits, customers, estimates, invoices, items, payments
from sync.reconcile.batch import Batch, quiet_until
from sync.snapshots import lock as lock

log = structlog.get_logger(__name__)
# Rows that are applied in one transaction. Whoever works for a person waits for that transaction at most, so its size
# follows the time that the last one took.
BATCH = 1000
FIRST = 200
FEWEST = 50
SLICE_SECONDS = 0.5
# A task may run for two minutes; a reconcile stops earlier and is called again.
RUN_SECONDS = 40.0
# Longer than any run: a wish that nobody saw is found by the sweep anyway.
WANTED_SECONDS = 600
# Longer than a run with its last batch.
BUSY_SECONDS = 90

_STEPS: list[tuple[str, SyncObject, Callable[[Batch], None]]] = [
    ("Customer", SyncObject.CONTACT, customers.apply),
    ("Item", SyncObject.PRODUCT, items.apply),
    ("Invoice", SyncObject.INVOICE, invoices.apply),
    ("Payment", SyncObject.INVOICE, payments.apply),
    ("Estimate", SyncObject.INVOICE, estimates.apply),
    *((entity, SyncObject.INVOICE, credits.applying(kind)) for entity, kind in ENTITIES.items()),
    ("Bill", SyncObject.INVOICE, bills.apply),
]
_OF_A_COMPANY = (Link, Operation, Invoice, Payment, Estimate, CreditDocument, Bill)
_NOBODY_READS = [entity for entity in MIRRORED if entity not in {step[0] for step in _STEPS}]


def reconcile(connection: Connection) -> bool:
    """Apply what is unread; returns whether nothing is left. One reconcile per company at a time."""
    deadline = time.monotonic() + RUN_SECONDS
    waiting = read.entities_with_unread(connection.pk, MIRRORED)
    if waiting:
        waiting -= _pass_over(connection, waiting)
    for entity, sync_object, apply in _STEPS:
        if entity not in waiting:
            continue
        skipped: list[int] = []
        size, began = FIRST, time.monotonic()
        while found := _one_batch(connection, entity, sync_object, apply, skipped, size):
            now = time.monotonic()
            log.info("reconcile.batch", connection=connection.pk, entity=entity, rows=found, seconds=now - began)
            if ending.over(deadline):
                return False
            if found < size:
                break
            size, began = next_size(size, now - began), now
        # A customer that is new here has its documents read again, and a payment its invoices.
        waiting = read.entities_with_unread(connection.pk, MIRRORED)
    return True


@transaction.atomic
def _pass_over(connection: Connection, waiting: set[str]) -> set[str]:
    """Note as read, in one statement, what can't concern anything in the CRM; returns the entities.

    That is what nobody above the mirror reads, and all of a switched-off object while the CRM has nothing of this
    company: no link, nothing sent, no invoice. Switching on has all of it read again.
    """
    passed = waiting.intersection(_NOBODY_READS)
    lock(connection)
    if not _has_records(connection):
        on = enabled_objects(connection.pk)
        passed |= {entity for entity, sync_object, _apply in _STEPS if sync_object not in on} & waiting
    if passed:
        read.mark_read_all(connection.pk, sorted(passed))
    return passed


def _has_records(connection: Connection) -> bool:
    return any(kind.objects.filter(connection=connection).exists() for kind in _OF_A_COMPANY)


def reconcile_alone(connection: Connection) -> bool:
    """``reconcile``, unless another worker is at it: that one goes on with what came meanwhile, and this one is free.

    Messages about a large company would otherwise keep all workers busy with it, and everything else waiting.
    """
    ends_at = time.monotonic() + RUN_SECONDS
    wanted = f"sync:reconcile-wanted:{connection.pk}"
    # Before the lock is tried: who holds it looks for this after having given it back, so no message is lost.
    cache.set(wanted, 1, WANTED_SECONDS)
    busy = f"sync:reconcile-busy:{connection.pk}"
    while cache.get(wanted):
        held = _hold(connection)
        if not held and cache.get(busy):
            return True
        # Where somebody holds the lock and is silent, it was stopped; its rows are safe under the lock of each batch.
        cache.set(busy, 1, BUSY_SECONDS)
        try:
            cache.delete(wanted)
            complete = reconcile(connection)
        finally:
            if held:
                _let_go(connection)
        if not complete or ending.over(ends_at):
            return complete and not cache.get(wanted)
    return True


def next_size(size: int, seconds: float) -> int:
    """How many rows to apply after ``size`` rows took ``seconds``: as many as fit a slice, growing by steps."""
    fitting = int(size * SLICE_SECONDS / max(seconds, 0.001))
    return max(FEWEST, min(fitting, 2 * size, BATCH))


def _one_batch(
    connection: Connection,
    entity: str,
    sync_object: SyncObject,
    apply: Callable[[Batch], None],
    skipped: list[int],
    size: int,
) -> int:
    try:
        return _applied(connection, entity, sync_object, apply, skipped, size=size)
    except (OperationalError, InterfaceError, SoftTimeLimitExceeded):
        raise
    except Exception:
        log.exception("reconcile.batch_failed", connection=connection.pk, entity=entity)
        return _one_by_one(connection, entity, sync_object, apply, skipped, size)


def _one_by_one(
    connection: Connection,
    entity: str,
    sync_object: SyncObject,
    apply: Callable[[Batch], None],
    skipped: list[int],
    size: int,
) -> int:
    """The batch again, each row by itself: the one that can't be stored is parked, the others go on."""
    deadline = time.monotonic() + RUN_SECONDS
    done = 0
    for found in read.unread(connection.pk, entity, size=size, skip=skipped):
        try:
            _applied(connection, entity, sync_object, apply, skipped, only=found.row.pk)
        except (OperationalError, InterfaceError, SoftTimeLimitExceeded):
            raise
        except Exception as error:
            log.exception("reconcile.row_failed", connection=connection.pk, entity=entity, qbo_id=found.row.qbo_id)
            with transaction.atomic():
                read.park_payload(connection, found, f"Can't be stored: {str(error)[:500]}")
                read.mark_read([found.row])
        done += 1
        if ending.over(deadline):
            break
    return done


def _applied(
    connection: Connection,
    entity: str,
    sync_object: SyncObject,
    apply: Callable[[Batch], None],
    skipped: list[int],
    *,
    size: int = 1,
    only: int | None = None,
) -> int:
    with transaction.atomic(), remembered():
        lock(connection)
        rows = read.unread(connection.pk, entity, size=size, skip=skipped, only=only)
        if not rows:
            return 0
        batch = Batch(
            connection=connection,
            rows=rows,
            policy=policy_of(connection, sync_object),
            quiet_until=quiet_until(connection, sync_object),
        )
        apply(batch)
        read.mark_read([found.row for found in rows if found.row.pk not in batch.later])
        skipped += batch.later
        return len(rows)


@transaction.atomic
def look_again(connection: Connection, entity: str, qbo_ids: Iterable[str]) -> None:
    """Apply some objects now, also those that have been read: what a person decided takes effect at once.

    What was changed meanwhile in the mirror is applied with it. Objects that are gone or can't be applied now wait
    for the next reconcile.
    """
    lock(connection)
    sync_object, apply = next((step[1], step[2]) for step in _STEPS if step[0] == entity)
    wanted = list(qbo_ids)
    for start in range(0, len(wanted), BATCH):
        rows = read.objects(connection.pk, entity).filter(qbo_id__in=wanted[start : start + BATCH]).order_by("id")
        batch = Batch(
            connection=connection,
            rows=read.with_payloads(rows),
            policy=policy_of(connection, sync_object),
            quiet_until=None,
            told=True,
        )
        if batch.rows:
            apply(batch)
            read.mark_read([found.row for found in batch.rows if found.row.pk not in batch.later])
            MirrorObject.objects.filter(pk__in=batch.later).update(unread=True)


def _hold(connection: Connection) -> bool:
    """Held by this session, which may be many transactions; another worker that dies gives it back."""
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('sync.reconcile_alone'), %s)", [connection.pk])
        return bool(cursor.fetchone()[0])


def _let_go(connection: Connection) -> None:
    # A session that is lost has given it back.
    with contextlib.suppress(OperationalError, InterfaceError), database.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(hashtext('sync.reconcile_alone'), %s)", [connection.pk])
