"""Payments: the list, one with what it is applied to, and the form that applies it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from qbo_simulator import amounts, faults
from qbo_simulator.entities.catalogue import ENTITIES
from qbo_simulator.objects import act
from qbo_simulator.pages import listing
from qbo_simulator.pages.frame import choices, company_of, done, frame, object_of, submit, today_of
from qbo_simulator.pages.rendering import number, render
from qbo_simulator.shelf import Shelf
from qbo_simulator.wire import Request, Response

if TYPE_CHECKING:
    from qbo_simulator.application import Application

Body = dict[str, Any]
Values = dict[str, str]
#: How many open invoices of a customer a payment can be spread over on its form.
_OPEN = 100
_DONE = {"unapply": "No longer applied.", "void": "Voided."}


def payments(app: Application, request: Request, realm: str) -> Response:
    """Payments of a company, newest first."""
    search = request.query.get("search", "").strip()
    with app.store.reading() as tx:
        company = company_of(tx, realm)
        clause, values = listing.by_customer(tx, realm, "Payment", search) if search else ("1", [])
        page = listing.page(tx, realm, "Payment", listing.BY_DATE, request.query, [clause], values)
    return render("payments.html", **frame(request, "payments", company), page=page, search=search)


def payment(app: Application, request: Request, realm: str, identifier: str) -> Response:
    """One payment with what it is applied to."""
    with app.store.reading() as tx:
        company = company_of(tx, realm)
        body = object_of(tx, realm, "Payment", identifier)
        links = [link for line in body.get("Line", []) for link in line.get("LinkedTxn", [])]
        paid = {link["TxnId"] for link in links if link["TxnType"] == "Invoice"}
        numbers = {invoice: object_of(tx, realm, "Invoice", invoice).get("DocNumber") for invoice in paid}
    return render("payment.html", **frame(request, "payments", company), body=body, numbers=numbers)


def change(app: Application, request: Request, realm: str, identifier: str) -> Response:
    """Unapply, void or delete a payment."""
    action = request.form.get("action", "")
    if action not in (*_DONE, "delete"):
        raise ValueError("There is no such action.")
    act(app, realm, ENTITIES["payment"], identifier, {"operation": action})
    return done(_DONE[action]) if action in _DONE else done("Payment deleted.", f"/companies/{realm}/payments")


# -- the form -----------------------------------------------------------------------------------------------------


def new(app: Application, request: Request, realm: str) -> Response:
    """An empty form for a customer's payment."""
    with app.store.reading() as tx:
        company = company_of(tx, realm)
    values = {"date": today_of(app, company).isoformat()}
    return _show(app, request, realm, request.query.get("customer", ""), None, values)


def edit(app: Application, request: Request, realm: str, identifier: str) -> Response:
    """The form with what the payment holds."""
    with app.store.reading() as tx:
        body = object_of(tx, realm, "Payment", identifier)
    values = {
        "token": str(body.get("SyncToken", "")),
        "date": str(body.get("TxnDate", "")),
        "total": number(body.get("TotalAmt", "")),
        "method": str((body.get("PaymentMethodRef") or {}).get("value", "")),
        "reference": str(body.get("PaymentRefNum", "")),
        "note": str(body.get("PrivateNote", "")),
    }
    for target, amount in _applied(body).items():
        values[f"apply-{target}"] = number(amount)
    return _show(app, request, realm, str(body["CustomerRef"]["value"]), identifier, values)


def create(app: Application, request: Request, realm: str) -> Response:
    """Record a payment."""
    return _write(app, request, realm, request.form.get("customer", ""), None)


def save(app: Application, request: Request, realm: str, identifier: str) -> Response:
    """Write a payment anew."""
    with app.store.reading() as tx:
        customer = str(object_of(tx, realm, "Payment", identifier)["CustomerRef"]["value"])
    return _write(app, request, realm, customer, identifier)


def _applied(body: Body) -> dict[str, Decimal]:
    """Return how much of a payment goes to which invoice."""
    return {
        str(line["LinkedTxn"][0]["TxnId"]): amounts.cents(line["Amount"])
        for line in body.get("Line") or ()
        if line["LinkedTxn"][0]["TxnType"] == "Invoice"
    }


def _show(
    app: Application,
    request: Request,
    realm: str,
    customer: str,
    identifier: str | None,
    values: Values,
    refused: str | None = None,
) -> Response:
    with app.store.reading() as tx:
        company = company_of(tx, realm)
        shelf = Shelf(tx, realm)
        buyer = object_of(tx, realm, "Customer", customer)
        paid = _applied(object_of(tx, realm, "Payment", identifier)) if identifier else {}
        targets = [body for body in (shelf.get("Invoice", target) for target in paid) if body]
        open_ones = shelf.find("Invoice", "owner = ? AND balance > 0", (customer,), limit=_OPEN)
        targets += [body for body in open_ones if body["Id"] not in paid]
        methods = choices(tx, realm, "PaymentMethod")
    return render(
        "payment_form.html",
        status=400 if refused else 200,
        **{**frame(request, "payments", company), "refused": refused},
        customer=buyer,
        identifier=identifier,
        values=values,
        targets=[(body, amounts.cents(body["Balance"]) + paid.get(body["Id"], amounts.ZERO)) for body in targets],
        methods=methods,
    )


def _write(app: Application, request: Request, realm: str, customer: str, identifier: str | None) -> Response:
    form = request.form

    def asked() -> Body:
        with app.store.reading() as tx:
            stored = object_of(tx, realm, "Payment", identifier) if identifier else {}
        return _request(form, customer, stored)

    def then(made: Body) -> Response:
        word = "Saved." if identifier else f"Payment of {amounts.cents(made['TotalAmt']):,.2f} recorded."
        return done(word, f"/companies/{realm}/payments/{made['Id']}")

    def again(text: str) -> Response:
        return _show(app, request, realm, customer, identifier, form, refused=text)

    return submit(app, realm, "Payment", identifier, asked, again, then)


def _request(form: Values, customer: str, stored: Body) -> Body:
    """Return the fields that a form asks for. Raises ValueError or Refused."""
    if stored and form.get("token") != stored.get("SyncToken"):
        raise faults.stale_object()
    # What is applied to anything but invoices has no field on the form and stays.
    lines = [line for line in stored.get("Line") or () if line["LinkedTxn"][0]["TxnType"] != "Invoice"]
    used = amounts.ZERO
    for name, text in form.items():
        if name.startswith("apply-") and amounts.cents(text) != 0:
            amount = amounts.cents(text)
            used += amount
            lines.append({"Amount": amount, "LinkedTxn": [{"TxnId": name[6:], "TxnType": "Invoice"}]})
    total = form.get("total", "").strip()
    fields: Body = {
        "CustomerRef": {"value": customer},
        "TotalAmt": amounts.cents(total) if total else used,
        "TxnDate": form.get("date") or None,
        "PaymentMethodRef": {"value": form["method"]} if form.get("method") else None,
        "PaymentRefNum": form.get("reference", "").strip() or None,
        "PrivateNote": form.get("note") or None,
        "Line": lines,
    }
    if fields["TotalAmt"] <= 0 and not stored:
        raise ValueError("The amount of a payment is more than zero.")
    return {"operation": "update", "fields": fields} if stored else fields
