"""Send one leased operation: freeze, send, commit the answer. A kill between any two steps is safe.

The bytes and the first time of sending are committed before anything is sent; the answer is committed together with
the mirror row and the event. Whoever comes next finds either the answer, or the same bytes with the same requestid,
which QuickBooks answers from memory. Source: Intuit, "requestid" (idempotent writes).
"""

import datetime

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qbo_connector import errors, gateway
from qbo_connector.client import QuickBooksClient
from qbo_connector.enums import Cause, OperationState, Verb
from qbo_connector.mirror import parse
from qbo_connector.models import Operation
from qbo_connector.outbox import doubts, lookup, outcome, verbs
from qbo_connector.outbox.freeze import DependencyFailed, DependencyOpen, frozen_body
from qbo_connector.outbox.lease import LeaseLost, confirm
from qbo_connector.outbox.outcome import Refusal
from qbo_connector.services import status

log = structlog.get_logger(__name__)
FAILED = _("This program failed while sending it. It is tried again by itself; the server's log says why.")
NEEDED_FAILED = _("Something that has to exist first could not be created.")
MAY_BE_DONE = _(
    "QuickBooks did not answer and may have forgotten the request, so it can't be told whether this was done. Look it "
    "up in QuickBooks, then link it or send it again."
)
MAY_BE_SENT = _(
    "QuickBooks did not answer, and the document shows no delivery since. Ask the customer whether the e-mail has come "
    "before it is sent again."
)


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
        outcome.again([operation], OperationState.PLANNED, seconds=2)
    except DependencyFailed as failed:
        needed = failed.operation
        fault = errors.Fault(needed.fault_code, detail=needed.problem_detail)
        _finish(operation, Refusal(needed.problem or str(NEEDED_FAILED), fault, state=OperationState.HELD))
    except errors.NeedsReconnect as error:
        status.needs_reconnect(operation.connection, error)
        outcome.again([operation], unsent, seconds=60, error=error)
    except errors.OperatorProblem as error:
        outcome.again([operation], unsent, seconds=300, error=error)
    except errors.Refused as error:
        _refuse(operation, error, tried=tried)
    except errors.RetryLater as error:
        unknown = isinstance(error, errors.OutcomeUnknown | errors.ServerError)
        state = OperationState.UNKNOWN if unknown else unsent
        outcome.again([operation], state, seconds=outcome.delay(operation.attempts, error), error=error)
    except (OperationalError, InterfaceError, SoftTimeLimitExceeded):
        raise  # the lease runs out, and another worker goes on
    except Exception as failure:
        # A fault of this program: said on the record, and no other operation waits for it.
        log.exception("outbox.failed", operation=operation.pk)
        told = errors.RetryLater(errors.Fault(message=repr(failure)[:500]), plain=str(FAILED))
        state = OperationState.UNKNOWN if operation.attempts else unsent
        outcome.again([operation], state, seconds=300, error=told)


def _send(operation: Operation, *, tried: bool) -> None:
    body = frozen_body(operation)
    with transaction.atomic(durable=True):
        row = confirm(operation)
        row.body = body
        row.first_sent_at = row.first_sent_at or timezone.now()
        row.attempts += 1
        row.save(update_fields=["body", "first_sent_at", "attempts"])
    operation.attempts, operation.first_sent_at, operation.body = row.attempts, row.first_sent_at, row.body
    client = gateway.client_for(operation.connection, Cause.WRITE, urgent=operation.urgent)
    if tried and operation.verb == Verb.SEND_EMAIL:
        # Sent without a requestid: a second try would be a second e-mail.
        found = doubts.emailed(operation)
        if found is None:
            _finish(operation, Refusal(str(MAY_BE_SENT), state=OperationState.HELD))
        else:
            _commit(operation, found, tid="")
        return
    if tried and may_be_forgotten(operation) and _settled_by_look(operation):
        return
    _post(operation, client, body)


def _settled_by_look(operation: Operation) -> bool:
    """Whether looking at QuickBooks ended the operation; False: it was not done, so it may be sent."""
    if operation.verb not in (Verb.CREATE, Verb.UPLOAD):
        seen = doubts.look(operation)
        if seen.verdict == doubts.Verdict.NOT_DONE:
            return False
        outcome.end([(operation, doubts.judged(seen, doubts.stale_or_gone(seen)))])
        return True
    if not lookup.findable(operation):
        _finish(operation, Refusal(str(MAY_BE_DONE), state=OperationState.HELD))
        return True
    made = lookup.find_created(operation)
    if made is not None:
        _commit(operation, made, tid="")
    return made is not None


def _post(operation: Operation, client: QuickBooksClient, body: bytes) -> None:
    _commit(operation, verbs.post(client, operation, body), tid=client.tid)


def may_be_forgotten(operation: Operation) -> bool:
    """Whether QuickBooks may no longer remember the requestid; how long it does is not documented."""
    age = timezone.now() - (operation.first_sent_at or timezone.now())
    return age > datetime.timedelta(seconds=settings.QBO_REQUESTID_SECONDS)


def _commit(operation: Operation, row: parse.Row, *, tid: str) -> None:
    outcome.end([(operation, row)], tid=tid)


def _refuse(operation: Operation, error: errors.Refused, *, tried: bool) -> None:
    try:
        ending = doubts.ending_of(operation, error, tried=tried)
    except errors.QboError as unanswered:
        state = OperationState.UNKNOWN if tried else OperationState.PLANNED
        outcome.again([operation], state, seconds=outcome.delay(operation.attempts, unanswered), error=error)
    else:
        outcome.end([(operation, ending)])


def _finish(operation: Operation, refusal: Refusal) -> None:
    """Write the refusal first; whoever looks at the record sees it."""
    outcome.end([(operation, refusal)])
