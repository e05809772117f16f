"""Products and services: the list and the form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qbo_simulator import faults
from qbo_simulator.entities.catalogue import ENTITIES
from qbo_simulator.objects import act
from qbo_simulator.pages import listing
from qbo_simulator.pages.frame import (
    choices,
    company_of,
    done,
    frame,
    object_of,
    proposals,
    reference,
    submit,
    today_of,
)
from qbo_simulator.pages.rendering import number, render
from qbo_simulator.shelf import Shelf
from qbo_simulator.wire import Request, Response

if TYPE_CHECKING:
    from qbo_simulator.application import Application

Body = dict[str, Any]
Values = dict[str, str]
TYPES = ("Service", "NonInventory", "Inventory", "Category")
_TEXTS = {"name": "Name", "sku": "Sku", "description": "Description", "purchase_description": "PurchaseDesc"}
_NUMBERS = {"price": "UnitPrice", "cost": "PurchaseCost"}
_ACCOUNTS = {"income": "IncomeAccountRef", "expense": "ExpenseAccountRef", "asset": "AssetAccountRef"}


def items(app: Application, request: Request, realm: str) -> Response:
    """Products and services of a company by name; the inactive ones when asked for."""
    search, inactive = request.query.get("search", "").strip(), request.query.get("inactive") == "1"
    with app.store.reading() as tx:
        company = company_of(tx, realm)
        clauses = ["1" if inactive else "active = 1", "(name LIKE ? OR json_extract(body, '$.Sku') LIKE ?)"]
        values = [f"%{search.casefold()}%", f"%{search}%"]
        found = listing.page(tx, realm, "Item", listing.BY_NAME, request.query, clauses, values)
    return render("items.html", **frame(request, "items", company), page=found, search=search, inactive=inactive)


def new(app: Application, request: Request, realm: str) -> Response:
    """An empty form."""
    with app.store.reading() as tx:
        day = today_of(app, company_of(tx, realm)).isoformat()
    return _show(app, request, realm, None, {"type": "Service", "start": day})


def edit(app: Application, request: Request, realm: str, identifier: str) -> Response:
    """The form with what the item holds."""
    with app.store.reading() as tx:
        body = object_of(tx, realm, "Item", identifier)
        parent = Shelf(tx, realm).get("Item", (body.get("ParentRef") or {}).get("value")) or {}
    values = {name: str(body.get(field) or "") for name, field in _TEXTS.items()}
    values |= {name: number(body[field]) if field in body else "" for name, field in _NUMBERS.items()}
    values |= {name: str((body.get(field) or {}).get("value", "")) for name, field in _ACCOUNTS.items()}
    values |= {
        "token": str(body.get("SyncToken", "")),
        "type": str(body.get("Type", "")),
        "taxable": "1" if body.get("Taxable") else "",
        "parent": str(parent.get("FullyQualifiedName", "")),
    }
    return _show(app, request, realm, identifier, values)


def create(app: Application, request: Request, realm: str) -> Response:
    """Make an item."""
    return _write(app, request, realm, None)


def save(app: Application, request: Request, realm: str, identifier: str) -> Response:
    """Write an item, or make it inactive or active again."""
    operation = request.form.get("action")
    if operation in ("deactivate", "reactivate"):
        act(app, realm, ENTITIES["item"], identifier, {"operation": operation})
        return done("Made inactive." if operation == "deactivate" else "Made active again.")
    return _write(app, request, realm, identifier)


def _show(
    app: Application, request: Request, realm: str, identifier: str | None, values: Values, refused: str | None = None
) -> Response:
    with app.store.reading() as tx:
        company = company_of(tx, realm)
        body = object_of(tx, realm, "Item", identifier) if identifier else {}
        accounts = choices(tx, realm, "Account")
        parents = proposals(tx, realm, "Item")
    shown = frame(request, "items", company)
    return render(
        "item_form.html",
        status=400 if refused else 200,
        **{**shown, "refused": refused or shown["refused"]},
        body=body,
        values=values,
        types=TYPES,
        accounts=accounts,
        parents=parents,
    )


def _write(app: Application, request: Request, realm: str, identifier: str | None) -> Response:
    form = request.form

    def asked() -> Body:
        with app.store.reading() as tx:
            stored = object_of(tx, realm, "Item", identifier) if identifier else {}
        if stored and form.get("token") != stored.get("SyncToken"):
            raise faults.stale_object()
        return _request(app, realm, form, stored)

    def then(made: Body) -> Response:
        return done("Saved." if identifier else "Item made.", f"/companies/{realm}/items/{made['Id']}")

    def again(text: str) -> Response:
        return _show(app, request, realm, identifier, form, refused=text)

    return submit(app, realm, "Item", identifier, asked, again, then)


def _request(app: Application, realm: str, form: Values, stored: Body) -> Body:
    """Return the fields that a form asks for. Raises ValueError or Refused."""
    fields: Body = {
        field: form.get(name, "").strip() or None for name, field in (_TEXTS | _NUMBERS).items() if name in form
    }
    for name, field in _ACCOUNTS.items():
        if name in form:
            fields[field] = {"value": form[name]} if form[name] else None
    fields["Taxable"] = form.get("taxable") == "1"
    parent = form.get("parent", "").strip()
    if parent:
        fields |= {"ParentRef": reference(app, realm, "Item", parent), "SubItem": True}
    elif stored.get("ParentRef"):
        fields |= {"ParentRef": None, "SubItem": False}
    if stored:
        return {"operation": "update", "fields": fields}
    fields["Type"] = form.get("type") or "Service"
    if fields["Type"] == "Inventory":
        quantity, start = form.get("quantity", "").strip() or None, form.get("start") or None
        fields |= {"TrackQtyOnHand": True, "QtyOnHand": quantity, "InvStartDate": start}
    if fields["Type"] == "Category":
        fields = {name: fields.get(name) for name in ("Name", "Type", "ParentRef", "SubItem")}
    return {name: value for name, value in fields.items() if value is not None}
