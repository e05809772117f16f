"""Send up to thirty operations of a company in one request.

The batch's bytes and request id are committed, with those of its parts, before anything is sent; a lost answer is
asked for again with the same bytes and id. Each part is answered for itself: a fault in one settles only that one.
Source: Intuit, "Batch operations".
"""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from qbo_connector import errors, gateway
from qbo_connector.client import QuickBooksClient
from qbo_connector.enums import Cause, OperationState
from qbo_connector.mirror import parse
from qbo_connector.models import Operation, OperationBatch
from qbo_connector.outbox import doubts, outcome
from qbo_connector.outbox.freeze import DependencyFailed, DependencyOpen, frozen_body
from qbo_connector.outbox.lease import confirm_all
from qbo_connector.outbox.send import FAILED, may_be_forgotten, send
from qbo_connector.outbox.verbs import IN_BATCH, row_of
from qbo_connector.services import status

log = structlog.get_logger(__name__)
LARGEST = 30
# Below that, single calls are as quick and simpler to follow.
SMALLEST = 5
# A bulk call gives way early: its worker has other things to do than to wait for a slot.
PATIENCE = 5.0
_answers = msgspec.json.Decoder(dict[str, msgspec.Raw])
_parts = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])


def can_join(operation: Operation) -> bool:
    """Whether an operation may be sent with others: nobody waits for it, and it was not sent on its own before."""
    return not operation.urgent and operation.verb in IN_BATCH and operation.body is None and not operation.attempts


def target(operation: Operation) -> tuple[str, str]:
    """What an operation changes; two operations of one batch never change the same."""
    qbo_id = operation.intent.get("Id")
    return operation.entity, str(qbo_id) if qbo_id else f"new {operation.pk}"


def send_new(operations: Sequence[Operation]) -> None:
    """Freeze leased operations as one batch and send it; what can't be frozen yet is sent or put back singly."""
    ready = []
    for operation in operations:
        try:
            operation.body = frozen_body(operation)
        except (DependencyFailed, DependencyOpen):
            send(operation)  # tells it on the record, or waits for what is needed first
        except Exception:
            log.exception("outbox.not_frozen", operation=operation.pk)
            send(operation)
        else:
            ready.append(operation)
    frozen = _freeze(ready)
    if frozen:
        send_again(frozen)


def _freeze(operations: Sequence[Operation]) -> list[Operation]:
    bodies = {operation.pk: operation.body for operation in operations}
    with transaction.atomic(durable=True):
        rows = confirm_all(operations)
        if not rows:
            return []
        items = []
        for number, row in enumerate(rows, start=1):
            row.body, row.batch_item = bodies[row.pk], str(number)
            items.append(_item(row))
        body = msgspec.json.encode({"BatchItemRequest": items})
        batch = OperationBatch.objects.create(connection=rows[0].connection, request_id=uuid.uuid4().hex, body=body)
        for row in rows:
            row.batch = batch
        Operation.objects.bulk_update(rows, ["body", "batch", "batch_item"])
    return rows


def _item(operation: Operation) -> dict[str, Any]:
    return {
        "bId": operation.batch_item,
        "operation": IN_BATCH[operation.verb],  # type: ignore[index]
        operation.entity: msgspec.Raw(bytes(operation.body or b"{}")),
    }


def send_again(operations: Sequence[Operation]) -> None:
    """Send the open parts' batch, the same bytes for every try. Never raises for what QuickBooks says."""
    if any(operation.first_sent_at is not None and may_be_forgotten(operation) for operation in operations):
        # Each part is looked up before it is sent again, which only the single way does.
        Operation.objects.filter(pk__in=[operation.pk for operation in operations]).update(batch=None)
        for operation in operations:
            send(operation)
        return
    tried = {operation.pk for operation in operations if operation.first_sent_at is not None}
    try:
        _send(operations, tried)
    except errors.NeedsReconnect as error:
        status.needs_reconnect(operations[0].connection, error)
        outcome.again(operations, _unsent(tried), seconds=60, error=error)
    except errors.OperatorProblem as error:
        outcome.again(operations, _unsent(tried), seconds=300, error=error)
    except errors.Refused as error:
        _refuse_all(operations, tried, error)
    except errors.RetryLater as error:
        unknown = isinstance(error, errors.OutcomeUnknown | errors.ServerError)
        state = _always_unknown if unknown else _unsent(tried)
        attempts = max(operation.attempts for operation in operations)
        outcome.again(operations, state, seconds=outcome.delay(attempts, error), error=error)
    except (OperationalError, InterfaceError, SoftTimeLimitExceeded):
        raise  # the lease runs out, and another worker goes on
    except Exception as failure:
        log.exception("outbox.batch_failed", operations=[operation.pk for operation in operations])
        told = errors.RetryLater(errors.Fault(message=repr(failure)[:500]), plain=str(FAILED))
        outcome.again(operations, OperationState.UNKNOWN, seconds=300, error=told)


