"""Send one leased operation: freeze, send, commit the answer. A kill between any two steps is safe.

The bytes and the first time of sending are committed before anything is sent; the answer is committed together with
the mirror row and the event. Whoever comes next finds either the answer, or the same bytes with the same requestid,
which QuickBooks answers from memory. Source: Intuit, "requestid" (idempotent writes).
"""

import datetime
from typing import Any

import msgspec
import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.events import emit
from core.models import Origin
from qbo_connector import errors, gateway
from qbo_connector.client import QuickBooksClient
from qbo_connector.enums import Cause, OperationState
from qbo_connector.mirror import merge, parse, schedule
from qbo_connector.models import Connection, Operation
from qbo_connector.outbox import lookup
from qbo_connector.outbox.freeze import DependencyFailed, DependencyOpen, frozen_body
from qbo_connector.outbox.lease import LeaseLost, confirm
from qbo_connector.services import status

log = structlog.get_logger(__name__)
# Refusals that hint at stale tax codes, numbers or preferences here: what change data lacks is read again.
HINTS = (errors.InvalidReference, errors.DuplicateNumber, errors.PeriodClosed)
FAILED = _("This program failed while sending it. It is tried again by itself; the server's log says why.")
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


def send(operation: Operation) -> None:
    """Carry one leased operation as far as it goes now. Never raises for what QuickBooks says."""
    # An earlier try may have been done; what is known never to have been sent has lost this time again.
    tried = operation.first_sent_at is not None
    unsent = OperationState.UNKNOWN if tried else OperationState.PLANNED
    try:
        _send(operation, tried=tried)
    except LeaseLost:
        log.warning("outbox.lease_lost", operation=operation.pk)
    except DependencyOpen:
        _again(operation, OperationState.PLANNED, seconds=2)
    except DependencyFailed as failed:
        _finish(
            operation,
            OperationState.HELD,
            plain=failed.operation.problem or "Something that has to exist first could not be created.",
            fault=errors.Fault(failed.operation.fault_code, detail=failed.operation.problem_detail),
        )
    except errors.NeedsReconnect as error:
        status.needs_reconnect(operation.connection, error)
        _again(operation, unsent, seconds=60, error=error)
    except errors.OperatorProblem as error:
        _again(operation, unsent, seconds=300, error=error)
    except errors.CompanyInactive as error:
        status.pause(operation.connection, error)
        _refuse(operation, error, tried=tried)
    except errors.Refused as error:
        _refuse(operation, error, tried=tried)
    except errors.RetryLater as error:
        unknown = isinstance(error, errors.OutcomeUnknown | errors.ServerError)
        state = OperationState.UNKNOWN if unknown else unsent
        _again(operation, state, seconds=_delay(operation, error), error=error)
    except (OperationalError, InterfaceError, SoftTimeLimitExceeded):
        raise  # the lease runs out, and another worker goes on
    except Exception as failure:
        # A fault of this program: said on the record, and no other operation waits for it.
        log.exception("outbox.failed", operation=operation.pk)
        told = errors.RetryLater(errors.Fault(message=repr(failure)[:500]), plain=str(FAILED))
        _again(operation, OperationState.UNKNOWN if operation.attempts else unsent, seconds=300, error=told)


def _send(operation: Operation, *, tried: bool) -> None:
    body = frozen_body(operation)
    with transaction.atomic(durable=True):
        row = confirm(operation)
        row.body = body
        row.first_sent_at = row.first_sent_at or timezone.now()
        row.attempts += 1
        row.save(update_fields=["body", "first_sent_at", "attempts"])
    operation.attempts, operation.first_sent_at, operation.body = row.attempts, row.first_sent_at, row.body
    client = gateway.client_for(operation.connection, Cause.WRITE)
    if tried and _may_be_forgotten(operation):
        found = lookup.find_marked(operation)
        if found is not None:
            _commit(operation, found, tid="")
            return
        if not operation.marker:
            _finish(
                operation,
                OperationState.HELD,
                plain="QuickBooks did not answer and may have forgotten the request, so it can't be told whether this "
                "was done. Look it up in QuickBooks, then link it or send it again.",
            )
            return
    _post(operation, client, body)


