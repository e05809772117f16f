"""What every page of a company shares: the frame around it, its day, and forms that keep what was typed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from qbo_simulator import faults
from qbo_simulator.company import Company, load_company
from qbo_simulator.entities.catalogue import ENTITIES
from qbo_simulator.objects import act
from qbo_simulator.shelf import Shelf
from qbo_simulator.store import Transaction
from qbo_simulator.wire import Request, Response

if TYPE_CHECKING:
    from qbo_simulator.application import Application

Body = dict[str, Any]
#: How many names a field proposes.
PROPOSALS = 300


def done(text: str, location: str | None = None) -> Response:
    """Go back to the page that was posted from, or to another one, with a sentence on it."""
    headers = {"Location": f"{location}?{urlencode({'done': text})}"} if location else {}
    return Response(303, text.encode(), "", headers)


def refusal_text(refusal: Exception) -> str:
    """Return what a refusal says: the API's own codes, messages and details."""
    if not isinstance(refusal, faults.Refused):
        return str(refusal)
    return " ".join(f"{error.message} ({error.code}): {error.detail}" for error in refusal.errors)


def company_of(tx: Transaction, realm: str) -> Company:
    """Return a company. Raises KeyError."""
    company = load_company(tx, realm)
    if company is None:
        raise KeyError(realm)
    return company


def object_of(tx: Transaction, realm: str, entity: str, identifier: str) -> Body:
    """Return an object. Raises KeyError."""
    body = Shelf(tx, realm).get(entity, identifier)
    if body is None:
        raise KeyError(identifier)
    return body


def frame(request: Request, here: str, company: Company | None = None) -> Body:
    """Return what the layout shows around a page."""
    shown: Body = {"here": here, "done": request.query.get("done"), "refused": request.query.get("refused")}
    return shown if company is None else {**shown, "company": company, "base": f"/companies/{company.realm}"}


def today_of(app: Application, company: Company) -> date:
    """Return the company's day on the simulator's clock."""
    return app.clock.now().astimezone(company.zone).date()


def proposals(tx: Transaction, realm: str, entity: str) -> list[str]:
    """Return full names of active list elements, for fields that propose them."""
    rows = tx.execute(
        "SELECT coalesce(json_extract(body, '$.FullyQualifiedName'), name) FROM objects "
        "WHERE realm = ? AND entity = ? AND deleted = 0 AND active = 1 ORDER BY name LIMIT ?",
        (realm, entity, PROPOSALS),
    )
    return [str(row[0]) for row in rows]


def named(tx: Transaction, realm: str, entity: str, text: str) -> Body:
    """Return the list element of that full name, or of that Id after a "#". Raises ValueError."""
    shelf, wanted = Shelf(tx, realm), text.strip()
    if wanted.startswith("#"):
        found = shelf.get(entity, wanted[1:])
        if found is not None:
            return found
    own = wanted.rsplit(":", 1)[-1]
    bodies = [shelf.get(entity, identifier) or {} for _, identifier in shelf.named((entity,), own)]
    exact = [body for body in bodies if str(body.get("FullyQualifiedName", own)).casefold() == wanted.casefold()]
    if len(exact or bodies) != 1:
        raise ValueError(f"There is no {entity.lower()} of the name “{wanted}”.")
    return (exact or bodies)[0]


def reference(app: Application, realm: str, entity: str, text: str) -> Body:
    """Return a reference to the list element of that name. Raises ValueError."""
    with app.store.reading() as tx:
        return {"value": named(tx, realm, entity, text)["Id"]}


def choices(tx: Transaction, realm: str, entity: str, condition: str = "1") -> list[tuple[str, str]]:
    """Return Id and name of a short list's active elements, for a drop-down."""
    found = Shelf(tx, realm).find(entity, f"active = 1 AND {condition}")
    return [(body["Id"], str(body.get("FullyQualifiedName") or body.get("Name"))) for body in found]


def submit(
    app: Application,
    realm: str,
    entity: str,
    identifier: str | None,
    asked: Callable[[], Body],
    again: Callable[[str], Response],
    then: Callable[[Body], Response],
) -> Response:
    """Write what a form asks for and go on; when that is refused, show the form again as it was filled in."""
    try:
        made = act(app, realm, ENTITIES[entity.lower()], identifier, asked())
    except (faults.Refused, ValueError, ArithmeticError) as refusal:
        return again(refusal_text(refusal))
    return then(made)
