"""Long lists by key: a page starts after a row, however many rows there are, and nothing is counted."""

# ruff: noqa: S608 (the texts joined are our own; values are parameters)
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from qbo_simulator import amounts
from qbo_simulator.store import Transaction

Body = dict[str, Any]
ROWS = 50
#: Up to this many customers of a name, their documents are found one customer after the other.
_FEW = 200


@dataclass(frozen=True)
class Order:
    """How a list is sorted: a column, then the number of the Id."""

    column: str
    down: bool = False


BY_DATE = Order("txn_date", down=True)
BY_NAME = Order("name")


@dataclass
class Page:
    """Some rows, and the query strings of the pages before and after."""

    rows: list[Body]
    before: str | None
    after: str | None


def page(
    tx: Transaction,
    realm: str,
    entity: str,
    order: Order,
    query: dict[str, str],
    clauses: Sequence[str] = (),
    parameters: Sequence[Any] = (),
) -> Page:
    """Return the page that ``query`` asks for by ``after`` or ``before``: a row's key."""
    back = "before" in query
    key = query.get("before" if back else "after", "")
    down = order.down != back
    where = ["realm = ?", "entity = ?", "deleted = 0", f"{order.column} IS NOT NULL", *clauses]
    values = [realm, entity, *parameters]
    if key:
        place, _, number = key.rpartition("~")
        where.append(f"({order.column}, number) {'<' if down else '>'} (?, ?)")
        values += [place, int(number) if number.isdecimal() and len(number) < 19 else 0]
    way = "DESC" if down else "ASC"
    found = tx.execute(
        f"SELECT body, {order.column}, number FROM objects WHERE {' AND '.join(where)} "
        f"ORDER BY {order.column} {way}, number {way} LIMIT ?",
        (*values, ROWS + 1),
    ).fetchall()
    more, found = len(found) > ROWS, found[:ROWS]
    if back:
        found.reverse()
    kept = {name: value for name, value in query.items() if name not in ("after", "before", "done", "refused")}

    def link(name: str, row: Any) -> str:
        return "?" + urlencode({**kept, name: f"{row[1]}~{row[2]}"})

    return Page(
        [amounts.load(row[0]) for row in found],
        link("before", found[0]) if found and (more if back else bool(key)) else None,
        link("after", found[-1]) if found and (True if back else more) else None,
    )


def by_customer(tx: Transaction, realm: str, entity: str, search: str) -> tuple[str, list[Any]]:
    """Return the condition for documents with that number, or of customers with that text in their name."""
    name = f"%{search.casefold()}%"
    people = "SELECT id FROM objects WHERE realm = ? AND entity = 'Customer' AND deleted = 0 AND name LIKE ?"
    found = [row[0] for row in tx.execute(f"{people} LIMIT ?", (realm, name, _FEW + 1))]
    if len(found) > _FEW:
        return f"(doc_number = ? OR owner IN ({people}))", [search, realm, name]
    marks = ", ".join("?" for _ in found)
    here = "SELECT key FROM objects WHERE realm = ? AND entity = ?"
    return (
        f"key IN ({here} AND doc_number = ? UNION ALL {here} AND owner IN ({marks}))",
        [realm, entity, search, realm, entity, *found],
    )