def _unsent(tried: set[int]) -> Callable[[Operation], OperationState]:
    return lambda operation: OperationState.UNKNOWN if operation.pk in tried else OperationState.PLANNED


def _always_unknown(_operation: Operation) -> OperationState:
    return OperationState.UNKNOWN


def _send(operations: Sequence[Operation], tried: set[int]) -> None:
    with transaction.atomic(durable=True):
        rows = confirm_all(operations)
        for row in rows:
            row.first_sent_at = row.first_sent_at or timezone.now()
            row.attempts += 1
        Operation.objects.bulk_update(rows, ["first_sent_at", "attempts"])
    if not rows:
        return
    batch = OperationBatch.objects.get(operations=rows[0])
    client = gateway.client_for(rows[0].connection, Cause.WRITE, patience=PATIENCE)
    content = _post(client, batch)
    _take_in(rows, tried, content, client.tid)


def _post(client: QuickBooksClient, batch: OperationBatch) -> bytes:
    return client.batch(bytes(batch.body), request_id=batch.request_id)


def _take_in(operations: Sequence[Operation], tried: set[int], content: bytes, tid: str) -> None:
    """Settle each part by its own answer; a part without one is asked for again."""
    try:
        answer = _answers.decode(content)
        parts = {
            msgspec.json.decode(part["bId"], type=str): part
            for part in _parts.decode(answer["BatchItemResponse"])
            if "bId" in part
        }
    except (msgspec.MsgspecError, KeyError) as error:
        raise errors.OutcomeUnknown(errors.Fault(message=f"Unreadable answer: {error}"), tid=tid) from error
    done: list[tuple[Operation, outcome.Ending]] = []
    refused: list[tuple[Operation, errors.Refused]] = []
    later: list[tuple[Operation, errors.QboError]] = []
    for operation in operations:
        try:
            done.append((operation, _row(operation, parts.get(operation.batch_item), answer.get("time"), tid)))
        except errors.Refused as error:
            refused.append((operation, error))
        except errors.QboError as error:
            later.append((operation, error))
    _commit(done, tid)
    _refuse_each(refused, tried)
    _put_back(later, tried)


def _row(operation: Operation, part: dict[str, msgspec.Raw] | None, stamp: msgspec.Raw | None, tid: str) -> parse.Row:
    """The row in a part of the answer. Raises the part's fault, or OutcomeUnknown where it says nothing."""
    if part is not None and operation.entity in part:
        return row_of(operation, part[operation.entity], stamp=stamp, tid=tid)
    faults = errors.faults_in(msgspec.json.encode(part)) if part is not None else []
    if faults:
        raise errors.error_for(faults, status=200, tid=tid)
    raise errors.OutcomeUnknown(errors.Fault(message="The batch's answer lacks this part."), tid=tid)


def _commit(done: list[tuple[Operation, outcome.Ending]], tid: str) -> None:
    outcome.end(done, tid=tid)


def _refuse_each(refused: Sequence[tuple[Operation, errors.Refused]], tried: set[int]) -> None:
    """Refusals that need no look are committed together; each of the others has its own read."""
    plain: list[tuple[Operation, errors.Refused]] = []
    looked: list[tuple[Operation, errors.Refused]] = []
    for operation, error in refused:
        needs_look = isinstance(error, errors.Stale | errors.NotFound | errors.CompanyInactive) or operation.pk in tried
        (looked if needs_look else plain).append((operation, error))
    outcome.end([(o, doubts.ending_of(o, error, tried=False)) for o, error in plain])
    for operation, error in looked:
        try:
            ending = doubts.ending_of(operation, error, tried=operation.pk in tried)
        except errors.QboError as unanswered:
            seconds = outcome.delay(operation.attempts, unanswered)
            outcome.again([operation], _unsent(tried), seconds=seconds, error=error)
        else:
            outcome.end([(operation, ending)])


def _put_back(later: Sequence[tuple[Operation, errors.QboError]], tried: set[int]) -> None:
    """Parts that may be tried again. What may have been done stays in its batch, whose bytes are sent again."""
    for operation, error in later:
        unknown = isinstance(error, errors.OutcomeUnknown | errors.ServerError)
        state = _always_unknown if unknown else _unsent(tried)
        outcome.again([operation], state, seconds=outcome.delay(operation.attempts, error), error=error)


def _refuse_all(operations: Sequence[Operation], tried: set[int], error: errors.Refused) -> None:
    """The batch as a whole was refused, so nothing was done: each part goes on by itself and hears its own reason."""
    if isinstance(error, errors.CompanyInactive):
        _refuse_each([(operation, error) for operation in operations], tried)
        return
    log.warning("outbox.batch_refused", error=str(error), operations=[operation.pk for operation in operations])
    Operation.objects.filter(pk__in=[operation.pk for operation in operations]).update(batch=None)
    outcome.again(operations, _unsent(tried), seconds=0, error=error)
