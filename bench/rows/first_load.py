"""The first load of a company, at 0 and at 200 ms a call, and the replay of one that did not change."""

import datetime
import os
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from bench import baselines, books
from bench.figures import Figures, Line, Of, Play, Row, Variant, at_most, middle, spread
from bench.meter import Meter
from bench.one_by_one import one_by_one
from bench.stage import product, wait_for_worker, wait_until
from crm_sync.celery import app
from qbo_connector.mirror.entities import MIRRORED
from qbo_connector.models import Connection, LoadProgress, PullSchedule
from reports.rollups import refresh
from sync.models import ObjectSettings

SIZES = {"customers": 20_000, "items": 2_000, "invoices": 100_000, "payments": 80_000}
PATIENCE = 3600
EVENT_ROWS = 2  # an event and what it is about
# What looks at records by itself some time after they came.
LATER = ("crm_duplicatekey", "crm_duplicatescan", "reports_healthsample")
# Of the objects, how many the slow way reads: it is linear, and would take an hour.
SLICE = 2_000


def company(play: Play, sizes: Mapping[str, int]) -> Connection:
    """A connected company of these sizes, not read yet and not due; QuickBooks has it from its first use on."""
    name = f"First load of {sum(sizes.values())}"
    known = [str(row["realmId"]) for row in play.quickbooks.call("GET", "companies") if row["name"] == name]
    realm = known[0] if known else str(play.quickbooks.empty_company(name))
    if not known:
        play.quickbooks.call("POST", "generate", {"realmId": realm, **sizes})
    connection = books.connect(play.quickbooks, realm)
    PullSchedule.objects.update(due_at=timezone.now() + datetime.timedelta(days=1))
    return connection


def read(connection: Connection) -> None:
    """Have workers that run read it; returns with the last record."""
    PullSchedule.objects.filter(connection=connection).update(due_at=timezone.now())
    app.send_task("qbo_connector.lease_due_pulls", args=[[connection.pk]])
    wait_until(lambda: books.loaded(connection), seconds=PATIENCE, what="the first load", every=0.1)


def _sizes(play: Play) -> dict[str, int]:
    return {entity: play.size(count) for entity, count in SIZES.items()}


def _by_workers(play: Play, latency: float, *, replay: bool = False) -> dict[str, Any]:
    """The product's own worker and beat, from the message that a connected company sends to the last record."""
    connection = company(play, _sizes(play))
    if replay:
        books.load(connection)
        refresh.refresh()
        due_at = timezone.now() + datetime.timedelta(days=1)
        PullSchedule.objects.update(cursor=None, due_at=due_at)
        LoadProgress.objects.all().delete()
    play.quickbooks.call("DELETE", "calls")
    play.quickbooks.latency(latency)
    try:
        with product(os.environ, play.folder, "worker", "beat") as processes:
            wait_for_worker()
            meter = Meter([processes["worker"]]).start()
            read(connection)
            taken = meter.stop(told=True)
    finally:
        play.quickbooks.latency(0)
    return {**taken.figures(), "reads": play.quickbooks.metered(), "objects": sum(_sizes(play).values())}


def _at_once(play: Play) -> dict[str, Any]:
    return _by_workers(play, 0)


def _slowly(play: Play) -> dict[str, Any]:
    return _by_workers(play, 0.2)


def _again(play: Play) -> dict[str, Any]:
    return _by_workers(play, 0, replay=True)


def _mirror(play: Play) -> dict[str, Any]:
    """The mirror alone: nothing is switched on, so nothing becomes a record."""
    connection = company(play, _sizes(play))
    ObjectSettings.objects.update(enabled=False)
    meter = Meter().start()
    books.load(connection)
    return meter.stop().figures()


def _one_by_one(play: Play, latency: float) -> dict[str, Any]:
    """python-quickbooks and one save for each record, on a slice, as a figure for all."""
    connection = company(play, _sizes(play))
    play.quickbooks.latency(latency)
    try:
        meter = Meter().start()
        part = one_by_one(connection, play.quickbooks.url, _sizes(play), SLICE)
        taken = meter.stop()
    finally:
        play.quickbooks.latency(0)
    figures = taken.figures()
    return figures | {name: figures[name] / part for name in ("seconds", "cpu", "database", "statements", "rows")}


