"""A crowd of companies as an installation has them, three of them troublesome; and what a second worker gains.

Most companies are idle, some change now and then, a few all the time. One never stops and asks to be read with every
change, one does not answer, and one is refused for too many calls. How late all the others are is what counts.
"""

import os
import random
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection as database
from django.db import connections
from django.utils import timezone

from bench.figures import Figures, Line, Of, Play, Row, Variant, middle, spread
from bench.meter import peak
from bench.rows.companies import ANSWER, COMPANIES, INTERVAL, TURNS, connected
from bench.stage import product, wait_until
from qbo_connector.enums import Cause
from qbo_connector.mirror import schedule
from qbo_connector.models import Connection, MirrorObject, PullSchedule

# Of a thousand companies so many change so often, in seconds between two changes.
BUSY, EVERY = 45, 1200
VERY_BUSY, EVERY_FEW = 5, 5
SILENT_SECONDS = 120
AT_ONCE = 2_000


class _Changes:
    """Customers that are made in QuickBooks, so often as the companies are busy."""

    def __init__(self, play: Play, companies: Sequence[Connection], noisy: Connection) -> None:
        self.quickbooks, self.noisy, self.ended = play.quickbooks, noisy, threading.Event()
        busy, very_busy = len(companies) * BUSY // 1000, max(1, len(companies) * VERY_BUSY // 1000)
        self.busy, self.very_busy = companies[:busy], companies[busy : busy + very_busy]
        self.made = 0

    def make(self) -> None:
        """Make changes until it is ended."""
        chance = random.Random(1)  # noqa: S311 -- repeatable on purpose
        while not self.ended.wait(1):
            changed = [each for each in self.busy if chance.random() < 1 / EVERY]
            changed += [each for each in self.very_busy if chance.random() < 1 / EVERY_FEW]
            for each in [*changed, self.noisy]:
                name = f"Customer {self.made}"
                self.quickbooks.call("POST", f"objects/{each.realm_id}/Customer", {"DisplayName": name})
                self.made += 1
            schedule.request_pull([self.noisy.pk], cause=Cause.WEBHOOK, reference=False)
        connections.close_all()


class _Lateness:
    """How late reads began, and how late what has not begun is."""

    def __init__(self, but: Sequence[Connection]) -> None:
        self.but = [each.pk for each in but]
        self.began: dict[tuple[int, Any], float] = {}
        self.latest = 0.0

    def look(self) -> None:
        """Note what is read now and what waits."""
        now = timezone.now()
        rows = PullSchedule.objects.exclude(connection__in=self.but).filter(due_at__lte=now)
        for company, due, started, leased in rows.values_list("connection_id", "due_at", "started_at", "leased_until"):
            if leased is not None and started is not None:
                self.began[company, started] = max(0.0, (started - due).total_seconds())
            else:
                self.latest = max(self.latest, (now - due).total_seconds())

    def figures(self) -> dict[str, float]:
        """The latest of all, and of 99 in a hundred that began."""
        values = sorted(self.began.values()) or [0.0]
        return {"latest s": max(self.latest, values[-1]), "p99 s": values[len(values) * 99 // 100]}


def _crowd(play: Play) -> dict[str, Any]:
    interval = play.size(INTERVAL)
    companies = connected(play, play.size(COMPANIES), interval)
    noisy, silent, refused, *others = companies
    play.quickbooks.latency(ANSWER)
    play.quickbooks.call("POST", "faults", {"action": "latency", "latency": SILENT_SECONDS, "realm": silent.realm_id})
    play.quickbooks.call("POST", "faults", {"action": "status", "status": 429, "realm": refused.realm_id})
    play.quickbooks.call("DELETE", "calls")
    changes, lateness, memory = _Changes(play, others, noisy), _Lateness([noisy, silent, refused]), []
    with product(os.environ, play.folder, "worker", "beat") as processes, ThreadPoolExecutor() as threads:
        making = threads.submit(changes.make)
        try:
            end = time.monotonic() + interval * TURNS
            while time.monotonic() < end and not making.done():
                time.sleep(1)
                lateness.look()
                memory.append(peak([processes["worker"]]))
            reads = play.quickbooks.metered()
        finally:
            changes.ended.set()
            play.quickbooks.latency(0)
        making.result()
    mirrored = MirrorObject.objects.filter(entity="Customer").count()
    return {
        "companies": len(companies),
        "interval s": interval,
        "changes": changes.made,
        "mirrored": mirrored,
        "reads": reads,
        "megabytes": memory[-1],
        "began": len(lateness.began),
        **lateness.figures(),
    }


def _at_once(play: Play, workers: int) -> dict[str, Any]:
    """All companies are due at once; how long until the last is read."""
    wanted = play.size(AT_ONCE)
    connected(play, wanted, INTERVAL * 60)
    play.quickbooks.latency(ANSWER)
    try:
        with product(os.environ, play.folder, *["worker"] * workers, "beat"):
            time.sleep(20)  # they start, and find nothing due
            with database.cursor() as cursor:
                cursor.execute("UPDATE qbo_connector_pullschedule SET due_at = now()")
            began = time.monotonic()
            due = PullSchedule.objects.filter(due_at__lte=timezone.now())
            wait_until(lambda: not due.exists(), seconds=1200, what="reading all companies", every=0.2)
            seconds = time.monotonic() - began
    finally:
        play.quickbooks.latency(0)
    return {"companies": wanted, "seconds": seconds, "a second": wanted / seconds}


def _one(play: Play) -> dict[str, Any]:
    return _at_once(play, 1)


def _two(play: Play) -> dict[str, Any]:
    return _at_once(play, 2)


def _lines(results: Mapping[str, Sequence[Figures]], _of: Of) -> list[Line]:
    crowd, one, two = results["crowd"][0], results["one worker"], results["two workers"]
    gain = middle(two, "a second") / middle(one, "a second")
    trouble = f"{crowd['changes']:,} changes, one noisy, one silent, one refused with 429"
    late = f"{crowd['latest s']:.1f} s late at most, {crowd['p99 s']:.1f} s in 99 of 100 of {crowd['began']:,}"
    paces = "; ".join(spread(runs, "a second", "a second", 1) for runs in (one, two))
    at_once = f"companies read by one worker and by two, {middle(one, 'companies'):,.0f} due at once"
    return [
        Line(
            f"{crowd['companies']:,} companies, {trouble}",
            f"the others {late}",
            "the schedule",
            "60 s",
            crowd["latest s"] <= 60,
        ),
        Line(at_once, f"{paces}: {gain:.2f} times", "one worker", "1.6 times", gain >= 1.6),
    ]


ROW = Row(
    "crowd", [Variant("crowd", _crowd, runs=1), Variant("one worker", _one), Variant("two workers", _two)], _lines
)
