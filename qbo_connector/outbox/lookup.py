"""Find out in QuickBooks what became of an operation whose answer was lost or that was refused as stale."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from qbo_connector import errors, gateway
from qbo_connector.client import PAGE_SIZE
from qbo_connector.enums import Cause, Verb
from qbo_connector.mirror import paging, parse
from qbo_connector.models import Connection, Operation
from qbo_connector.outbox.compare import is_as_wanted
from qbo_connector.outbox.verbs import content_of

CLOCK_SLACK = datetime.timedelta(hours=1)
# Names of these are unique, so that one created twice would be refused; by it an earlier try is recognised.
NAME_FIELDS = {"Customer": "DisplayName", "Vendor": "DisplayName", "Item": "Name"}


def findable(operation: Operation) -> bool:
    """Whether ``find_created`` can tell if this creation was done."""
    return bool(operation.marker) or operation.entity in NAME_FIELDS


def find_created(operation: Operation) -> parse.Row | None:
    """What an earlier try of this creation made, or None when it made nothing. Raises RetryLater: nothing is known."""
    if operation.verb != Verb.CREATE:
        return None
    return find_marked(operation) if operation.marker else find_named(operation)


def find_marked(operation: Operation) -> parse.Row | None:
    """The document with this operation's marker, or None when there is none. Costs one read for 1,000 documents.

    PrivateNote can't be queried, so the customer's documents since the intent are read and looked through.
    Raises RetryLater when the search could not be completed: then nothing is known.
    """
    if not operation.marker:
        return None
    customer = str(content_of(operation.body).get("CustomerRef", {}).get("value", ""))
    since = (operation.first_sent_at or operation.created_at) - CLOCK_SLACK
    client = gateway.client_for(operation.connection, Cause.VERIFY)
    start = 1
    while True:
        where = f"CustomerRef = '{_quoted(customer)}'" if customer else ""
        answer = _understood(client.select(paging.statement(operation.entity, since=since, start=start, where=where)))
        for row in answer.rows:
            note = str(parse.payload_of(row.body).get("PrivateNote", ""))
            if operation.marker in note:
                return row
        if answer.objects < PAGE_SIZE:
            return None
        start += PAGE_SIZE


def find_named(operation: Operation) -> parse.Row | None:
    """The object of this name that was created since the first try and holds what we sent. Costs one read."""
    field = NAME_FIELDS.get(operation.entity)
    wanted = content_of(operation.body)
    if field is None or not wanted.get(field):
        return None
    client = gateway.client_for(operation.connection, Cause.VERIFY)
    where = f"{field} = '{_quoted(str(wanted[field]))}'"
    answer = _understood(client.select(paging.statement(operation.entity, where=where)))
    since = (operation.first_sent_at or operation.created_at) - CLOCK_SLACK
    for row in answer.rows:
        found = parse.payload_of(row.body)
        made = str((found.get("MetaData") or {}).get("CreateTime") or "")
        if made and datetime.datetime.fromisoformat(made) >= since and is_as_wanted(operation.verb, wanted, found):
            return row
    return None


@dataclass(frozen=True)
class Reread:
    """Objects by id as QuickBooks has them, and its clock."""

    rows: dict[str, parse.Row]
    time: datetime.datetime


def read_again(connection: Connection, entity: str, qbo_ids: Sequence[str]) -> Reread:
    """Objects as QuickBooks has them now; what is missing is gone. Costs one read, whatever their number."""
    client = gateway.client_for(connection, Cause.VERIFY)
    listed = ", ".join(f"'{_quoted(qbo_id)}'" for qbo_id in qbo_ids)
    answer = _understood(client.select(paging.statement(entity, where=f"Id IN ({listed})")))
    return Reread({row.qbo_id: row for row in answer.rows}, answer.time)


def _understood(content: bytes) -> parse.Answer:
    answer = parse.read_answer(content)
    if answer.unreadable:
        raise errors.BadAnswer(errors.Fault(message="An object could not be read while looking for ours."))
    return answer


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
