"""A cycle with few and with many changes, over a small and over a large mirror."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection as database

from bench import books
from bench.figures import Figures, Line, Of, Play, Row, Variant, at_most, middle, spread
from bench.meter import Meter
from qbo_connector.models import MirrorObject

SMALL, LARGE = 10_000, 1_000_000
IDLE_CYCLES = 50
CHANGES = (10, 1000)

# Every object of the mirror so often, under other ids: the same company, seen for more years.
_PAD = """
INSERT INTO qbo_connector_mirrorobject (connection_id, entity, qbo_id, sync_token, remote_updated_at, digest, name,
    email, code, kind, party_id, parent_id, txn_on, due_on, currency, total, balance, unit_price, active, deleted,
    unread, mirrored_at)
SELECT connection_id, entity, 'p' || n || '-' || qbo_id, sync_token, remote_updated_at, digest, name || ' ' || n,
    email, code, kind, party_id, parent_id, txn_on, due_on, currency, total, balance, unit_price, active, deleted,
    false, mirrored_at
FROM qbo_connector_mirrorobject, generate_series(1, %s) AS n WHERE entity IN ('Customer', 'Invoice', 'Payment')
"""


def _play(play: Play, wanted: int) -> dict[str, Any]:
    realm = str(play.quickbooks.empty_company(f"Cycles {wanted}"))
    small = play.size(SMALL)
    parts = {"customers": small // 5, "items": 100, "invoices": small // 2, "payments": small * 3 // 10}
    play.quickbooks.call("POST", "generate", {"realmId": realm, **parts})
    connection = books.connect(play.quickbooks, realm)
    books.load(connection)
    books.cycle(connection)
    with database.cursor() as cursor:
        if wanted > small:
            cursor.execute(_PAD, [wanted // small - 1])
        cursor.execute("VACUUM ANALYZE")
    books.cycle(connection)

    play.quickbooks.call("DELETE", "calls")
    meter = Meter().start()
    for _cycle in range(IDLE_CYCLES):
        books.cycle(connection)
    idle = meter.stop()
    found: dict[str, Any] = {
        "objects": MirrorObject.objects.count(),
        "idle ms": (idle.cpu + idle.database) * 1000 / IDLE_CYCLES,
        "idle product ms": idle.cpu * 1000 / IDLE_CYCLES,
        "idle reads": play.quickbooks.metered() / IDLE_CYCLES,
        "idle rows": idle.rows,
        "idle written": idle.written,
        "idle statements": None if idle.statements is None else idle.statements / IDLE_CYCLES,
    }
    customers = [row["Id"] for row in play.quickbooks.call("GET", f"objects/{realm}/Customer?limit=1000")]
    for number, changes in enumerate(CHANGES):
        for each in customers[: play.size(changes) if changes > 10 else changes]:
            fields = {"Notes": f"changed {number}", "CompanyName": f"Changed {number}"}
            play.quickbooks.call("POST", f"objects/{realm}/Customer/{each}", {"operation": "update", "fields": fields})
        meter = Meter().start()
        books.cycle(connection)
        taken = meter.stop()
        found |= {f"{changes} s": taken.seconds, f"{changes} cpu": taken.cpu + taken.database}
        found[f"{changes} statements"] = taken.statements
    return found


def _small(play: Play) -> dict[str, Any]:
    return _play(play, play.size(SMALL))


def _large(play: Play) -> dict[str, Any]:
    return _play(play, play.size(LARGE))


def _lines(results: Mapping[str, Sequence[Figures]], _of: Of) -> list[Line]:
    small, large = results["small"], results["large"]
    sizes = f"{middle(small, 'objects'):,.0f} and {middle(large, 'objects'):,.0f} objects"
    lines = []
    for name in ("idle ms", *(f"{changes} cpu" for changes in CHANGES)):
        ratio = middle(large, name) / middle(small, name)
        what = "an idle cycle" if name == "idle ms" else f"a cycle with {name.split()[0]} changes"
        unit, digits = ("ms", 1) if name == "idle ms" else ("s", 3)
        measured = f"{spread(small, name, unit, digits)}; {spread(large, name, unit, digits)}"
        lines.append(Line(f"processor of {what}, {sizes}", measured, "itself", "within 1.5 times", at_most(ratio, 1.5)))
    own = max(middle(small, "idle product ms"), middle(large, "idle product ms"))
    reads, rows = middle(large, "idle reads"), max(middle(small, "idle rows"), middle(large, "idle rows"))
    return [
        *lines,
        Line("processor of the worker in an idle cycle", f"{own:.1f} ms", "", "at most 5 ms", own <= 5),
        Line("metered reads of an idle cycle", f"{reads:.2f}", "", "1", reads == 1),
        Line("rows that idle cycles write, bookkeeping aside", f"{rows:.0f}", "", "none", rows == 0),
    ]


ROW = Row("cycle", [Variant("small", _small), Variant("large", _large)], _lines)