def _one_by_one_at_once(play: Play) -> dict[str, Any]:
    return _one_by_one(play, 0)


def _one_by_one_slowly(play: Play) -> dict[str, Any]:
    return _one_by_one(play, 0.2)


def _by_copy(play: Play) -> dict[str, Any]:
    """The limit: pages by key, typed parse, COPY and merge of one table."""
    connection = company(play, _sizes(play))
    meter = Meter().start()
    baselines.copied(connection, play.quickbooks.url, list(SIZES))
    return meter.stop().figures()


def _by_dlt(play: Play) -> dict[str, Any]:
    """dlt's REST source into PostgreSQL, in an environment of its own."""
    connection = company(play, _sizes(play))
    python = baselines.dlt_python()
    meter = Meter().start()
    baselines.by_dlt(python, connection, play.quickbooks.url, list(SIZES), play.folder)
    return meter.stop().figures()


def _lines(results: Mapping[str, Sequence[Figures]], of: Of) -> list[Line]:
    fast, slow, again = results["0 ms"], results["200 ms"], results["replay"]
    seconds = {name: middle(runs, "seconds") for name, runs in results.items()}
    objects = int(middle(fast, "objects"))
    # The others are asked for as well, to find that there are few of them.
    allowed = sum(count // 1000 // of for count in SIZES.values()) + 3 * len(MIRRORED)
    written = max(run["rows"] - sum(run["written"].get(table, 0) for table in LATER) for run in again)

    def times(other: str, mine: str, goal: float, name: str, what: str) -> Line:
        ratio = seconds[other] / seconds[mine]
        return Line(what, f"{ratio:.1f} times faster", name, f"at least {goal:g} times", ratio >= goal)

    limit = seconds["0 ms"] / seconds["COPY"]
    return [
        Line(f"first load, {objects:,} objects, 0 ms a call", spread(fast, "seconds", digits=1)),
        Line("the same at 200 ms a call", spread(slow, "seconds", digits=1)),
        Line(
            "processor of the worker, of PostgreSQL", f"{middle(fast, 'cpu'):.1f} s, {middle(fast, 'database'):.1f} s"
        ),
        Line("SQL statements of the worker", f"{middle(fast, 'statements'):,.0f}"),
        times(
            "one by one, 200 ms", "200 ms", 10, "(a) python-quickbooks, a save for each record", "first load at 200 ms"
        ),
        times("one by one, 0 ms", "0 ms", 5, "(a) python-quickbooks, a save for each record", "first load at 0 ms"),
        times("dlt", "mirror", 3, "(b) dlt's REST source", "mirror alone at 0 ms"),
        times("dlt", "0 ms", 1.5, "(b) dlt's REST source", "end to end at 0 ms"),
        Line("end to end at 0 ms", f"{limit:.2f} times", "(c) COPY of one table", "at most 3 times", at_most(limit, 3)),
        Line(
            "metered reads of a first load",
            f"{middle(fast, 'reads'):.0f}",
            "",
            f"at most {allowed}",
            middle(fast, "reads") <= allowed,
        ),
        Line("replay of an unchanged first load", spread(again, "seconds", digits=1)),
        times("0 ms", "replay", 5, "the first load", "replay"),
        Line(
            "rows that a replay writes, bookkeeping aside",
            f"{written:.0f}",
            "",
            "none but the event that it is over",
            written <= EVENT_ROWS,
        ),
    ]


ROW = Row(
    "first load",
    [
        Variant("0 ms", _at_once),
        Variant("200 ms", _slowly),
        Variant("replay", _again),
        Variant("mirror", _mirror),
        Variant("one by one, 0 ms", _one_by_one_at_once),
        Variant("one by one, 200 ms", _one_by_one_slowly),
        Variant("COPY", _by_copy),
        Variant("dlt", _by_dlt, runs=2),
    ],
    _lines,
)
