"""Webhooks: events go out from a thread of their own, signed, late, twice or out of order as asked for."""

# ruff: noqa: S310 (the address is set by whoever runs the simulator)
from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qbo_simulator.books import Change

DEFAULTS: dict[str, Any] = {
    "address": None,
    "verifier": "simulator-verifier-token",
    # "cloudevents" since July 2026, "legacy" before.
    "format": "cloudevents",
    "delay": 0.2,
    "duplicates": 0,
    "shuffle": False,
    "entities": None,
    # Waiting times before each further try of a request that was not answered with 2xx.
    "retries": [10, 20, 30],
}
_CLOUD_WORDS = {
    "Create": "created",
    "Update": "updated",
    "Delete": "deleted",
    "Merge": "merged",
    "Void": "voided",
    "Emailed": "emailed",
}
_PATIENCE = 3.0


def sign(verifier: str, body: bytes) -> str:
    """Return the ``intuit-signature`` of a body."""
    return base64.b64encode(hmac.new(verifier.encode(), body, hashlib.sha256).digest()).decode()


def legacy_body(events: Sequence[Change]) -> bytes:
    """Return events in the format used until July 2026."""
    realms: dict[str, list[dict[str, str]]] = {}
    for event in events:
        at = event.at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        entry = {"name": event.entity, "id": event.id, "operation": event.operation, "lastUpdated": at}
        realms.setdefault(event.realm, []).append(entry)
    notifications = [
        {"realmId": realm, "dataChangeEvent": {"entities": entities}} for realm, entities in realms.items()
    ]
    return json.dumps({"eventNotifications": notifications}).encode()


def cloud_events(events: Sequence[tuple[str, Change]]) -> bytes:
    """Return events, each with its id, as CloudEvents."""
    source = "intuit." + base64.b64encode(hashlib.sha256(b"qbo_simulator").digest()).decode()
    entries = [
        {
            "specversion": "1.0",
            "id": identifier,
            "source": source,
            "type": f"qbo.{event.entity.lower()}.{_CLOUD_WORDS[event.operation]}.v1",
            "datacontenttype": "application/json",
            "time": event.at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{event.at.microsecond:06d}000Z",
            "intuitentityid": event.id,
            "intuitaccountid": event.realm,
            "data": {},
        }
        for identifier, event in events
    ]
    return json.dumps(entries).encode()


class Webhooks:
    """The configuration, the events that wait, and what was sent."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = {**DEFAULTS, **settings}
        self.sent: deque[dict[str, Any]] = deque(maxlen=200)
        self._waiting: list[tuple[float, int, bytes]] = []
        self._events: list[tuple[float, str, Change]] = []
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def change(self, wanted: dict[str, Any]) -> None:
        """Set some of the configuration. Raises KeyError for an unknown name."""
        for name in wanted:
            if name not in DEFAULTS:
                raise KeyError(name)
        self.settings = {**self.settings, **wanted}

    def notify(self, changes: Sequence[Change]) -> None:
        """Queue the events of a commit."""
        settings = self.settings
        wanted = [c for c in changes if settings["entities"] is None or c.entity in settings["entities"]]
        if not settings["address"] or not wanted:
            return
        with self._changed:
            due = time.monotonic() + float(settings["delay"])
            self._events += [(due, str(uuid.uuid4()), change) for change in wanted]
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="qbo-simulator-webhooks", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Stop sending; what waits is lost, as real webhooks may be."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(_PATIENCE + 1)

    def _work(self) -> None:
        while True:
            with self._changed:
                if self._closed:
                    return
                moments = [due for due, _, _ in self._events] + [due for due, _, _ in self._waiting]
                pause = min(moments, default=None)
                if pause is None or pause > time.monotonic():
                    self._changed.wait(None if pause is None else max(0.0, pause - time.monotonic()))
                    continue
                self._pack()
                ready = [entry for entry in self._waiting if entry[0] <= time.monotonic()]
                self._waiting = [entry for entry in self._waiting if entry not in ready]
            for _, tries, body in ready:
                self._send(tries, body)

    def _pack(self) -> None:
        """Turn the events that are due into requests that wait to be sent."""
        now, settings = time.monotonic(), self.settings
        ready = [(identifier, event) for due, identifier, event in self._events if due <= now]
        self._events = [entry for entry in self._events if entry[0] > now]
        if not ready:
            return
        copies = [ready] * (1 + int(settings["duplicates"]))
        if settings["shuffle"]:
            copies = [[event] for copy in copies for event in copy]
            random.shuffle(copies)
        for copy in copies:
            cloud = settings["format"] == "cloudevents"
            body = cloud_events(copy) if cloud else legacy_body([event for _, event in copy])
            self._waiting.append((now, 0, body))

    def _send(self, tries: int, body: bytes) -> None:
        settings = self.settings
        headers = {"Content-Type": "application/json", "intuit-signature": sign(settings["verifier"], body)}
        status: int | None = None
        problem = None
        try:
            request = urllib.request.Request(str(settings["address"]), body, headers, method="POST")
            with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
                status = answer.status
        except urllib.error.HTTPError as error:
            status = error.code
            error.close()
        except (OSError, ValueError) as error:
            problem = str(error)
        self.sent.append(
            {"at": time.time(), "status": status, "problem": problem, "try": tries + 1, "body": body.decode()}
        )
        retries = settings["retries"]
        if (status is None or not 200 <= status < 300) and tries < len(retries):
            with self._changed:
                self._waiting.append((time.monotonic() + float(retries[tries]), tries + 1, body))
