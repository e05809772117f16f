"""How often a company may be called, as QuickBooks limits it; sliding windows on real time."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any

DEFAULTS: dict[str, Any] = {"on": True, "per_minute": 500, "per_second": 10, "batch_per_minute": 40, "in_flight": None}


class Limits:
    """The limits of all companies; each can be changed or switched off."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = {**DEFAULTS, **settings}
        self._lock = threading.Lock()
        self._calls: dict[str, deque[float]] = {}
        self._batches: dict[str, deque[float]] = {}

    def change(self, wanted: dict[str, Any]) -> None:
        """Set some limits. Raises KeyError for an unknown name, ValueError for what is no limit."""
        for name, value in wanted.items():
            if name not in DEFAULTS:
                raise KeyError(name)
            if name == "on":
                right = isinstance(value, bool)
            else:
                right = value is None or (
                    isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
                )
            if not right:
                raise ValueError(f"{name} can't be {value!r}")
        self.settings = {**self.settings, **wanted}

    def refuses(self, realm: str, *, batch: bool, in_flight: int) -> bool:
        """Count a call of a company and say whether it is over a limit. A refused call does not count."""
        limits = self.settings
        if not limits["on"]:
            return False
        if limits["in_flight"] is not None and in_flight > limits["in_flight"]:
            return True
        now = time.monotonic()
        with self._lock:
            calls = self._calls.setdefault(realm, deque())
            batches = self._batches.setdefault(realm, deque())
            for window in (calls, batches):
                while window and window[0] <= now - 60:
                    window.popleft()
            recent = 0
            for moment in reversed(calls):
                if moment <= now - 1:
                    break
                recent += 1
            over = _reached(limits["per_minute"], len(calls)) or _reached(limits["per_second"], recent)
            if over or (batch and _reached(limits["batch_per_minute"], len(batches))):
                return True
            calls.append(now)
            if batch:
                batches.append(now)
        return False


def _reached(limit: int | None, count: int) -> bool:
    return limit is not None and count >= limit
