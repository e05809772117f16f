"""What was called, by kind and company: for people who look and for tests that count."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from qbo_simulator.clock import parse_time
from qbo_simulator.wire import Request, Response

#: By what a list of calls can be narrowed down.
FILTERS = frozenset(
    [
        "kind",
        "realm",
        "method",
        "entity",
        "path",
        "after",
        "since",
        "until",
        "metered",
        "status",
        "fault",
        "injected",
        "replayed",
        "requestid",
    ]
)
#: Of how many calls both bodies are kept, and how much of each.
_DETAILED = 500
_LONGEST_BODY = 20000
#: What ``kind=write`` asks for.
WRITES = frozenset({"create", "update", "delete", "void", "send"})


@dataclass
class Call:
    """One request for OAuth or the API."""

    number: int
    at: float
    simulated: str
    kind: str
    realm: str | None
    method: str
    path: str
    query: str
    entity: str | None = None
    requestid: str | None = None
    digest: str | None = None
    status: int = 0
    milliseconds: float = 0.0
    metered: bool = False
    reads: int = 0
    replayed: bool = False
    fault: str | None = None
    injected: bool = False


class _Rate:
    """The highest number of calls seen within a second and a minute, and at the same time."""

    def __init__(self) -> None:
        self.second: deque[float] = deque()
        self.minute: deque[float] = deque()
        self.per_second = self.per_minute = self.in_flight = self.most_in_flight = 0

    def begin(self, now: float) -> None:
        for window, length in ((self.second, 1.0), (self.minute, 60.0)):
            window.append(now)
            while window[0] <= now - length:
                window.popleft()
        self.per_second = max(self.per_second, len(self.second))
        self.per_minute = max(self.per_minute, len(self.minute))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)

    def summary(self) -> dict[str, int]:
        return {
            "per_second": self.per_second,
            "per_minute": self.per_minute,
            "in_flight": self.in_flight,
            "most_in_flight": self.most_in_flight,
        }


class CallLog:
    """The last calls, and counts of all."""

    def __init__(self, switches: Callable[[], Mapping[str, Any]], keep: int = 20000) -> None:
        self._lock = threading.Lock()
        self._switches = switches
        self._calls: deque[Call] = deque(maxlen=keep)
        self._bodies: deque[tuple[int, dict[str, Any]]] = deque(maxlen=_DETAILED)
        self._number = 0
        self._reset()

    def _reset(self) -> None:
        self._counts: Counter[tuple[str, str, bool]] = Counter()
        self._hours: dict[str, Counter[str]] = {}
        self._rates: dict[str, _Rate] = {}
        self._since = time.time()

    def begin(self, call: Call) -> Call:
        """Record that a request came in."""
        with self._lock:
            self._number += 1
            call.number = self._number
            self._rates.setdefault(call.realm or "", _Rate()).begin(time.monotonic())
            self._calls.append(call)
        return call

    def keep_bodies(self, call: Call, request: Request, response: Response) -> None:
        """Keep what was asked and answered, for people who look; never the token that came with it."""
        headers = {name: value for name, value in request.headers.items() if name != "authorization"}
        kept = {
            "request_headers": headers,
            "request_body": request.body[:_LONGEST_BODY].decode("utf-8", "replace"),
            "response_type": response.content_type,
            "response_bytes": len(response.body),
            "response_body": response.body[:_LONGEST_BODY].decode("utf-8", "replace"),
        }
        with self._lock:
            self._bodies.append((call.number, kept))

    def one(self, number: int) -> dict[str, Any]:
        """Return one call with its bodies, as far as they are still kept. Raises KeyError."""
        with self._lock:
            call = next((call for call in reversed(self._calls) if call.number == number), None)
            bodies = next((kept for known, kept in reversed(self._bodies) if known == number), {})
        if call is None:
            raise KeyError(f"call {number}")
        return {**asdict(call), **bodies}

    def end(self, call: Call) -> None:
        """Record that it was answered; metered are the kinds that cost a developer money."""
        switches = self._switches()
        paid = call.kind in switches["metered_kinds"] or call.reads > 0
        with self._lock:
            call.milliseconds = round((time.time() - call.at) * 1000, 2)
            call.metered = paid and (200 <= call.status < 300 or bool(switches["metered_failures"]))
            hour = self._hours.setdefault(call.simulated[:13], Counter())
            hour["total"] += 1
            hour["metered"] += call.metered
            self._counts[call.kind, call.realm or "", call.metered] += 1
            rate = self._rates.get(call.realm or "")
            if rate is not None:
                rate.in_flight = max(0, rate.in_flight - 1)

    def in_flight(self, realm: str) -> int:
        """Return how many calls of a company are being answered now."""
        with self._lock:
            rate = self._rates.get(realm)
            return rate.in_flight if rate else 0

    def clear(self) -> None:
        """Forget all calls and start counting anew."""
        with self._lock:
            self._calls.clear()
            self._bodies.clear()
            flying = {realm: rate.in_flight for realm, rate in self._rates.items()}
            self._reset()
            for realm, count in flying.items():
                if count:
                    self._rates[realm] = _Rate()
                    self._rates[realm].in_flight = self._rates[realm].most_in_flight = count

    def recent(self, limit: int = 100, **wanted: str) -> list[dict[str, Any]]:
        """Return the last calls, oldest first, narrowed down by FILTERS: ``path`` is a part of it, ``since`` and
        ``until`` are times on the simulator's clock. Raises ValueError for any other filter."""
        chosen = _filter(wanted)
        with self._lock:
            calls = list(self._calls)
        return [asdict(call) for call in [call for call in calls if chosen(call)][-limit:]]

    def summary(self) -> dict[str, Any]:
        """Return the counts by kind, company and metered or not, and the rates seen."""
        with self._lock:
            counts = dict(self._counts)
            hours = {hour: dict(count) for hour, count in self._hours.items()}
            rates = {realm: rate.summary() for realm, rate in self._rates.items() if realm}
        by_kind: Counter[str] = Counter()
        by_company: dict[str, Counter[str]] = {}
        metered = 0
        for (kind, realm, paid), count in counts.items():
            by_kind[kind] += count
            metered += count if paid else 0
            company = by_company.setdefault(realm, Counter())
            company[kind] += count
            company["metered"] += count if paid else 0
        total = sum(counts.values())
        return {
            "since": self._since,
            "total": total,
            "metered": metered,
            "unmetered": total - metered,
            "by_kind": dict(by_kind),
            "by_company": {realm: dict(count) for realm, count in by_company.items() if realm},
            "by_hour": hours,
            "rates": rates,
            "per_second": max((rate["per_second"] for rate in rates.values()), default=0),
            "most_in_flight": max((rate["most_in_flight"] for rate in rates.values()), default=0),
        }


def _filter(wanted: Mapping[str, str]) -> Callable[[Call], bool]:
    """Return whether a call is wanted. Raises ValueError."""
    if unknown := wanted.keys() - FILTERS:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(sorted(FILTERS))}")
    equal = {name: value.lower() for name, value in wanted.items() if name not in ("path", "after", "since", "until")}
    kinds = WRITES if equal.get("kind") == "write" else None
    if kinds:
        del equal["kind"]
    path, after = wanted.get("path", "").lower(), int(wanted.get("after", "0"))
    since = parse_time(wanted["since"]) if "since" in wanted else None
    until = parse_time(wanted["until"]) if "until" in wanted else None

    def chosen(call: Call) -> bool:
        return (
            path in call.path.lower()
            and call.number > after
            and (kinds is None or call.kind in kinds)
            and (since is None or parse_time(call.simulated) >= since)
            and (until is None or parse_time(call.simulated) <= until)
            and all(str(getattr(call, name)).lower() == value for name, value in equal.items())
        )

    return chosen
