"""Objects of one company in the store: read, write, find."""

# ruff: noqa: S608 (the texts joined into statements are our own; values are parameters)
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from qbo_simulator import amounts
from qbo_simulator.clock import parse_time
from qbo_simulator.entities.catalogue import ENTITIES, Entity
from qbo_simulator.store import Transaction


def _reference(body: dict[str, Any], name: str) -> str | None:
    value = body.get(name)
    return str(value["value"]) if isinstance(value, dict) and value.get("value") is not None else None


def _seconds(meta: Any, name: str) -> int:
    try:
        return int(parse_time(str(meta[name])).timestamp())
    except (KeyError, TypeError, ValueError):
        return 0


def _number(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def _text(value: Any) -> str | None:
    return None if value is None or isinstance(value, (dict, list)) else str(value)


def row_of(realm: str, entity: Entity, body: dict[str, Any]) -> tuple[Any, ...]:
    """Return the column values of an object; tolerant, so that broken records can be stored on purpose."""
    if entity.wrapped and "Id" not in body:
        # A template is stored in the name of its kind.
        body, whole = next((value for value in body.values() if isinstance(value, dict)), {}), body
    else:
        whole = body
    identifier = str(body.get("Id"))
    meta = body.get("MetaData")
    name = _text(body.get(entity.name_field)) if entity.name_field else None
    return (
        realm,
        entity.name,
        identifier,
        int(identifier) if identifier.isdecimal() and len(identifier) < 19 else 0,
        amounts.dump(whole),
        0,
        0 if body.get("Active") is False else 1,
        _seconds(meta, "CreateTime"),
        _seconds(meta, "LastUpdatedTime"),
        _text(body.get("DocNumber")),
        _text(body.get("TxnDate")),
        _text(body.get("DueDate")),
        name.casefold() if name is not None else None,
        _reference(body, "CustomerRef") or _reference(body, "ParentRef") or _reference(body, "VendorRef"),
        _number(body.get("TotalAmt")),
        _number(body.get("Balance")),
    )


INSERT = (
    "INSERT OR REPLACE INTO objects (realm, entity, id, number, body, deleted, active, created, updated, doc_number, "
    "txn_date, due_date, name, owner, total, balance) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class Shelf:
    """One company's objects, seen through one transaction."""

    def __init__(self, tx: Transaction, realm: str) -> None:
        self.tx = tx
        self.realm = realm

    def text(self, entity: str, identifier: str) -> str | None:
        """Return an object's JSON text, or None when it is absent or deleted."""
        row = self.tx.one(
            "SELECT body FROM objects WHERE realm = ? AND entity = ? AND id = ? AND deleted = 0",
            (self.realm, entity, identifier),
        )
        return row[0] if row else None

    def get(self, entity: str, identifier: str | None) -> dict[str, Any] | None:
        """Return an object, or None when it is absent or deleted."""
        text = self.text(entity, identifier) if identifier is not None else None
        return amounts.load(text) if text is not None else None

    def put(self, entity: Entity, body: dict[str, Any]) -> None:
        """Store an object in place of the one with the same Id."""
        self.tx.execute(INSERT, row_of(self.realm, entity, body))

    def put_all(self, entity: Entity, bodies: Iterable[dict[str, Any]]) -> None:
        """Store many objects."""
        self.tx.connection.executemany(INSERT, (row_of(self.realm, entity, body) for body in bodies))

    def bury(self, entity: str, identifier: str, stamp: str) -> None:
        """Leave a tombstone where an object was."""
        tombstone = {"status": "Deleted", "domain": "QBO", "Id": identifier, "MetaData": {"LastUpdatedTime": stamp}}
        self.tx.execute(
            "UPDATE objects SET deleted = 1, body = ?, updated = ?, doc_number = NULL, name = NULL, owner = NULL, "
            "total = NULL, balance = NULL WHERE realm = ? AND entity = ? AND id = ?",
            (amounts.dump(tombstone), int(parse_time(stamp).timestamp()), self.realm, entity, identifier),
        )

    def find(
        self, entity: str, where: str = "1", parameters: tuple[Any, ...] = (), *, limit: int = -1
    ) -> list[dict[str, Any]]:
        """Return the objects that meet a condition on the columns, by Id."""
        # With the plus signs SQLite looks for the rows first and sorts them, instead of walking all in order.
        order = "number, id" if limit >= 0 else "+number, +id"
        rows = self.tx.execute(
            f"SELECT body FROM objects WHERE realm = ? AND entity = ? AND deleted = 0 AND {where} "
            f"ORDER BY {order} LIMIT ?",
            (self.realm, entity, *parameters, limit),
        )
        return [amounts.load(row[0]) for row in rows]

    def named(self, entities: tuple[str, ...], name: str) -> list[tuple[str, str]]:
        """Return entity and Id of whoever has that name, in any case."""
        marks = ", ".join("?" for _ in entities)
        rows = self.tx.execute(
            f"SELECT entity, id FROM objects WHERE realm = ? AND name = ? AND deleted = 0 AND entity IN ({marks})",
            (self.realm, name.casefold(), *entities),
        )
        return [(row[0], row[1]) for row in rows]

    def numbered(self, entities: tuple[str, ...], number: str) -> list[tuple[str, str]]:
        """Return entity and Id of the documents with that number."""
        marks = ", ".join("?" for _ in entities)
        rows = self.tx.execute(
            "SELECT entity, id FROM objects WHERE realm = ? AND doc_number = ? AND deleted = 0 "
            f"AND entity IN ({marks}) ORDER BY number",
            (self.realm, number, *entities),
        )
        return [(row[0], row[1]) for row in rows]

    def open_balance(self, customer: str) -> tuple[float, float]:
        """Return the sums of a customer's open invoices, and of its credits and unapplied payments."""
        owed = self.tx.one(
            "SELECT coalesce(sum(balance), 0) FROM objects WHERE realm = ? AND entity = 'Invoice' AND owner = ? "
            "AND deleted = 0",
            (self.realm, customer),
        )[0]
        credit = self.tx.one(
            "SELECT coalesce(sum(coalesce(json_extract(body, '$.UnappliedAmt'), json_extract(body, "
            "'$.RemainingCredit'))), 0) FROM objects WHERE realm = ? AND owner = ? "
            "AND entity IN ('Payment', 'CreditMemo') AND deleted = 0",
            (self.realm, customer),
        )[0]
        return float(owed), float(credit)

    def entity(self, name: str) -> Entity:
        """Return the entity of that name."""
        return ENTITIES[name.lower()]
