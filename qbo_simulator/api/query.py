"""Queries: a parsed statement to rows of one company."""

# ruff: noqa: S608 (attributes are checked against the known ones; values are parameters)
from __future__ import annotations

from datetime import date
from typing import Any

from qbo_simulator import amounts, faults
from qbo_simulator.api.language import Condition, Statement, parse
from qbo_simulator.clock import parse_time
from qbo_simulator.entities.catalogue import Entity, entity_named
from qbo_simulator.entities.intake import NUMBERS, TRUTHS
from qbo_simulator.store import Transaction

_TIMES = {"metadata.createtime": "created", "metadata.lastupdatedtime": "updated"}
_COLUMNS = {
    "id": "id",
    "active": "active",
    "docnumber": "doc_number",
    "txndate": "txn_date",
    "duedate": "due_date",
    "totalamt": "total",
}
_INSIDE = {
    "PrimaryEmailAddr": "Address",
    "BillEmail": "Address",
    "PrimaryPhone": "FreeFormNumber",
    "Mobile": "FreeFormNumber",
    "WebAddr": "URI",
}
#: Conditions that an index answers with few rows.
_FEW = frozenset({"id = ?", "doc_number = ?", "owner = ?", "name = ?"})
_COMMON = ("Id", "Active", "SyncToken")


def run(tx: Transaction, realm: str, text: str, today: date) -> str:
    """Return the JSON text of the ``QueryResponse`` of a query. Raises Refused."""
    statement = parse(text)
    entity = entity_named(statement.entity)
    if entity is None:
        raise faults.query_invalid(f"Invalid context declaration: {statement.entity}")
    return _Search(tx, realm, entity, today).answer(statement)


class _Search:
    """One query on one entity of one company."""

    def __init__(self, tx: Transaction, realm: str, entity: Entity, today: date) -> None:
        self.tx = tx
        self.realm = realm
        self.entity = entity
        self.today = today

    def answer(self, statement: Statement) -> str:
        """Run the statement."""
        clauses, parameters = ["realm = ?", "entity = ?", "deleted = 0"], [self.realm, self.entity.name]
        asked_active = False
        for condition in statement.conditions:
            clause, values = self._clause(condition)
            asked_active = asked_active or condition.attribute.lower() == "active"
            clauses.append(clause)
            parameters += values
        if self.entity.kind == "list" and not asked_active:
            clauses.append("active = 1")
        where = " AND ".join(clauses)
        if statement.count:
            total = self.tx.one(f"SELECT count(*) FROM objects WHERE {where}", parameters)[0]
            return f'{{"totalCount":{total}}}'
        # With the plus signs SQLite looks for the few rows first, instead of walking all of them in order.
        few = any(clause in _FEW for clause in clauses)
        tail = ["+number", "+id"] if few else ["number", "id"]
        order = [f"{self._sortable(name)} {'DESC' if down else 'ASC'}" for name, down in statement.order]
        # Real tax codes come whole whatever the number of rows asked for.
        rows = 1000 if self.entity.name == "TaxCode" else statement.rows
        found = self.tx.execute(
            f"SELECT body FROM objects WHERE {where} ORDER BY {', '.join([*order, *tail])} LIMIT ? OFFSET ?",
            [*parameters, rows, statement.start - 1],
        ).fetchall()
        if not found:
            return "{}"
        bodies = [row[0] for row in found]
        if statement.columns:
            bodies = [self._project(body, statement.columns) for body in bodies]
        return (
            f'{{"{self.entity.name}":[{",".join(bodies)}],'
            f'"startPosition":{statement.start},"maxResults":{len(bodies)}}}'
        )

    # -- attributes -----------------------------------------------------------------------------------------------

    def _clause(self, condition: Condition) -> tuple[str, list[Any]]:
        name, operator = condition.attribute, condition.operator
        if name.lower() == "id" and operator not in ("=", "IN"):
            raise faults.query_invalid(f"Operator {operator} is not supported for property Id")
        expression, kind = self._attribute(name)
        values = [self._convert(value, kind, name) for value in condition.values]
        if operator == "IN":
            return f"{expression} IN ({', '.join('?' for _ in values)})", values
        if operator == "LIKE":
            escaped = str(values[0]).replace("\\", "\\\\").replace("_", "\\_")
            return f"{expression} LIKE ? ESCAPE '\\'", [escaped]
        return f"{expression} {operator} ?", values

    def _sortable(self, name: str) -> str:
        return "number" if name.lower() == "id" else self._attribute(name)[0]

    def _attribute(self, name: str) -> tuple[str, str]:
        """Return the SQL expression of an attribute and what its values are."""
        lower = name.lower()
        if lower in _TIMES:
            return _TIMES[lower], "time"
        canonical = self._canonical(name)
        if lower in _COLUMNS and not (lower == "totalamt" and canonical != "TotalAmt"):
            return _COLUMNS[lower], {"active": "truth", "totalamt": "number"}.get(lower, "text")
        if canonical == self.entity.name_field:
            return "name", "folded"
        if canonical == "Balance":
            return "balance", "number"
        head, _, rest = canonical.partition(".")
        if head == "CustomerRef" and self.entity.kind == "transaction":
            return "owner", "text"
        path = f"{head}.{rest}" if rest else f"{head}.{_INSIDE[head]}" if head in _INSIDE else head
        if head.endswith("Ref") and not rest:
            path = f"{head}.value"
        # The path holds only letters, digits and dots: the language has no other signs in a name.
        expression = f"json_extract(body, '$.{path}')"
        if head in NUMBERS:
            return expression, "number"
        if head in TRUTHS:
            return expression, "truth"
        return f"lower({expression})", "lower"

    def _canonical(self, name: str) -> str:
        """Return the attribute as QuickBooks spells it. Raises Refused for those that can't be asked for."""
        head, dot, rest = name.partition(".")
        known = {field.lower(): field for field in self._fields()}
        if head.lower() not in known:
            if head.lower() in {field.lower() for field in self.entity.not_queryable}:
                raise faults.query_invalid(f"property '{name}' is not queryable")
            raise faults.query_invalid(f"Property {name} not found for Entity {self.entity.name}")
        return known[head.lower()] + dot + rest

    def _fields(self) -> set[str]:
        if self.entity.queryable is not None:
            return {*self.entity.queryable, *_COMMON}
        rows = self.tx.execute(
            "SELECT DISTINCT key FROM (SELECT body FROM objects WHERE realm = ? AND entity = ? AND deleted = 0 "
            "LIMIT 200) AS some, json_each(some.body)",
            (self.realm, self.entity.name),
        )
        return {*_COMMON, "DocNumber", "TxnDate", self.entity.name_field or "Id", *(row[0] for row in rows)}

    def _convert(self, value: str, kind: str, name: str) -> Any:
        if value.upper() == "CURRENT_DATE":
            value = self.today.isoformat()
        try:
            if kind == "time":
                return parse_time(value).timestamp()
            if kind == "number":
                return float(amounts.decimal_of(value))
            if kind == "truth":
                return {"true": 1, "false": 0}[value.lower()]
        except (ValueError, KeyError) as error:
            raise faults.query_invalid(f"Invalid value '{value}' for property {name}") from error
        return value.casefold() if kind == "folded" else value.lower() if kind == "lower" else value

    def _project(self, text: str, columns: tuple[str, ...]) -> str:
        body = amounts.load(text)
        wanted = {column.split(".")[0].lower() for column in columns}
        kept = {name: value for name, value in body.items() if name.lower() in wanted}
        return amounts.dump({**kept, "domain": "QBO", "sparse": True})
