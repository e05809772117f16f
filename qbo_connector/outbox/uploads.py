"""Uploads: the operation's body names a stored file and its Attachable; the file's bytes join them when it is sent."""

from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _

from core.models import StoredFile
from qbo_connector import errors
from qbo_connector.client import QuickBooksClient
from qbo_connector.mirror import parse
from qbo_connector.models import Operation

GONE = _("The file was removed here before it was sent.")
_answers = msgspec.json.Decoder(dict[str, Any])


def post(client: QuickBooksClient, operation: Operation, wanted: dict[str, Any]) -> parse.Row:
    """Upload the file ``wanted["file"]`` with the Attachable ``wanted["metadata"]``; the row that QuickBooks stored."""
    file = StoredFile.objects.filter(key=wanted["file"]).first()
    if file is None:
        raise errors.Refused(errors.Fault(message="No such file."), plain=str(GONE))
    try:
        with file.content.open("rb") as opened:
            content = opened.read()
    except FileNotFoundError as error:
        raise errors.Refused(errors.Fault(message=str(error)), plain=str(GONE)) from error
    answer = client.upload(
        msgspec.json.encode(wanted["metadata"]),
        name=file.name,
        content_type=file.content_type,
        content=content,
        request_id=operation.request_id,
    )
    return _row(answer, tid=client.tid)


def _row(answer: bytes, *, tid: str) -> parse.Row:
    try:
        (stored,) = _answers.decode(answer)["AttachableResponse"]
        if "Fault" in stored:
            raise errors.classify(400, msgspec.json.encode(stored), tid=tid, writing=True) or ValueError("a fault")
        return parse.read_object("Attachable", msgspec.json.encode(stored["Attachable"]))
    except (msgspec.MsgspecError, ValueError, KeyError, TypeError) as error:
        raise errors.OutcomeUnknown(errors.Fault(message=f"Unreadable answer: {error}"), tid=tid) from error
