"""Find a document that we may have created, by the marker in its PrivateNote.

PrivateNote can't be queried, so the customer's documents since the intent are read and looked through.
"""

import datetime
from typing import Any

import msgspec

from qbo_connector import errors, gateway
from qbo_connector.client import PAGE_SIZE
from qbo_connector.enums import Cause
from qbo_connector.mirror import load, parse
from qbo_connector.models import Operation

CLOCK_SLACK = datetime.timedelta(hours=1)


def find_marked(operation: Operation) -> parse.Row | None:
    """The document with this operation's marker, or None when there is none. Costs one read for 1,000 documents.

    Raises RetryLater when the search could not be completed: then nothing is known.
    """
    if not operation.marker:
        return None
    body: dict[str, Any] = msgspec.json.decode(bytes(operation.body or b"{}"))
    customer = str(body.get("CustomerRef", {}).get("value", ""))
    quoted = customer.replace("\\", "\\\\").replace("'", "\\'")
    since = (operation.first_sent_at or operation.created_at) - CLOCK_SLACK
    client = gateway.client_for(operation.connection, Cause.VERIFY)
    start = 1
    while True:
        where = f"CustomerRef = '{quoted}'" if customer else ""
        answer = parse.read_answer(
            client.select(load.statement(operation.entity, since=since, start=start, where=where))
        )
        if answer.unreadable:
            raise errors.BadAnswer(errors.Fault(message="A document could not be read while looking for ours."))
        for row in answer.rows:
            note = str(parse.payload_of(row.body).get("PrivateNote", ""))
            if operation.marker in note:
                return row
        if answer.objects < PAGE_SIZE:
            return None
        start += PAGE_SIZE
