"""Invoices: the list, one with its lines and payments, and what an accountant does to it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from qbo_simulator import amounts, pdf
from qbo_simulator.entities.catalogue import ENTITIES
from qbo_simulator.objects import act
from qbo_simulator.pages import listing
from qbo_simulator.pages.frame import company_of, done, frame, object_of, today_of
from qbo_simulator.pages.rendering import render
from qbo_simulator.shelf import Shelf
from qbo_simulator.store import Transaction
from qbo_simulator.wire import Request, Response

if TYPE_CHECKING:
    from qbo_simulator.application import Application

Body = dict[str, Any]
STATUSES = ("open", "overdue", "part paid", "paid", "voided")


def status_of(body: Body, today: date) -> str:
    """Return the status of an invoice in one word or two."""
    total, balance = amounts.cents(body.get("TotalAmt")), amounts.cents(body.get("Balance"))
    if total == 0 and str(body.get("PrivateNote", "")).startswith("Voided"):
        return "voided"
    if balance == 0:
        return "paid"
    if str(body.get("DueDate", "9999")) < today.isoformat():
        return "overdue"
    return "part paid" if balance < total else "open"


def invoices(app: Application, request: Request, realm: str) -> Response:
    """Invoices of a company, newest first, searched by number or customer and filtered by status."""
    search, status = request.query.get("search", "").strip(), request.query.get("status", "")
    with app.store.reading() as tx:
        company = company_of(tx, realm)
        today = today_of(app, company)
        clauses, parameters = _filter(tx, realm, search, status, today)
        page = listing.page(tx, realm, "Invoice", listing.BY_DATE, request.query, clauses, parameters)
    return render(
        "invoices.html",
        **frame(request, "invoices", company),
        rows=[{"body": body, "status": status_of(body, today)} for body in page.rows],
        page=page,
        search=search,
        wanted=status,
        statuses=STATUSES,
    )


def _filter(tx: Transaction, realm: str, search: str, status: str, today: date) -> tuple[list[str], list[Any]]:
    clauses, parameters = list[str](), list[Any]()
    if search:
        clause, values = listing.by_customer(tx, realm, "Invoice", search)
        clauses.append(clause)
        parameters += values
    match status:
        case "open":
            clauses.append("balance > 0")
        case "overdue":
            clauses.append("balance > 0 AND due_date < ?")
            parameters.append(today.isoformat())
        case "part paid":
            clauses.append("balance > 0 AND balance < total")
        case "paid":
            clauses.append("balance = 0 AND total > 0")
        case "voided":
            clauses.append("total = 0 AND json_extract(body, '$.PrivateNote') LIKE 'Voided%'")
    return clauses, parameters


def invoice(app: Application, request: Request, realm: str, identifier: str, refused: str | None = None) -> Response:
    """One invoice with its lines and payments."""
    with app.store.reading() as tx:
        company = company_of(tx, realm)
        body = object_of(tx, realm, "Invoice", identifier)
        payments = _payments(Shelf(tx, realm), body)
    today = today_of(app, company)
    shown = frame(request, "invoices", company)
    return render(
        "invoice.html",
        status=400 if refused else 200,
        **{**shown, "refused": refused or shown["refused"]},
        body=body,
        state=status_of(body, today),
        payments=payments,
        today=today.isoformat(),
        form=request.form if refused else {},
    )


def _payments(shelf: Shelf, body: Body) -> list[Body]:
    found = []
    for link in body.get("LinkedTxn") or ():
        paid = shelf.get("Payment", str(link.get("TxnId"))) if link.get("TxnType") == "Payment" else None
        if paid is not None:
            target = {"TxnId": body["Id"], "TxnType": "Invoice"}
            parts = [line["Amount"] for line in paid.get("Line") or () if target in line.get("LinkedTxn", ())]
            found.append({"body": paid, "applied": sum(parts, amounts.ZERO)})
    return found


def change(app: Application, request: Request, realm: str, identifier: str) -> Response:
    """Record a payment, or send, void or delete an invoice."""
    form, entity, here = request.form, ENTITIES["invoice"], f"/companies/{realm}/invoices"
    match form.get("action"):
        case "pay":
            asked = {"operation": "pay", "amount": form.get("amount"), "date": form.get("date")}
            paid = act(app, realm, entity, identifier, asked)
            return done(f"Payment of {amounts.cents(paid['TotalAmt']):,.2f} recorded on {paid['TxnDate']}.")
        case "send":
            act(app, realm, entity, identifier, {"operation": "send", "address": form.get("address")})
            return done("Marked as sent.")
        case "void":
            act(app, realm, entity, identifier, {"operation": "void"})
            return done("Voided.")
        case "delete":
            act(app, realm, entity, identifier, {"operation": "delete"})
            return done("Invoice deleted.", here)
    raise ValueError("There is no such action.")


def invoice_pdf(app: Application, request: Request, realm: str, identifier: str) -> Response:
    """The PDF of an invoice."""
    with app.store.reading() as tx:
        company = company_of(tx, realm)
        body = object_of(tx, realm, "Invoice", identifier)
    return Response(200, pdf.document("Invoice", body, company.name), "application/pdf")
