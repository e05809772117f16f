"""Commit what became of leased operations, any number of them in a handful of statements.

The state, the mirror row and the event commit together, and only while our lease is the newest.
"""

import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from core.events import Draft, emit_many
from core.metrics import counters
from core.models import Origin
from qbo_connector import errors
from qbo_connector.enums import OperationState
from qbo_connector.mirror import merge, parse
from qbo_connector.models import Operation
from qbo_connector.outbox.lease import confirm_all

log = structlog.get_logger(__name__)
_WRITTEN = [
    "state", "qbo_id", "sync_token", "intuit_tid", "finished_at", "leased_until", "problem", "problem_detail",
    "fault_code", "fault_element",
]  # fmt: skip


@dataclass(frozen=True)
class Refusal:
    """Why an operation ended without being done. ``row``: its object as QuickBooks has it now, read again."""

    plain: str
    fault: errors.Fault = field(default_factory=errors.Fault)
    tid: str = ""
    state: OperationState = OperationState.REFUSED
    row: parse.Row | None = None


Ending = parse.Row | Refusal


def end(endings: Sequence[tuple[Operation, Ending]], *, tid: str = "") -> None:
    """Note operations as done (with the row that QuickBooks answered) or refused; those whose lease is lost stay."""
    by_pk = {operation.pk: ending for operation, ending in endings}
    if not by_pk:
        return
    with transaction.atomic(durable=True):
        stored = confirm_all([operation for operation, _ending in endings])
        rows = []
        for operation in stored:
            ending = by_pk[operation.pk]
            if isinstance(ending, Refusal):
                _refused(operation, ending, tid)
                rows += [ending.row] if ending.row is not None else []
            else:
                _done(operation, ending, tid)
                rows.append(ending)
        if not stored:
            return
        Operation.objects.bulk_update(stored, _WRITTEN)
        transaction.on_commit(lambda: _count(stored), robust=True)
        merge.merge_rows(stored[0].connection, rows)
        tell_finished(stored)


def _count(ended: Sequence[Operation]) -> None:
    labels = [{"outcome": str(operation.state), "code": operation.fault_code} for operation in ended]
    counters.add(*((counters.WRITES, each, 1) for each in labels))


def _done(operation: Operation, row: parse.Row, tid: str) -> None:
    operation.state = OperationState.DONE
    operation.qbo_id, operation.intuit_tid = row.qbo_id, tid[:80]
    operation.sync_token = row.sync_token
    operation.finished_at, operation.leased_until = timezone.now(), None
    operation.problem = operation.problem_detail = operation.fault_code = operation.fault_element = ""


def _refused(operation: Operation, refusal: Refusal, tid: str) -> None:
    """What a person sees on the record: our words beside QuickBooks' own."""
    said = refusal.fault
    operation.state, operation.problem = refusal.state, refusal.plain
    operation.problem_detail = said.detail or said.message
    operation.fault_code, operation.fault_element = said.code[:20], said.element[:120]
    operation.intuit_tid = (refusal.tid or tid)[:80]
    operation.finished_at, operation.leased_until = timezone.now(), None


def tell_finished(operations: Iterable[Operation]) -> None:
    """Tell the layer above that operations have their outcome."""
    drafts = [
        Draft("operation.finished", "connection", operation.connection_id, data={"operation": operation.pk})
        for operation in operations
    ]
    emit_many(drafts, origin=Origin.SYNC)


def again(
    operations: Sequence[Operation],
    state: OperationState | Callable[[Operation], OperationState],
    *,
    seconds: float,
    error: errors.QboError | None = None,
) -> None:
    """Have operations sent again later. Back to PLANNED only what is known not to have been done."""
    if error is not None:
        log.warning(
            "outbox.again", operations=[o.pk for o in operations], error=str(error), intuit_tid=error.tid,
            seconds=seconds,
        )  # fmt: skip
        counters.add((counters.RETRIES, {"error": type(error).__name__}, len(operations)))
    by_state: dict[OperationState, list[Operation]] = {}
    for operation in operations:
        by_state.setdefault(state(operation) if callable(state) else state, []).append(operation)
    for chosen, found in by_state.items():
        _put_back(found, chosen, seconds, error)


def _put_back(
    operations: Sequence[Operation], state: OperationState, seconds: float, error: errors.QboError | None
) -> None:
    values: dict[str, Any] = {
        "state": state,
        # By the database's clock, which leasing goes by: ours may be wrong.
        "due_at": Now() + datetime.timedelta(seconds=seconds),
        "leased_until": None,
    }
    if state == OperationState.PLANNED:
        values["first_sent_at"] = None  # nothing was done, so nothing can be forgotten
    if error is not None:
        values["problem"] = error.plain
        values["problem_detail"] = error.fault.detail or error.fault.message
    # All of a lease got the same token only by chance: each row is compared with its own.
    by_token: dict[int, list[int]] = {}
    for operation in operations:
        by_token.setdefault(operation.lease_token, []).append(operation.pk)
    for token, pks in by_token.items():
        Operation.objects.filter(pk__in=pks, lease_token=token, state=OperationState.LEASED).update(**values)


def delay(attempts: int, error: errors.QboError) -> float:
    """Seconds until the next try."""
    if isinstance(error, errors.Throttled):
        return error.wait if error.wait is not None else 65
    return min(600, 1 << min(attempts, 9))
