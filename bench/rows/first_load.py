"""The first load of a company, at 0 and at 200 ms a call, and the replay of one that did not change."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from bench import baselines, books
from bench.figures import Figures, Line, Of, Play, Row, Variant, at_most, middle, spread
from bench.meter import Meter, Taken
from bench.stage import product, wait_until

SIZES = {"customers": 20_000, "items": 2_000, "invoices": 100_000, "payments": 80_000}
NAME = "First load"
PATIENCE = 3600
# Of the objects, how many the slow way reads: it is linear, and would take an hour.
SLICE = 2_000


def _realm(play: Play) -> str:
    """The big company, made with the first run."""
    for row in play.quickbooks.call("GET", "companies"):
        if row["name"] == NAME:
            return str(row["realmId"])
    realm = str(play.quickbooks.empty_company(NAME))
    wanted = {entity: play.size(count) for entity, count in SIZES.items()}
    play.quickbooks.call("POST", "generate", {"realmId": realm, **wanted})
    return realm


def figures(taken: Taken) -> dict[str, Any]:
    """For JSON."""
    return {
        "seconds": taken.seconds,
        "cpu": taken.cpu,
        "database": taken.database,
        "megabytes": taken.megabytes,
        "statements": taken.statements,
        "rows": taken.rows,
        "written": taken.written,
    }


def _by_workers(play: Play, latency: float, *, replay: bool = False) -> dict[str, Any]:
    """The product's own worker and beat, from the message that a connected company sends to the last record."""
    from crm_sync.celery import app  # noqa: PLC0415 -- Django is set up by then
    from qbo_connector.models import LoadProgress, PullSchedule  # noqa: PLC0415

    connection = books.connect(play.quickbooks, _realm(play))
    if replay:
        books.load(connection)
        PullSchedule.objects.update(cursor=None)
        LoadProgress.objects.all().delete()
    play.quickbooks.call("DELETE", "calls")
    play.quickbooks.latency(latency)
    try:
        with product(os.environ, play.folder, "worker", "beat") as processes:
            meter = Meter([processes["worker"]]).start()
            app.send_task("qbo_connector.lease_due_pulls", args=[[connection.pk]])
            wait_until(lambda: books.loaded(connection), seconds=PATIENCE, what="the first load", every=0.1)
            taken = meter.stop()
    finally:
        play.quickbooks.latency(0)
    return {**figures(taken), "reads": play.quickbooks.metered(), "objects": sum(map(play.size, SIZES.values()))}


def _at_once(play: Play) -> dict[str, Any]:
    return _by_workers(play, 0)


def _slowly(play: Play) -> dict[str, Any]:
    return _by_workers(play, 0.2)


def _again(play: Play) -> dict[str, Any]:
    return _by_workers(play, 0, replay=True)


def _mirror(play: Play) -> dict[str, Any]:
    """The mirror alone: nothing is switched on, so nothing becomes a record."""
    from sync.models import ObjectSettings  # noqa: PLC0415

    connection = books.connect(play.quickbooks, _realm(play))
    ObjectSettings.objects.update(enabled=False)
    meter = Meter().start()
    books.load(connection)
    return figures(meter.stop())


def _one_by_one(play: Play, latency: float) -> dict[str, Any]:
    """python-quickbooks and one save for each record, on a slice, as a figure for all."""
    connection = books.connect(play.quickbooks, _realm(play))
    wanted = {entity: play.size(count) for entity, count in SIZES.items()}
    play.quickbooks.latency(latency)
    try:
        meter = Meter().start()
        part = baselines.one_by_one(connection, play.quickbooks.url, wanted, SLICE)
        taken = meter.stop()
    finally:
        play.quickbooks.latency(0)
    return {**figures(taken), "seconds": taken.seconds / part, "cpu": taken.cpu / part}


def _one_by_one_at_once(play: Play) -> dict[str, Any]:
    return _one_by_one(play, 0)


def _one_by_one_slowly(play: Play) -> dict[str, Any]:
    return _one_by_one(play, 0.2)


def _by_copy(play: Play) -> dict[str, Any]:
    """The limit: pages by key, typed parse, COPY and merge of one table."""
    connection = books.connect(play.quickbooks, _realm(play))
    meter = Meter().start()
    baselines.copied(connection, play.quickbooks.url, list(SIZES))
    return figures(meter.stop())


def _by_dlt(play: Play) -> dict[str, Any]:
    """dlt's REST source into PostgreSQL, in an environment of its own."""
    connection = books.connect(play.quickbooks, _realm(play))
    python = baselines.dlt_python()
    meter = Meter().start()
    baselines.by_dlt(python, connection, play.quickbooks.url, list(SIZES), play.folder)
    return figures(meter.stop())


def _lines(results: Mapping[str, Sequence[Figures]], of: Of) -> list[Line]:
    fast, slow, again = results["0 ms"], results["200 ms"], results["replay"]
    seconds = {name: middle(runs, "seconds") for name, runs in results.items()}
    objects = int(middle(fast, "objects"))
    allowed = sum(count // 1000 // of + 3 for count in SIZES.values())
    written = middle(again, "rows")

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
        Line("SQL statements", f"{int(middle(fast, 'statements')):,}" if fast[0]["statements"] is not None else "-"),
        times("one by one, 200 ms", "200 ms", 10, "(a) python-quickbooks, one save each", "first load at 200 ms"),
        times("one by one, 0 ms", "0 ms", 5, "(a) python-quickbooks, one save each", "first load at 0 ms"),
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
        Line("rows that a replay writes, bookkeeping aside", f"{written:.0f}", "", "none", written == 0),
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
