"""Find out in QuickBooks what became of an operation whose answer was lost or that was refused as stale."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from qbo_connector import errors, gateway
from qbo_connector.client import PAGE_SIZE
from qbo_connector.enums import Cause, Verb
from qbo_connector.mirror import paging, parse
from qbo_connector.mirror.merge import park
from qbo_connector.models import Connection, Operation
from qbo_connector.outbox.compare import is_as_wanted
from qbo_connector.outbox.verbs import content_of

COPY = _(
    "It carries the mark of %(entity)s %(id)s, which was created from here: a copy that somebody made in QuickBooks. "
    "Both are kept. Delete the one that is not wanted."
)
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

    Of several the first counts; the others are parked, so that people see them.

    PrivateNote can't be queried, so the customer's documents since the intent are read and looked through.
    Raises RetryLater when the search could not be completed: then nothing is known.
    """
    if not operation.marker:
        return None
    customer = str(content_of(operation.body).get("CustomerRef", {}).get("value", ""))
    since = (operation.first_sent_at or operation.created_at) - CLOCK_SLACK
    client = gateway.client_for(operation.connection, Cause.VERIFY)
    found: list[parse.Row] = []
    start = 1
    while True:
        where = f"CustomerRef = '{_quoted(customer)}'" if customer else ""
        answer = _understood(client.select(paging.statement(operation.entity, since=since, start=start, where=where)))
        for row in answer.rows:
            note = str(parse.payload_of(row.body).get("PrivateNote", ""))
            if operation.marker in note:
                found.append(row)
        if answer.objects < PAGE_SIZE:
            return _original(operation, found, since)
        start += PAGE_SIZE


def _original(operation: Operation, found: Sequence[parse.Row], since: datetime.datetime) -> parse.Row | None:
    """The document that our send made: the first since then. Copies that people made of it carry its marker too."""
    if not found:
        return None
    first, *copies = sorted(found, key=lambda row: _made(row, since))
    if copies:
        told = str(COPY) % {"entity": operation.entity, "id": first.qbo_id}
        park(operation.connection, [parse.Unreadable(row.entity, row.qbo_id, told, row.body) for row in copies])
    return first


def _made(row: parse.Row, since: datetime.datetime) -> tuple[bool, datetime.datetime, int, str]:
    """Sorts by the time of creation, what was there before we sent anything last."""
    text = str((parse.payload_of(row.body).get("MetaData") or {}).get("CreateTime") or "")
    made = datetime.datetime.fromisoformat(text) if text else datetime.datetime.max.replace(tzinfo=datetime.UTC)
    return (made < since, made, len(row.qbo_id), row.qbo_id)


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
