"""Writes of the API, each once for each requestid."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qbo_simulator import amounts, clock, faults
from qbo_simulator.books import Books
from qbo_simulator.company import load_company
from qbo_simulator.entities.catalogue import Entity
from qbo_simulator.entities.registry import RULES
from qbo_simulator.store import Transaction

if TYPE_CHECKING:
    from qbo_simulator.application import Application

Work = Callable[[Books], dict[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """What a write answered: the body without its braces and time, and the HTTP status."""

    status: int
    text: str
    replayed: bool = False
    fault: str | None = None


@dataclass(frozen=True)
class Intent:
    """Which write, and how often it may happen: a requestid makes it once."""

    realm: str
    entity: str
    work: Work
    requestid: str | None = None
    path: str = ""
    payload: bytes = b""
    include: frozenset[str] = frozenset()


def open_books(app: Application, tx: Transaction, realm: str, include: frozenset[str] = frozenset()) -> Books:
    """Return the books of a company for writing. Raises GatewayRefused for an unknown company."""
    company = load_company(tx, realm)
    if company is None:
        raise faults.app_not_authorized()
    return Books(tx, company, now=app.clock.now(), rules=RULES, switches=app.switches, include=include)


def perform(app: Application, intent: Intent) -> Outcome:
    """Do a write in one transaction, or give back what its requestid answered before."""
    digest = hashlib.sha256(intent.payload).hexdigest()
    try:
        with app.store.writing() as tx:
            known = _known(app, tx, intent, digest)
            if known is not None:
                return known
            books = open_books(app, tx, intent.realm, intent.include)
            body = intent.work(books)
            text = f'"{intent.entity}":{amounts.dump(body)},"time":"{clock.body_time(books.now)}"'
            _remember(app, tx, intent, digest, 200, text, body.get("Id"))
            changes = books.changes
            tx.after_commit.append(lambda: app.webhooks.notify(changes, from_api=True))
        return Outcome(200, text)
    except faults.Refused as refusal:
        outcome = refused(app, refusal)
        if intent.requestid and app.switches["replay_faults"] and refusal.status < 500:
            with app.store.writing() as tx:
                # Another request with the same id may have succeeded in between: its answer stays.
                if _known(app, tx, intent, digest) is None:
                    _remember(app, tx, intent, digest, outcome.status, outcome.text, None)
        return outcome


def refused(app: Application, refusal: faults.Refused) -> Outcome:
    """Return a Fault as an outcome."""
    time = clock.body_time(app.clock.now())
    text = f'"Fault":{amounts.dump(refusal.as_json())},"time":"{time}"'
    return Outcome(refusal.status, text, fault=refusal.errors[0].code)


def _known(app: Application, tx: Transaction, intent: Intent, digest: str) -> Outcome | None:
    if not intent.requestid:
        return None
    row = tx.one(
        "SELECT status, body, at, digest FROM requests WHERE realm = ? AND requestid = ?",
        (intent.realm, intent.requestid),
    )
    kept = app.switches["requestid_retention"]
    if row is None or (kept is not None and app.clock.timestamp() - row[2] > kept):
        return None
    if row[3] != digest and app.switches["requestid_mismatch"] == "refuse":
        return refused(app, faults.business("This requestid was used for another request."))
    return Outcome(row[0], row[1], replayed=True)


def _remember(
    app: Application, tx: Transaction, intent: Intent, digest: str, status: int, text: str, identifier: Any
) -> None:
    if intent.requestid:
        tx.execute(
            "INSERT OR REPLACE INTO requests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                intent.realm,
                intent.requestid,
                app.clock.timestamp(),
                intent.path,
                digest,
                status,
                text,
                intent.entity,
                identifier,
            ),
        )


def work_for(entity: Entity, operation: str, body: dict[str, Any]) -> Work:
    """Return what a POST of an object does: create without an Id, else update; or what it asks for. Raises Refused."""
    if operation == "delete":
        return lambda books: books.delete(entity, body)
    if operation == "void":
        return lambda books: books.void(entity, body)
    if operation not in ("", "create", "update"):
        raise faults.unsupported_operation(operation)
    if body.get("Id") or operation == "update" or RULES[entity.name].always_sparse:
        return lambda books: books.update(entity, body)
    return lambda books: books.create(entity, body)
