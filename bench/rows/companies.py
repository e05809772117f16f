"""10,000 companies, each due every ten minutes, read by one worker while QuickBooks takes 200 ms for an answer."""

import datetime
import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db.models import Min
from django.utils import timezone

from bench import books
from bench.figures import Figures, Line, Of, Play, Row, Variant
from bench.meter import peak
from bench.stage import product
from qbo_connector.enums import LoadState
from qbo_connector.mirror import schedule
from qbo_connector.mirror.entities import CHANGE_DATA
from qbo_connector.mirror.pull import DAILY
from qbo_connector.models import Connection, LoadProgress, PullSchedule

COMPANIES = 10_000
ANSWER = 0.2
INTERVAL = 600
TURNS = 2


def connected(play: Play, wanted: int, interval: int) -> list[Connection]:
    """Companies that were loaded before, and are due one after the other, as they would be by themselves.

    ``interval`` is in seconds; it holds for processes that are started later, too.
    """
    settings.PULL_INTERVAL_SECONDS = interval
    os.environ["PULL_INTERVAL_SECONDS"] = str(interval)
    names = (f"Company {number}" for number in range(wanted))
    companies = [books.connect(play.quickbooks, str(play.quickbooks.empty_company(name))) for name in names]
    now = timezone.now()
    # What is read once a day was read at all times of the last one.
    for place, company in enumerate(companies):
        company.reference_read_at = now - DAILY * place / wanted
    Connection.objects.bulk_update(companies, ["reference_read_at"], batch_size=2000)
    done = {"state": LoadState.DONE, "finished_at": now}
    LoadProgress.objects.bulk_create(
        (LoadProgress(connection=company, entity=entity, **done) for company in companies for entity in CHANGE_DATA),
        batch_size=5000,
    )
    rows = list(PullSchedule.objects.select_related("connection"))
    for row in rows:
        row.cursor = row.loaded_at = row.counted_at = now - datetime.timedelta(minutes=1)
        row.due_at = schedule.next_due(row.connection, now)
    PullSchedule.objects.bulk_update(rows, ["cursor", "loaded_at", "counted_at", "due_at"], batch_size=2000)
    return companies


def _play(play: Play) -> dict[str, Any]:
    wanted, interval = play.size(COMPANIES), play.size(INTERVAL)
    connected(play, wanted, interval)
    play.quickbooks.latency(ANSWER)
    play.quickbooks.call("DELETE", "calls")
    late, memory = 0.0, []
    try:
        with product(os.environ, play.folder, "worker", "beat") as processes:
            end = time.monotonic() + interval * TURNS
            while time.monotonic() < end:
                time.sleep(1)
                oldest = PullSchedule.objects.aggregate(due=Min("due_at"))["due"]
                late = max(late, (timezone.now() - oldest).total_seconds())
                memory.append(peak([processes["worker"]]))
    finally:
        play.quickbooks.latency(0)
    half = len(memory) // 2
    return {
        "companies": wanted,
        "interval s": interval,
        "latest s": late,
        "reads": play.quickbooks.metered(),
        "megabytes": memory[-1],
        "megabytes half": memory[half],
    }


def _lines(results: Mapping[str, Sequence[Figures]], _of: Of) -> list[Line]:
    run = results["read"][0]
    pace = f"each due every {run['interval s']} s, {ANSWER * 1000:.0f} ms a call"
    what = f"{run['companies']:,} companies, {pace}, one worker"
    grown = run["megabytes"] / run["megabytes half"]
    memory = f"{run['megabytes half']:.0f} MB, {run['megabytes']:.0f} MB"
    return [
        Line(what, f"{run['latest s']:.1f} s late at most", "the schedule", "60 s", run["latest s"] <= 60),
        Line("memory of that worker, half-way and at the end", memory, "itself", "flat (within 5 %)", grown <= 1.05),
    ]


ROW = Row("companies", [Variant("read", _play, runs=1)], _lines)
