"""Change data capture: what changed in a company since a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from qbo_simulator import faults
from qbo_simulator.clock import parse_time
from qbo_simulator.entities.catalogue import entity_named
from qbo_simulator.store import Transaction

MOST_OBJECTS = 1000
REACH = timedelta(days=30)


def run(
    tx: Transaction, realm: str, names: str | None, since: str | None, now: datetime, too_old: str = "refuse"
) -> str:
    """Return the JSON text of the ``CDCResponse`` list; ``too_old`` is the switch. Raises Refused."""
    if not names:
        raise faults.required("entities")
    if not since:
        raise faults.required("changedSince")
    try:
        moment = parse_time(since)
    except ValueError as error:
        raise faults.invalid_property(f"changedSince ({since})", "changedSince") from error
    if now - moment > REACH and too_old != "refuse":
        # A moment that has not come yet finds nothing.
        moment = now - REACH if too_old == "truncate" else now + REACH
    if now - moment > REACH:
        raise faults.query_invalid("changedSince can be at most 30 days before the current time")
    left, parts = MOST_OBJECTS, []
    for name in names.split(","):
        entity = entity_named(name.strip())
        if entity is None or not entity.in_changes:
            raise faults.query_invalid(f"Invalid entity for change data capture: {name.strip()}")
        # Times are kept in whole seconds: the second in which the window starts is part of it.
        rows = tx.execute(
            "SELECT body FROM objects WHERE realm = ? AND entity = ? AND updated >= ? "
            "ORDER BY deleted, updated, number LIMIT ?",
            (realm, entity.name, int(moment.timestamp()), left),
        ).fetchall()
        left -= len(rows)
        if not rows:
            parts.append("{}")
            continue
        bodies = ",".join(row[0] for row in rows)
        parts.append(f'{{"{entity.name}":[{bodies}],"startPosition":1,"maxResults":{len(rows)}}}')
    return f'[{{"QueryResponse":[{",".join(parts)}]}}]'
