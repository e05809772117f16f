"""Was it done? What a look at QuickBooks says about an operation whose answer is missing or that was refused."""

import datetime
from dataclasses import dataclass
from enum import Enum

import msgspec
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qbo_connector import errors
from qbo_connector.enums import Cause, Verb
from qbo_connector.mirror import parse, schedule
from qbo_connector.models import Operation
from qbo_connector.outbox import lookup
from qbo_connector.outbox.compare import is_as_wanted
from qbo_connector.outbox.outcome import Ending, Refusal
from qbo_connector.outbox.verbs import CHANGES, content_of
from qbo_connector.services import status

# Refusals that hint at stale tax codes, numbers or preferences here: what change data lacks is read again.
HINTS = (errors.InvalidReference, errors.DuplicateNumber, errors.PeriodClosed)
USES_INACTIVE = _("Something that this refers to was made inactive or deleted in QuickBooks.")


class Verdict(Enum):
    """What the object's state says about a change."""

    DONE = "done"
    NOT_DONE = "not done"
    STALE = "changed by somebody else"
    GONE = "gone"


@dataclass(frozen=True)
class Look:
    """A verdict, and the object's row as it is now."""

    verdict: Verdict
    row: parse.Row | None


def look(operation: Operation) -> Look:
    """Read the object of a change again (one read) and judge. Raises RetryLater: then nothing is known."""
    wanted = content_of(operation.body)
    qbo_id = str(wanted.get("Id", ""))
    row = lookup.read_again(operation.connection, operation.entity, [qbo_id]).rows.get(qbo_id)
    if row is None:
        gone = _tombstone(operation.entity, qbo_id)
        return Look(Verdict.DONE if operation.verb == Verb.DELETE else Verdict.GONE, gone)
    if is_as_wanted(operation.verb, wanted, parse.payload_of(row.body)):
        return Look(Verdict.DONE, row)
    unchanged = str(wanted.get("SyncToken", "")) == str(row.sync_token)
    return Look(Verdict.NOT_DONE if unchanged else Verdict.STALE, row)


def emailed(operation: Operation) -> parse.Row | None:
    """The document, if it shows a delivery since the first try; None: nobody can tell. Costs one read."""
    qbo_id = str(content_of(operation.body).get("Id", ""))
    found = lookup.read_again(operation.connection, operation.entity, [qbo_id])
    row = found.rows.get(qbo_id)
    if row is None:
        return None
    told = (parse.payload_of(row.body).get("DeliveryInfo") or {}).get("DeliveryTime")
    if not told:
        return None
    # Compared on QuickBooks' clock, which tells whole seconds.
    by_its_clock = (operation.first_sent_at or operation.created_at) + (found.time - timezone.now())
    delivered = datetime.datetime.fromisoformat(str(told))
    return row if delivered >= by_its_clock.replace(microsecond=0) else None


def ending_of(operation: Operation, error: errors.Refused, *, tried: bool) -> Ending:
    """What a refusal means: mostly what it says, but it was done if an earlier try was. Raises RetryLater.

    A stale or vanished object is read again here, so that whoever decides anew has it as it is now.
    """
    if isinstance(error, errors.CompanyInactive):
        status.pause(operation.connection, error)
    if isinstance(error, HINTS):
        schedule.request_pull([operation.connection_id], cause=Cause.REFUSAL)
    refusal = Refusal(error.plain, error.fault, error.tid)
    if operation.verb == Verb.CREATE:
        # The answer of an earlier try was lost. A refusal of this one does not say that it was not done, and a new
        # attempt would do it twice: the object is looked for before the refusal is believed.
        made = lookup.find_created(operation) if tried and lookup.findable(operation) else None
        return made or refusal
    if operation.verb in CHANGES and isinstance(error, errors.Stale | errors.NotFound):
        return judged(look(operation), refusal)
    return refusal


def judged(seen: Look, refusal: Refusal) -> Ending:
    """The ending after a look: done, or refused with the object as it is."""
    if seen.verdict == Verdict.DONE and seen.row is not None:
        return seen.row
    plain = refusal.plain
    if seen.verdict != Verdict.GONE and errors.kind_of(refusal.fault.code) is errors.NotFound:
        plain = str(USES_INACTIVE)
    return Refusal(plain, refusal.fault, refusal.tid, refusal.state, seen.row)


def stale_or_gone(seen: Look) -> Refusal:
    """The refusal that a look amounts to where QuickBooks was not asked to write at all."""
    code, error = ("610", errors.NotFound()) if seen.verdict == Verdict.GONE else ("5010", errors.Stale())
    return Refusal(error.plain, errors.Fault(code), row=seen.row)


def _tombstone(entity: str, qbo_id: str) -> parse.Row:
    body = {"Id": qbo_id, "status": "Deleted", "MetaData": {"LastUpdatedTime": timezone.now().isoformat()}}
    return parse.read_object(entity, msgspec.json.encode(body))
