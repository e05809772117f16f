"""Read webhook bodies: the CloudEvents format (since July 2026) and the one before it. Pure.

Source: Intuit, "Webhooks" and "Upcoming change to webhooks payload structure". ``intuit-signature`` is the base64 of
HMAC-SHA256 over the raw body with the verifier token of the app's environment.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


class Unreadable(ValueError):
    """The body is neither of the two formats."""


@dataclass(frozen=True)
class Notice:
    """Something changed in a company. ``event_id`` is the same for every repetition of a notice."""

    event_id: str
    realm_id: str
    kind: str


def signed_by(body: bytes, signature: str, verifier: str) -> bool:
    """Whether ``signature`` fits the raw ``body``. Without a verifier nothing fits."""
    if not verifier or not signature:
        return False
    try:
        given = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(hmac.new(verifier.encode(), body, hashlib.sha256).digest(), given)


def notices(body: bytes) -> list[Notice]:
    """The notices in a body, each once. Raises Unreadable."""
    try:
        content = json.loads(body)
    except ValueError as error:
        raise Unreadable(str(error)) from error
    found = _cloud_events(content) if isinstance(content, list) else _legacy(content)
    return list({notice.event_id: notice for notice in found}.values())


def _cloud_events(content: list[Any]) -> Iterator[Notice]:
    for event in content:
        if not isinstance(event, dict) or not event.get("id") or not event.get("intuitaccountid"):
            raise Unreadable("An event without id or company.")
        yield Notice(str(event["id"])[:200], str(event["intuitaccountid"]), str(event.get("type", ""))[:120])


def _legacy(content: Any) -> Iterator[Notice]:
    if not isinstance(content, dict) or not isinstance(content.get("eventNotifications"), list):
        raise Unreadable("Neither CloudEvents nor eventNotifications.")
    for notification in content["eventNotifications"]:
        try:
            realm = str(notification["realmId"])
            for entity in notification["dataChangeEvent"]["entities"]:
                parts = [realm, entity["name"], entity["id"], entity["operation"], entity["lastUpdated"]]
                yield Notice(":".join(map(str, parts))[:200], realm, f"{parts[1]} {parts[3]}"[:120])
        except (KeyError, TypeError) as error:
            raise Unreadable(f"A notification without {error}.") from error
