"""Queries: a parsed statement to rows of one company."""

# ruff: noqa: S608 (attributes are checked against the known ones; values are parameters)
from __future__ import annotations

import re
import string
from collections.abc import Mapping
from datetime import date
from typing import Any

from qbo_simulator import amounts, faults
from qbo_simulator.api.language import Condition, Statement, parse
from qbo_simulator.clock import parse_time
from qbo_simulator.entities.catalogue import Entity, entity_named, words
from qbo_simulator.entities.intake import DATES, NUMBERS, TRUTHS
from qbo_simulator.store import Transaction
from qbo_simulator.switches import DEFAULTS

_TIMES = {"metadata.createtime": "created", "metadata.lastupdatedtime": "updated"}
#: Columns of the store beside the JSON text.
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
_KINDS = {"active": "truth", "totalamt": "number", "txndate": "date", "duedate": "date", "docnumber": "number_text"}
#: Conditions that an index answers with few rows.
_FEW = re.compile(r"(id|doc_number|owner|name) (= \?|IN \()")
_COMMON = ("Id", "Active", "SyncToken")
#: Never in a condition, whatever the entity.
_NEVER = words(
    "Line LinkedTxn CustomField TxnTaxDetail PrivateNote BillAddr ShipAddr ShipFromAddr CustomerMemo DeliveryInfo "
    "LineEx OtherContactInfo TaxRateDetails SalesTaxRateList PurchaseTaxRateList BudgetDetail NameValue"
)
#: Not in a condition on a transaction, although they are references.
_NEVER_ON_TRANSACTIONS = words("DepartmentRef ClassRef")
_ALWAYS = words("Id SyncToken MetaData domain sparse")
#: Can be asked for although no object may have them yet.
_ASKED: dict[str, frozenset[str]] = {
    "Attachable": words("FileName Note Category ContentType AttachableRef Tag"),
    "Vendor": words(
        "DisplayName CompanyName GivenName FamilyName PrintOnCheckName Balance Vendor1099 PrimaryEmailAddr"
    ),
    "Account": words("Name AcctNum AccountType AccountSubType Classification CurrentBalance SubAccount ParentRef"),
    "Bill": words("DocNumber TxnDate DueDate VendorRef APAccountRef TotalAmt Balance SalesTermRef CurrencyRef"),
    "Purchase": words("DocNumber TxnDate PaymentType AccountRef EntityRef TotalAmt CurrencyRef Credit"),
    "ExchangeRate": words("SourceCurrencyCode TargetCurrencyCode AsOfDate Rate"),
}
#: Inside of an object, as QuickBooks spells it.
_SPELLED = {
    name.lower(): name
    for name in ("value", "name", "type", "Address", "FreeFormNumber", "URI", "EntityRef", "IncludeOnSend", "City")
}
#: The database folds these letters only.
_FOLDED = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def run(tx: Transaction, realm: str, text: str, today: date, switches: Mapping[str, Any] = DEFAULTS) -> str:
    """Return the JSON text of the ``QueryResponse`` of a query. Raises Refused."""
    statement = parse(text)
    entity = entity_named(statement.entity)
    exact = switches["query_entity_case"] == "sensitive"
    if entity is None or (exact and entity.name != statement.entity):
        raise faults.query_invalid(f"Invalid context declaration: {statement.entity}")
    return _Search(tx, realm, entity, today, switches).answer(statement)


def shown(entity: str, text: str, switches: Mapping[str, Any]) -> str:
    """Return an object as reads show it: whether Preferences tell the closing date is a switch."""
    if entity != "Preferences" or switches["show_close_date"]:
        return text
    body = amounts.load(text)
    body.get("AccountingInfoPrefs", {}).pop("BookCloseDate", None)
    return amounts.dump(body)


