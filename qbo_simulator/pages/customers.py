"""Customers: the list, one with its invoices, its form, and merging two into one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qbo_simulator import amounts, faults
from qbo_simulator.entities.catalogue import ENTITIES
from qbo_simulator.objects import act
from qbo_simulator.pages import listing
from qbo_simulator.pages.frame import (
    choices,
    company_of,
    done,
    frame,
    named,
    object_of,
    proposals,
    reference,
    submit,
    today_of,
)
from qbo_simulator.pages.invoices import status_of
from qbo_simulator.pages.rendering import render
from qbo_simulator.shelf import Shelf
from qbo_simulator.wire import Request, Response

if TYPE_CHECKING:
    from qbo_simulator.application import Application

Body = dict[str, Any]
Values = dict[str, str]
#: Fields of the form that are texts of the customer itself.
_TEXTS = {
    "name": "DisplayName",
    "title": "Title",
    "given": "GivenName",
    "middle": "MiddleName",
    "family": "FamilyName",
    "suffix": "Suffix",
    "company_name": "CompanyName",
    "print": "PrintOnCheckName",
    "notes": "Notes",
}
_ADDRESS = {
    "line1": "Line1",
    "line2": "Line2",
    "city": "City",
    "region": "CountrySubDivisionCode",
    "postal": "PostalCode",
    "country": "Country",
}
_HOLDERS = (
    ("email", "PrimaryEmailAddr", "Address"),
    ("phone", "PrimaryPhone", "FreeFormNumber"),
    ("mobile", "Mobile", "FreeFormNumber"),
    ("web", "WebAddr", "URI"),
)


def customers(app: Application, request: Request, realm: str) -> Response:
    """Customers of a company by name; the inactive ones when asked for."""
    search, inactive = request.query.get("search", "").strip(), request.query.get("inactive") == "1"
    with app.store.reading() as tx:
        company = company_of(tx, realm)
        clauses = ["1" if inactive else "active = 1", "name LIKE ?"]
        found = listing.page(tx, realm, "Customer", listing.BY_NAME, request.query, clauses, [f"%{search.casefold()}%"])
    return render(
        "customers.html", **frame(request, "customers", company), page=found, search=search, inactive=inactive
    )


def customer(app: Application, request: Request, realm: str, identifier: str) -> Response:
    """One customer with its newest invoices."""
    with app.store.reading() as tx:
        company = company_of(tx, realm)
        body = object_of(tx, realm, "Customer", identifier)
        page = listing.page(tx, realm, "Invoice", listing.BY_DATE, request.query, ["owner = ?"], [identifier])
        others = proposals(tx, realm, "Customer")
    today = today_of(app, company)
    return render(
        "customer.html",
        **frame(request, "customers", company),
        body=body,
        rows=[{"body": entry, "status": status_of(entry, today)} for entry in page.rows],
        page=page,
        others=[name for name in others if name != body.get("FullyQualifiedName")],
    )


def change(app: Application, request: Request, realm: str, identifier: str) -> Response:
    """Make a customer inactive or active again, or merge it into another one."""
    form, entity = request.form, ENTITIES["customer"]
    match form.get("action"):
        case "deactivate" | "reactivate" as operation:
            act(app, realm, entity, identifier, {"operation": operation})
            return done("Made inactive." if operation == "deactivate" else "Made active again.")
        case "merge":
            with app.store.reading() as tx:
                winner = named(tx, realm, "Customer", form.get("into", ""))
            act(app, realm, entity, identifier, {"operation": "merge", "into": winner["Id"]})
            text = f"Merged: everything is with {winner['DisplayName']} now."
            return done(text, f"/companies/{realm}/customers/{winner['Id']}")
    raise ValueError("There is no such action.")


# -- the form -----------------------------------------------------------------------------------------------------


def new(app: Application, request: Request, realm: str) -> Response:
    """An empty form."""
    return _show(app, request, realm, None, {"delivery": "Print", "taxable": "1"})


def edit(app: Application, request: Request, realm: str, identifier: str) -> Response:
    """The form with what the customer holds."""
    with app.store.reading() as tx:
        body = object_of(tx, realm, "Customer", identifier)
        above = (body.get("ParentRef") or {}).get("value")
        parent = Shelf(tx, realm).get("Customer", above) or {}
    values = {name: str(body.get(field) or "") for name, field in _TEXTS.items()}
    values |= {name: str((body.get(field) or {}).get(inner, "")) for name, field, inner in _HOLDERS}
    values |= {name: str((body.get("BillAddr") or {}).get(field, "")) for name, field in _ADDRESS.items()}
    values |= {
        "token": str(body.get("SyncToken", "")),
        "parent": str(parent.get("FullyQualifiedName", "")),
        "term": str((body.get("SalesTermRef") or {}).get("value", "")),
        "taxable": "1" if body.get("Taxable") else "",
        "delivery": str(body.get("PreferredDeliveryMethod", "")),
        "currency": str((body.get("CurrencyRef") or {}).get("value", "")),
    }
    return _show(app, request, realm, identifier, values)


def create(app: Application, request: Request, realm: str) -> Response:
    """Make a customer."""
    return _write(app, request, realm, None)


def save(app: Application, request: Request, realm: str, identifier: str) -> Response:
    """Write a customer."""
    return _write(app, request, realm, identifier)


def _show(
    app: Application, request: Request, realm: str, identifier: str | None, values: Values, refused: str | None = None
) -> Response:
    with app.store.reading() as tx:
        company = company_of(tx, realm)
        body = object_of(tx, realm, "Customer", identifier) if identifier else {}
        known = {"others": proposals(tx, realm, "Customer"), "terms": choices(tx, realm, "Term")}
        currencies = [one["Code"] for one in Shelf(tx, realm).find("CompanyCurrency", "active = 1") if one.get("Code")]
    return render(
        "customer_form.html",
        status=400 if refused else 200,
        **{**frame(request, "customers", company), "refused": refused},
        **known,
        currencies=sorted({company.home_currency, *currencies}) if company.multicurrency else [],
        body=body,
        values=values,
    )


def _write(app: Application, request: Request, realm: str, identifier: str | None) -> Response:
    form = request.form

    def asked() -> Body:
        with app.store.reading() as tx:
            stored = object_of(tx, realm, "Customer", identifier) if identifier else {}
        if stored and form.get("token") != stored.get("SyncToken"):
            raise faults.stale_object()
        return _request(app, realm, form, stored)

    def then(made: Body) -> Response:
        return done("Saved." if identifier else "Customer made.", f"/companies/{realm}/customers/{made['Id']}")

    def again(text: str) -> Response:
        return _show(app, request, realm, identifier, form, refused=text)

    return submit(app, realm, "Customer", identifier, asked, again, then)


def _request(app: Application, realm: str, form: Values, stored: Body) -> Body:
    """Return the fields that a form asks for. Raises ValueError or Refused."""
    fields: Body = {field: form.get(name, "").strip() or None for name, field in _TEXTS.items() if name in form}
    for name, field, inner in _HOLDERS:
        text = form.get(name, "").strip()
        fields[field] = {inner: text} if text else None
    address = {field: form[name].strip() for name, field in _ADDRESS.items() if form.get(name, "").strip()}
    kept = {k: v for k, v in (stored.get("BillAddr") or {}).items() if k not in _ADDRESS.values()}
    fields["BillAddr"] = {**kept, **address} if address else None
    fields["SalesTermRef"] = {"value": form["term"]} if form.get("term") else None
    fields["PreferredDeliveryMethod"] = form.get("delivery") or None
    fields["Taxable"] = form.get("taxable") == "1"
    parent = form.get("parent", "").strip()
    if parent:
        fields |= {"ParentRef": reference(app, realm, "Customer", parent), "Job": True}
    elif stored.get("ParentRef"):
        fields |= {"ParentRef": None, "Job": False}
    if stored:
        return {"operation": "update", "fields": fields}
    if form.get("currency"):
        fields["CurrencyRef"] = {"value": form["currency"]}
    if form.get("balance", "").strip():
        fields["Balance"] = amounts.cents(form["balance"])
    return {name: value for name, value in fields.items() if value is not None}
