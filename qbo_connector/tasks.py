"""Doors of the connector. PostgreSQL is the queue of record; these messages only wake somebody up."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import TypeVar

import structlog
from celery import current_app, shared_task
from django.db import connections
from django.utils import timezone

from core import ending
from qbo_connector.mirror import schedule
from qbo_connector.mirror.pull import pull
from qbo_connector.outbox import drain, turns
from qbo_connector.outbox.lease import companies_with_work
from qbo_connector.services import budgets, counting, prune

log = structlog.get_logger(__name__)
Item = TypeVar("Item")
THREADS = 8
PULLS_IN_A_TASK = 16
SENT_IN_A_TASK = 50


@shared_task(name="qbo_connector.lease_due_pulls")
def lease_due_pulls(only: list[int] | None = None, limit: int = schedule.BATCH) -> int:
    """Lease the companies that are due and send them to workers in batches."""
    leases = schedule.lease_due(only=only, limit=limit)
    for first in range(0, len(leases), PULLS_IN_A_TASK):
        batch = leases[first : first + PULLS_IN_A_TASK]
        current_app.send_task("qbo_connector.pull", args=[[[lease.connection_id, lease.token] for lease in batch]])
    return len(leases)


@shared_task(name="qbo_connector.pull")
def pull_companies(leases: list[list[int]]) -> None:
    """Read the leased companies, several at a time: most of a read is waiting."""
    found = [schedule.Lease(connection_id, token) for connection_id, token in leases]
    run_each(_pull_or_leave, found)
    # Whoever is done takes as many more, without waiting for the tick: the next slice of a first load, what was asked
    # for meanwhile, and whatever else is due, the oldest first. Not more than that, or messages would pile up.
    if schedule.anything_due():
        current_app.send_task("qbo_connector.lease_due_pulls", kwargs={"limit": PULLS_IN_A_TASK})


@shared_task(name="qbo_connector.drain_outbox")
def drain_outbox(connection_id: int) -> int:
    """Send what is due of one company's outbox, several calls at a time: most of a call is waiting.

    More is leased while the last ones are still being answered, so that none of the company's pace is lost. While
    another worker does it, only what a person waits for is left to do here.
    """
    structlog.contextvars.bind_contextvars(connection=connection_id)
    turn = turns.Turn(connection_id)
    if not turn.begin():
        urgent = drain.lease_units(connection_id, urgent=True)
        run_each(_send, urgent)
        return len(urgent)
    try:
        sent = _send_due(connection_id, turn)
    finally:
        asked = turn.end()
    if asked or sent >= SENT_IN_A_TASK or (sent and ending.begun()):
        current_app.send_task("qbo_connector.drain_outbox", args=[connection_id])
    return sent


def _send_due(connection_id: int, turn: turns.Turn) -> int:
    sent = 0
    under_way: set[Future[None]] = set()
    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        while sent < SENT_IN_A_TASK and not ending.begun() and turn.keep():
            units = drain.lease_units(connection_id)
            if not units and not under_way:
                break
            sent += len(units)
            if len(units) == 1 and not under_way:
                _guarded(_send, units[0], close=False)
                continue
            # A thread begins without the ids that lines of this task carry.
            under_way |= {pool.submit(copy_context().run, _in_thread, _send, unit) for unit in units}
            under_way = _wait_for_room(under_way, at_least_one=not units)
    return sent


@shared_task(name="qbo_connector.sweep_outbox")
def sweep_outbox() -> int:
    """Wake a worker for every outbox that has something due: what a crash or a lost message left."""
    companies = companies_with_work()
    for connection_id in companies:
        current_app.send_task("qbo_connector.drain_outbox", args=[connection_id])
    return len(companies)


@shared_task(name="qbo_connector.ask_for_counts")
def ask_for_counts() -> int:
    """Have the companies counted whose minute of the night has come."""
    return counting.ask_for_due()


@shared_task(name="qbo_connector.check_budgets")
def check_budgets() -> int:
    """Warn of budgets of reads that are nearly spent, and forget the warnings of last month."""
    budgets.clear_past()
    return budgets.check()


@shared_task(name="qbo_connector.prune")
def prune_old_rows() -> None:
    """Delete what is older than the settings keep it."""
    log.info("prune.done", **prune.prune())


def _pull_or_leave(lease: schedule.Lease) -> None:
    """Read a company; a worker that ends gives it back instead, for another one to read at once."""
    if ending.begun():
        schedule.release(lease, due_at=timezone.now())
    else:
        pull(lease)


def _send(unit: drain.Unit) -> None:
    unit()


def _wait_for_room(under_way: set[Future[None]], *, at_least_one: bool) -> set[Future[None]]:
    """Wait until half of the threads are free or will be next; what is still under way then."""
    while at_least_one or len(under_way) > THREADS // 2:
        _done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
        at_least_one = False
    return under_way


def run_each(work: Callable[[Item], None], items: Sequence[Item]) -> None:
    """Run ``work`` for every item in threads; one that fails is logged and stops no other."""
    if len(items) == 1:
        _guarded(work, items[0], close=False)
        return
    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        for item in items:
            pool.submit(copy_context().run, _in_thread, work, item)


def _in_thread(work: Callable[[Item], None], item: Item) -> None:
    _guarded(work, item, close=True)


def _guarded(work: Callable[[Item], None], item: Item, *, close: bool) -> None:
    try:
        work(item)
    except Exception:
        log.exception("task.item_failed", item=repr(item))
    finally:
        if close:
            connections.close_all()
