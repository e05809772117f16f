"""What the accountant does, without a token: the same rules as the API, the current SyncToken by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qbo_simulator import amounts, faults
from qbo_simulator.api.operations import open_books
from qbo_simulator.books import Books
from qbo_simulator.entities.catalogue import Entity, entity_named
from qbo_simulator.shelf import Shelf
from qbo_simulator.wire import Request

if TYPE_CHECKING:
    from qbo_simulator.application import Application

Body = dict[str, Any]


def handle(app: Application, request: Request, parts: list[str], body: Body) -> Any:
    """Answer ``objects/{realm}/{Entity}[/{id}]``. Raises KeyError, ValueError or Refused."""
    if len(parts) not in (2, 3):
        raise KeyError("objects/{realm}/{Entity}[/{id}]")
    entity = entity_named(parts[1])
    if entity is None:
        raise KeyError(parts[1])
    realm, identifier = parts[0], parts[2] if len(parts) == 3 else None
    if request.method == "GET":
        return _get(app, realm, entity, identifier, request.query)
    if request.method != "POST":
        raise ValueError("GET or POST")
    return act(app, realm, entity, identifier, body)


def _get(app: Application, realm: str, entity: Entity, identifier: str | None, query: dict[str, str]) -> Any:
    with app.store.reading() as tx:
        shelf = Shelf(tx, realm)
        if identifier is not None:
            found = shelf.get(entity.name, identifier)
            if found is None:
                raise KeyError(f"{entity.name} {identifier}")
            return found
        clauses, parameters = ["1"], []
        if query.get("active", "").lower() == "true":
            clauses.append("active = 1")
        for name, column in (("customer", "owner"), ("number", "doc_number")):
            if name in query:
                clauses.append(f"{column} = ?")
                parameters.append(query[name])
        if "name" in query:
            clauses.append("name = ?")
            parameters.append(query["name"].casefold())
        found_all = shelf.find(entity.name, " AND ".join(clauses), tuple(parameters))
        return found_all[-int(query["limit"]) :] if "limit" in query else found_all


def act(app: Application, realm: str, entity: Entity, identifier: str | None, body: Body) -> Body:
    """Do one thing to an object and return it as it is then. Raises ValueError or Refused."""
    asked = dict(body)
    operation = str(asked.pop("operation", "create" if identifier is None else "update"))
    with app.store.writing() as tx:
        books = open_books(app, tx, realm)
        if operation == "corrupt":
            return _corrupt(books, entity, str(identifier), asked)
        result = _act(books, entity, identifier, operation, asked)
        changes = books.changes
        tx.after_commit.append(lambda: app.webhooks.notify(changes))
    return result


def _act(books: Books, entity: Entity, identifier: str | None, operation: str, asked: Body) -> Body:
    if operation == "create":
        return _create(books, entity, asked)
    if identifier is None:
        raise ValueError(f"{operation} needs an Id")
    current = books.shelf.get(entity.name, identifier)
    if current is None:
        raise faults.object_not_found()
    key = {"Id": identifier, "SyncToken": current.get("SyncToken", "0")}
    fields = asked.get("fields", asked)
    match operation:
        case "update":
            return books.update(entity, {**fields, **key, "sparse": True})
        case "replace":
            return books.update(entity, {**fields, **key})
        case "deactivate" | "reactivate":
            names = {entity.name_field: current[entity.name_field].split(" (deleted")[0]} if entity.name_field else {}
            active = operation == "reactivate"
            return books.update(entity, {**(names if active else {}), **key, "Active": active, "sparse": True})
        case "delete":
            return books.delete(entity, key)
        case "void":
            return books.void(entity, key)
        case "send":
            return books.send(entity, identifier, asked.get("address"))
        case "pay" if entity.name == "Invoice":
            return pay(books, current, amount=asked.get("amount"), day=asked.get("date"))
        case "merge":
            return books.merge(entity, identifier, str(asked.get("into")))
        case "unapply" if entity.name == "Payment":
            return books.update(entity, {**key, "Line": [], "sparse": True})
    raise ValueError(f"{operation} is not possible for {entity.name}")


def _create(books: Books, entity: Entity, fields: Body) -> Body:
    if "create" in entity.operations:
        return books.create(entity, fields)
    # The tax set-up has no create in the API; the accountant has.
    body = {
        **fields,
        "domain": "QBO",
        "sparse": False,
        "Id": str(fields.get("Id") or books.tx.next_number(books.company.realm, entity.sequence)),
        "SyncToken": "0",
        "MetaData": {"CreateTime": books.stamp, "LastUpdatedTime": books.stamp},
    }
    books.shelf.put(entity, body)
    return body


def pay(books: Books, invoice: Body, *, amount: Any = None, day: str | None = None) -> Body:
    """Record a payment of an invoice, of all that is open when no amount is given, and return the payment."""
    paid = amounts.cents(amount if amount not in (None, "") else invoice.get("Balance"))
    if paid <= 0:
        raise ValueError("the amount of a payment is more than zero")
    open_amount = amounts.cents(invoice.get("Balance"))
    line = {"Amount": min(paid, open_amount), "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
    payment: Body = {"CustomerRef": invoice["CustomerRef"], "TotalAmt": paid, "Line": [line] if open_amount > 0 else []}
    if day:
        payment["TxnDate"] = day
    return books.create(books.shelf.entity("Payment"), payment)


def _corrupt(books: Books, entity: Entity, identifier: str, asked: Body) -> Body:
    """Change the stored JSON past all rules, so that every way of reading shows it: ``set`` and ``unset``."""
    body = books.reread(entity, identifier)
    for name, value in (asked.get("set") or {}).items():
        body[name] = value
    for name in asked.get("unset") or ():
        body.pop(name, None)
    moved = dict(body)
    if asked.get("touch", True) and isinstance(body.get("MetaData"), dict):
        moved["MetaData"] = {**body["MetaData"], "LastUpdatedTime": books.stamp}
    books.shelf.put(entity, {**moved, "Id": identifier})
    return moved