def _post(operation: Operation, client: QuickBooksClient, body: bytes) -> None:
    _entity, content = client.write(operation.entity, body, request_id=operation.request_id)
    raw = bytes(_members.decode(content)[operation.entity])
    try:
        row = parse.read_object(operation.entity, raw)
    except (msgspec.MsgspecError, ValueError) as error:
        raise errors.OutcomeUnknown(errors.Fault(message=f"Unreadable answer: {error}"), tid=client.tid) from error
    _commit(operation, row, tid=client.tid)


def _may_be_forgotten(operation: Operation) -> bool:
    """Whether QuickBooks may no longer remember the requestid; how long it does is not documented."""
    age = timezone.now() - (operation.first_sent_at or timezone.now())
    return age > datetime.timedelta(seconds=settings.QBO_REQUESTID_SECONDS)


def _commit(operation: Operation, row: parse.Row, *, tid: str) -> None:
    with transaction.atomic(durable=True):
        stored = confirm(operation)
        stored.state = OperationState.DONE
        stored.qbo_id, stored.sync_token, stored.intuit_tid = row.qbo_id, row.sync_token, tid
        stored.finished_at, stored.leased_until = timezone.now(), None
        stored.problem = stored.problem_detail = stored.fault_code = stored.fault_element = ""
        stored.save()
        merge.merge_rows(stored.connection, [row])
        emit_finished(stored.connection, stored)


def _refuse(operation: Operation, error: errors.QboError, *, tried: bool) -> None:
    if tried and operation.marker:
        # The answer of an earlier try was lost. A refusal of this one does not say that it was not done, and a new
        # attempt would do it twice: the document is looked for before the refusal is believed.
        try:
            found = lookup.find_marked(operation)
            if found is not None:
                _commit(operation, found, tid="")
                return
        except LeaseLost:
            log.warning("outbox.lease_lost", operation=operation.pk)
            return
        except errors.QboError as unanswered:
            _again(operation, OperationState.UNKNOWN, seconds=_delay(operation, unanswered), error=error)
            return
    if isinstance(error, HINTS):
        schedule.request_pull([operation.connection_id], cause=Cause.REFUSAL)
    _finish(operation, OperationState.REFUSED, plain=error.plain, fault=error.fault, tid=error.tid)


def _finish(
    operation: Operation, state: OperationState, *, plain: str, fault: errors.Fault | None = None, tid: str = ""
) -> None:
    """Write the refusal first; whoever looks at the record sees it."""
    said = fault or errors.Fault()
    try:
        with transaction.atomic(durable=True):
            row = confirm(operation)
            row.state, row.problem, row.problem_detail = state, plain, said.detail or said.message
            row.fault_code, row.fault_element = said.code[:20], said.element[:120]
            row.intuit_tid, row.finished_at, row.leased_until = tid[:80], timezone.now(), None
            row.save()
            emit_finished(row.connection, row)
    except LeaseLost:
        log.warning("outbox.lease_lost", operation=operation.pk)


def emit_finished(connection: Connection, operation: Operation) -> None:
    """Tell the layer above that an operation has its outcome."""
    emit("operation.finished", connection, origin=Origin.SYNC, operation=operation.pk)


def _delay(operation: Operation, error: errors.QboError) -> int:
    if isinstance(error, errors.Throttled):
        return 65
    return min(600, 1 << min(operation.attempts, 9))


def _again(operation: Operation, state: OperationState, *, seconds: int, error: errors.QboError | None = None) -> None:
    values: dict[str, Any] = {
        "state": state,
        "due_at": timezone.now() + datetime.timedelta(seconds=seconds),
        "leased_until": None,
    }
    if state == OperationState.PLANNED:
        values["first_sent_at"] = None  # nothing was done, so nothing can be forgotten
    if error is not None:
        log.warning("outbox.again", operation=operation.pk, error=str(error), intuit_tid=error.tid, seconds=seconds)
        values["problem"] = error.plain
        values["problem_detail"] = error.fault.detail or error.fault.message
    Operation.objects.filter(pk=operation.pk, lease_token=operation.lease_token, state=OperationState.LEASED).update(
        **values
    )