class _Search:
    """One query on one entity of one company."""

    def __init__(
        self, tx: Transaction, realm: str, entity: Entity, today: date, switches: Mapping[str, Any] = DEFAULTS
    ) -> None:
        self.tx = tx
        self.realm = realm
        self.entity = entity
        self.today = today
        self.switches = switches

    def answer(self, statement: Statement) -> str:
        """Run the statement."""
        clauses, parameters = ["realm = ?", "entity = ?", "deleted = 0"], [self.realm, self.entity.name]
        asked_active = False
        if statement.columns:
            self._check_columns(statement.columns)
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
        few = any(_FEW.match(clause) for clause in clauses)
        tail = ["+number", "+id"] if few else ["number", "id"]
        if not statement.order and self.switches["default_order"] == "desc":
            tail = [f"{name} DESC" for name in tail]
        order = [f"{self._sortable(name)} {'DESC' if down else 'ASC'}" for name, down in statement.order]
        # Real tax codes come whole whatever the number of rows asked for.
        rows = 1000 if self.entity.name == "TaxCode" else statement.rows
        found = self.tx.execute(
            f"SELECT body FROM objects WHERE {where} ORDER BY {', '.join([*order, *tail])} LIMIT ? OFFSET ?",
            [*parameters, rows, statement.start - 1],
        ).fetchall()
        if not found:
            return "{}"
        bodies = [shown(self.entity.name, row[0], self.switches) for row in found]
        if statement.columns:
            bodies = [_projected(body, statement.columns) for body in bodies]
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
        if operator == "LIKE":
            return self._within(name, f"{expression} LIKE ? ESCAPE '\\'"), [_folded(condition.values[0], kind)]
        values = [self._convert(value, kind, name) for value in condition.values]
        if kind == "number_text" and operator in ("=", "IN"):
            # Numbers of documents are found in any case, and by their index.
            values = list(dict.fromkeys(form for value in values for form in (value, value.upper(), value.lower())))
            operator = "IN" if len(values) > 1 else operator
        if operator == "IN":
            return self._within(name, f"{expression} IN ({', '.join('?' for _ in values)})"), values
        if operator in ("=", "!=") and kind == "lower" and not values[0].strip():
            # An empty text stands for nothing at all.
            clause = f"coalesce({expression}, '') {operator} ''"
            return self._within(name, clause), []
        return self._within(name, f"{expression} {operator} ?"), values

    def _within(self, name: str, clause: str) -> str:
        """Return the clause; for a list it is about any of its entries."""
        head = name.partition(".")[0].lower()
        if head != "attachableref":
            return clause
        return f"EXISTS (SELECT 1 FROM json_each(body, '$.AttachableRef') AS entry WHERE {clause})"

    def _sortable(self, name: str) -> str:
        return "number" if name.lower() == "id" else self._attribute(name)[0]

    def _attribute(self, name: str) -> tuple[str, str]:
        """Return the SQL expression of an attribute and what its values are."""
        lower = name.lower()
        if lower in _TIMES:
            return _TIMES[lower], "time"
        if self.entity.wrapped and lower == "type":
            return "(SELECT lower(key) FROM json_each(body) LIMIT 1)", "lower"
        canonical = self._canonical(name)
        if lower in _COLUMNS and not (lower == "totalamt" and canonical != "TotalAmt"):
            return _COLUMNS[lower], _KINDS.get(lower, "text")
        if canonical == self.entity.name_field:
            return "name", "folded"
        if canonical == "Balance":
            return "balance", "number"
        head, _, rest = canonical.partition(".")
        if head == "CustomerRef" and rest in ("", "value") and self.entity.kind == "transaction":
            return "owner", "text"
        if head == "AttachableRef":
            return f"lower(json_extract(entry.value, '$.{rest or 'EntityRef.value'}'))", "lower"
        path = f"{head}.{rest}" if rest else f"{head}.{_INSIDE[head]}" if head in _INSIDE else head
        if head.endswith("Ref") and not rest:
            path = f"{head}.value"
        # The path holds only letters, digits and dots: the language has no other signs in a name.
        expression = f"json_extract(body, '$.{path}')"
        if head in NUMBERS:
            return expression, "number"
        if head in TRUTHS:
            return expression, "truth"
        return (expression, "date") if head in DATES else (f"lower({expression})", "lower")

    def _canonical(self, name: str) -> str:
        """Return the attribute as QuickBooks spells it. Raises Refused for those that can't be asked for."""
        head, dot, rest = name.partition(".")
        refused = self.entity.not_queryable | (_NEVER - (self.entity.queryable or frozenset()))
        if self.entity.kind == "transaction":
            refused |= _NEVER_ON_TRANSACTIONS
        if head.lower() in {field.lower() for field in refused}:
            raise faults.query_invalid(f"property '{name}' is not queryable")
        known = {field.lower(): field for field in self._fields()}
        if head.lower() not in known:
            raise faults.query_invalid(f"Property {name} not found for Entity {self.entity.name}")
        inside = ".".join(_SPELLED.get(part.lower(), part) for part in rest.split("."))
        return known[head.lower()] + dot + inside

    def _fields(self) -> set[str]:
        if self.entity.queryable is not None:
            return {*self.entity.queryable, *_COMMON}
        stored = {str(row[0]) for row in self._stored_fields()}
        return {*_COMMON, "DocNumber", "TxnDate", self.entity.name_field or "Id", *stored} | _ASKED.get(
            self.entity.name, frozenset()
        )

    def _stored_fields(self) -> list[Any]:
        return self.tx.execute(
            "SELECT DISTINCT key FROM (SELECT body FROM objects WHERE realm = ? AND entity = ? AND deleted = 0 "
            "LIMIT 200) AS some, json_each(some.body)",
            (self.realm, self.entity.name),
        ).fetchall()

    def _convert(self, value: str, kind: str, name: str) -> Any:
        if value.upper() == "CURRENT_DATE":
            value = self.today.isoformat()
        try:
            if kind == "time":
                return parse_time(value).timestamp()
            if kind == "date":
                # A date may come with a time, which documents do not have.
                return date.fromisoformat(value.strip()[:10]).isoformat() if value.strip() else ""
            if name.lower() == "id" and self.entity.name != "TaxCode":
                # Only tax codes have Ids that are no numbers.
                return str(int(value.strip()))
            if kind == "number":
                return float(amounts.decimal_of(value))
            if kind == "truth":
                return {"true": 1, "false": 0}[value.strip().lower()]
        except (ValueError, KeyError, OverflowError) as error:
            raise faults.query_invalid(f"Invalid value '{value}' for property {name}") from error
        return _folded(value, kind)

    def _check_columns(self, columns: tuple[str, ...]) -> None:
        """Refuse columns that the entity does not have."""
        known = {name.lower() for name in (*self._fields(), *self.entity.not_queryable, *_NEVER, *_ALWAYS)}
        known |= {str(row[0]).lower() for row in self._stored_fields()}
        for column in columns:
            if column.partition(".")[0].lower() not in known:
                raise faults.query_invalid(f"Property {column} not found for Entity {self.entity.name}")


def _folded(value: str, kind: str) -> str:
    return value.casefold() if kind == "folded" else value.translate(_FOLDED) if kind == "lower" else value


def _projected(text: str, columns: tuple[str, ...]) -> str:
    """Return the object with the asked fields only, nested ones too."""
    body = amounts.load(text)
    kept: dict[str, Any] = {}
    for column in columns:
        _take(kept, body, column.split("."))
    in_order = {name: kept[name] for name in body if name in kept}
    return amounts.dump({**in_order, "domain": "QBO", "sparse": True})


def _take(kept: dict[str, Any], body: dict[str, Any], path: list[str]) -> None:
    name = next((name for name in body if name.lower() == path[0].lower()), None)
    if name is None:
        return
    value = body[name]
    if len(path) == 1 or not isinstance(value, (dict, list)):
        kept[name] = value
    elif isinstance(value, dict):
        _take(kept.setdefault(name, {}), value, path[1:])
    else:
        parts = kept.setdefault(name, [{} for _ in value])
        for part, entry in zip(parts, value, strict=False):
            if isinstance(entry, dict):
                _take(part, entry, path[1:])
