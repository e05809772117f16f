"""What each verb of an operation is on the wire, and the mirror row in its answer."""

import datetime
from typing import Any

import msgspec

from qbo_connector import errors
from qbo_connector.client import QuickBooksClient
from qbo_connector.enums import Verb
from qbo_connector.mirror import parse
from qbo_connector.models import Operation
from qbo_connector.outbox import uploads

# Verbs that name the object they change, with the SyncToken that they are based on.
CHANGES = frozenset({Verb.UPDATE, Verb.DEACTIVATE, Verb.REACTIVATE, Verb.VOID, Verb.DELETE})
# What a batch calls the verbs that it can carry.
IN_BATCH = {
    Verb.CREATE: "create",
    Verb.UPDATE: "update",
    Verb.DEACTIVATE: "update",
    Verb.REACTIVATE: "update",
    Verb.DELETE: "delete",
}
# Invoices and the like are voided by an operation, payments by an update that includes it.
_VOIDED_BY_UPDATE = frozenset({"Payment", "SalesReceipt", "BillPayment"})
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_text = msgspec.json.Decoder(str)


def post(client: QuickBooksClient, operation: Operation, body: bytes) -> parse.Row:
    """Send one operation; the object as QuickBooks stored it. Raises the classified error of the answer."""
    if operation.verb == Verb.UPLOAD:
        return uploads.post(client, operation, content_of(body))
    if operation.verb == Verb.SEND_EMAIL:
        wanted = content_of(body)
        content = client.send_document(operation.entity, str(wanted["Id"]), send_to=str(wanted.get("sendTo", "")))
    else:
        _entity, content = client.write(
            operation.entity, body, request_id=operation.request_id, params=_parameters(operation)
        )
    members = _members.decode(content)
    return row_of(operation, members[operation.entity], stamp=members.get("time"), tid=client.tid)


def _parameters(operation: Operation) -> dict[str, str]:
    if operation.verb == Verb.DELETE:
        return {"operation": "delete"}
    if operation.verb == Verb.VOID:
        by_update = operation.entity in _VOIDED_BY_UPDATE
        return {"operation": "update", "include": "void"} if by_update else {"operation": "void"}
    return {}


def row_of(
    operation: Operation, raw: msgspec.Raw | bytes, *, stamp: msgspec.Raw | bytes | None = None, tid: str = ""
) -> parse.Row:
    """The mirror row of an answered object; a tombstone for a deleted one. Raises OutcomeUnknown."""
    try:
        body = bytes(raw)
        if operation.verb == Verb.DELETE:
            body = _tombstone(body, stamp)
        return parse.read_object(operation.entity, body)
    except (msgspec.MsgspecError, ValueError) as error:
        raise errors.OutcomeUnknown(errors.Fault(message=f"Unreadable answer: {error}"), tid=tid) from error


def _tombstone(body: bytes, stamp: msgspec.Raw | bytes | None) -> bytes:
    """The answer to a deletion carries no time of its own; the answer's is taken, by QuickBooks' clock."""
    found: dict[str, Any] = msgspec.json.decode(body)
    if str(found.get("status", "")).lower() != "deleted":
        raise ValueError("The answer does not say that it was deleted.")
    moment = _text.decode(bytes(stamp)) if stamp else datetime.datetime.now(datetime.UTC).isoformat()
    found.setdefault("MetaData", {"LastUpdatedTime": moment})
    return msgspec.json.encode(found)


def content_of(body: bytes | memoryview | None) -> dict[str, Any]:
    """A frozen body as JSON."""
    found: dict[str, Any] = msgspec.json.decode(bytes(body or b"{}"))
    return found
