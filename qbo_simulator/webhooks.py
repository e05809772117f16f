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
    # Whether what an app writes through the API is told as well (undocumented), or only what people do.
    "own_writes": True,
    # One request may tell of several companies (seen), or each company has requests of its own (documented).
    "companies_together": True,
    # Waiting times before each further try of a request that was not answered with 2xx; some say 0 comes first.
    "retries": [10, 20, 30, 300, 1200, 7200, 14400, 21600],
}
_CLOUD_WORDS = {
    "Create": "created",
    "Update": "updated",
    "Delete": "deleted",
    "Merge": "merged",
    "Void": "voided",
    "Emailed": "emailed",
}
#: What an event can tell of.
OPERATIONS = tuple(_CLOUD_WORDS)
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
        if event.merged is not None:
            entry["deletedId"] = event.merged
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
            "data": {} if event.merged is None else {"deletedid": event.merged},
        }
        for identifier, event in events
    ]
    return json.dumps(entries).encode()


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


def _possible(name: str, value: Any) -> bool:
    """Whether a setting can have that value."""
    match name:
        case "address":
            return value is None or (isinstance(value, str) and value.startswith(("http://", "https://")))
        case "format":
            return value in ("cloudevents", "legacy")
        case "verifier":
            return isinstance(value, str)
        case "entities":
            return value is None or (isinstance(value, list) and all(isinstance(entry, str) for entry in value))
        case "retries":
            return isinstance(value, list) and all(map(_number, value))
        case "delay":
            return _number(value)
        case "duplicates":
            return _number(value) and int(value) == value
    return isinstance(value, bool)


class Webhooks:
    """The configuration, the events that wait, and what was sent."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = {**DEFAULTS, **settings}
        self.sent: deque[dict[str, Any]] = deque(maxlen=200)
        self._waiting: list[tuple[float, int, bytes]] = []
        self._events: list[tuple[float, str, Change]] = []
        self._changed = threading.Condition()
        self._closed = False
        self._number = 0
        self._thread: threading.Thread | None = None

    def waiting(self) -> int:
        """Return how many events and requests are still to be sent."""
        with self._changed:
            return len(self._events) + len(self._waiting)

    def history(self) -> list[dict[str, Any]]:
        """Return the last requests that were sent, oldest first."""
        with self._changed:
            return list(self.sent)

    def change(self, wanted: dict[str, Any]) -> None:
        """Set some of the configuration. Raises KeyError for an unknown name, ValueError for an impossible value."""
        for name, value in wanted.items():
            if name not in DEFAULTS:
                raise KeyError(name)
            if not _possible(name, value):
                raise ValueError(f"{name} can't be {value!r}")
        self.settings = {**self.settings, **wanted}

    def forget(self) -> None:
        """Drop the events that wait and what was sent."""
        with self._changed:
            self._events, self._waiting = [], []
            self.sent.clear()
            self._changed.notify()

    def notify(self, changes: Sequence[Change], *, from_api: bool = False) -> None:
        """Queue the events of a commit."""
        settings = self.settings
        if from_api and not settings["own_writes"]:
            return
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
        groups = [ready]
        if not settings["companies_together"]:
            realms = dict.fromkeys(event.realm for _, event in ready)
            groups = [[entry for entry in ready if entry[1].realm == realm] for realm in realms]
        copies = [group for group in groups for _ in range(1 + int(settings["duplicates"]))]
        if settings["shuffle"]:
            copies = [[event] for copy in copies for event in copy]
            random.shuffle(copies)
        for copy in copies:
            cloud = settings["format"] == "cloudevents"
            body = cloud_events(copy) if cloud else legacy_body([event for _, event in copy])
            self._waiting.append((now, 0, body))

    def _send(self, tries: int, body: bytes) -> None:
        settings = self.settings
        address, signature = str(settings["address"]), sign(settings["verifier"], body)
        headers = {"Content-Type": "application/json", "intuit-signature": signature}
        status: int | None = None
        problem = None
        begun = time.monotonic()
        try:
            request = urllib.request.Request(address, body, headers, method="POST")
            with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
                status = answer.status
        except urllib.error.HTTPError as error:
            status = error.code
            error.close()
        except (OSError, ValueError) as error:
            problem = str(getattr(error, "reason", error))
        with self._changed:
            self._number += 1
            self.sent.append(
                {
                    "number": self._number,
                    "at": time.time(),
                    "address": address,
                    "status": status,
                    "problem": problem,
                    "try": tries + 1,
                    "milliseconds": round((time.monotonic() - begun) * 1000, 1),
                    "signature": signature,
                    "body": body.decode(),
                }
            )
        retries = settings["retries"]
        if (status is None or not 200 <= status < 300) and tries < len(retries):
            with self._changed:
                self._waiting.append((time.monotonic() + float(retries[tries]), tries + 1, body))
