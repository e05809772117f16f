"""The simulator's own time: it can run ahead, stand in the past, or run faster."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

#: Where the simulated time ends: the first second of 2200. Beyond year 9999 nothing could be written any more.
LATEST = datetime(2200, 1, 1, tzinfo=UTC).timestamp()
FASTEST = 1_000_000


class Clock:
    """Real time moved by ``offset`` seconds and running ``speed`` times as fast."""

    def __init__(self, offset: float = 0.0, speed: float = 1.0) -> None:
        self._lock = threading.Lock()
        self._real = time.time()
        self._simulated = self._real + offset
        self.speed = speed

    def timestamp(self) -> float:
        """Return the simulated time as seconds since 1970."""
        with self._lock:
            return min(self._simulated + (time.time() - self._real) * self.speed, LATEST)

    def now(self) -> datetime:
        """Return the simulated time, in UTC."""
        return datetime.fromtimestamp(self.timestamp(), UTC)

    @property
    def offset(self) -> float:
        """Seconds by which the simulated time is ahead of the real one now."""
        return self.timestamp() - time.time()

    def state(self) -> dict[str, float]:
        """Return what to keep, so that a later start goes on as if the clock had never stopped."""
        with self._lock:
            return {"offset": self._simulated - self._real, "speed": self.speed, "at": self._real}

    def resume(self, kept: Mapping[str, float]) -> None:
        """Go on from a kept state: time passed at its speed in between."""
        with self._lock:
            self._real = time.time()
            self.speed = kept.get("speed", 1.0)
            at = kept.get("at", self._real)
            self._simulated = at + kept.get("offset", 0.0) + (self._real - at) * self.speed

    def change(self, *, offset: float | None = None, advance: float | None = None, speed: float | None = None) -> None:
        """Set the offset to real time, move on by ``advance`` seconds, or change the speed. Raises ValueError."""
        current, real = self.timestamp(), time.time()
        simulated = (current if offset is None else real + offset) + (advance or 0.0)
        if not 0 <= simulated < LATEST:
            raise ValueError("the clock goes from 1970 to 2200")
        if speed is not None and not 0 <= speed <= FASTEST:
            raise ValueError(f"the speed goes from 0 to {FASTEST:,}")
        with self._lock:
            self._real, self._simulated = real, simulated
            if speed is not None:
                self.speed = speed


def zone_of(name: str | None) -> tzinfo:
    """Return the time zone of that name; Pacific winter time when the machine does not know it."""
    try:
        return ZoneInfo(name or "America/Los_Angeles")
    except (ZoneInfoNotFoundError, ValueError):
        return timezone(timedelta(hours=-8))


def stamp(moment: datetime, zone: tzinfo) -> str:
    """Return ``moment`` as MetaData has it: whole seconds, offset of the company."""
    return moment.astimezone(zone).replace(microsecond=0).isoformat()


def body_time(moment: datetime) -> str:
    """Return ``moment`` as the top-level ``time`` of a body has it: milliseconds, Pacific offset."""
    return moment.astimezone(zone_of(None)).isoformat(timespec="milliseconds")


_FRACTION = re.compile(r"(\.\d{6})\d+")


def parse_time(text: str) -> datetime:
    """Parse a date or a time of the API; without an offset it is Pacific. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        # A plus sign that was not encoded in the URL arrives as a space.
        cleaned = re.sub(r" (\d\d:?\d\d)$", r"+\1", text.strip())
        moment = datetime.fromisoformat(_FRACTION.sub(r"\1", cleaned))
    return moment if moment.tzinfo else moment.replace(tzinfo=zone_of(None))
