"""What the accountant sees and does in one company: invoices, payments, customers, items."""

# ruff: noqa: S608 (the texts joined are our own; values are parameters)
from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from qbo_simulator import amounts, pdf
from qbo_simulator.company import Company, list_companies, load_company
from qbo_simulator.entities.catalogue import ENTITIES
from qbo_simulator.objects import act
from qbo_simulator.pages.rendering import render
from qbo_simulator.shelf import Shelf
from qbo_simulator.store import Transaction
from qbo_simulator.wire import Request, Response

if TYPE_CHECKING:
    from qbo_simulator.application import Application

Body = dict[str, Any]
ROWS = 50
STATUSES = ("open", "overdue", "part paid", "paid", "voided")


def done(text: str, location: str | None = None) -> Response:
    """Return to the page that was posted from, with a sentence on it."""
    return Response(303, text.encode(), "", {"Location": location} if location else {})


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


def _company(tx: Transaction, realm: str) -> Company:
    company = load_company(tx, realm)
    if company is None:
        raise KeyError(realm)
    return company


def _common(request: Request, company: Company, here: str) -> Body:
    return {
        "company": company,
        "here": here,
        "done": request.query.get("done"),
        "refused": request.query.get("refused"),
    }


def _today(app: Application, company: Company) -> date:
    return app.clock.now().astimezone(company.zone).date()


def home(app: Application, request: Request) -> Response:
    """All companies."""
    with app.store.reading() as tx:
        cards = []
        for entry in list_companies(tx):
            company = _company(tx, entry["realmId"])
            # Open amounts in several currencies can only be added in the home currency.
            owed = "coalesce(json_extract(body, '$.HomeBalance'), balance)" if company.multicurrency else "balance"
            row = tx.one(
                f"SELECT count(*), coalesce(sum({owed}), 0), "
                "coalesce(sum(balance > 0 AND due_date < ?), 0) "
                "FROM objects WHERE realm = ? AND entity = 'Invoice' AND deleted = 0",
                (_today(app, company).isoformat(), company.realm),
            )
            customers = tx.one(
                "SELECT count(*) FROM objects WHERE realm = ? AND entity = 'Customer' AND deleted = 0 AND active = 1",
                (company.realm,),
            )[0]
            cards.append(
                {"company": company, "invoices": row[0], "open": row[1], "overdue": row[2], "people": customers}
            )
    return render("home.html", cards=cards, here="home", clients=sorted(app.clients))


def invoices(app: Application, request: Request, realm: str) -> Response:
    """Invoices of a company, newest first, searched by number or customer and filtered by status."""
    search, status = request.query.get("search", "").strip(), request.query.get("status", "")
    page = max(1, int(request.query.get("page", "1") if request.query.get("page", "1").isdecimal() else 1))
    with app.store.reading() as tx:
        company = _company(tx, realm)
        today = _today(app, company)
        clauses, parameters = _filter(search, status, today)
        rows = tx.execute(
            "SELECT body FROM objects WHERE realm = ? AND entity = 'Invoice' AND deleted = 0 AND "
            + " AND ".join(clauses)
            + " ORDER BY txn_date DESC, number DESC LIMIT ? OFFSET ?",
            [realm, *parameters, ROWS + 1, (page - 1) * ROWS],
        ).fetchall()
    bodies = [amounts.load(row[0]) for row in rows]
    listed = [{"body": body, "status": status_of(body, today)} for body in bodies[:ROWS]]
    return render(
        "invoices.html",
        **_common(request, company, "invoices"),
        rows=listed,
        search=search,
        wanted=status,
        statuses=STATUSES,
        page=page,
        more=len(bodies) > ROWS,
    )


def _filter(search: str, status: str, today: date) -> tuple[list[str], list[Any]]:
    clauses, parameters = ["1"], list[Any]()
    if search:
        clauses.append("(doc_number = ? OR json_extract(body, '$.CustomerRef.name') LIKE ?)")
        parameters += [search, f"%{search}%"]
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


def invoice(app: Application, request: Request, realm: str, identifier: str) -> Response:
    """One invoice with its lines and payments."""
    with app.store.reading() as tx:
        company = _company(tx, realm)
        shelf = Shelf(tx, realm)
        body = shelf.get("Invoice", identifier)
        if body is None:
            raise KeyError(identifier)
        payments = []
        for link in body.get("LinkedTxn") or ():
            paid = shelf.get("Payment", str(link.get("TxnId"))) if link.get("TxnType") == "Payment" else None
            if paid is not None:
                target = {"TxnId": identifier, "TxnType": "Invoice"}
                part = [line["Amount"] for line in paid["Line"] if target in line["LinkedTxn"]]
                payments.append({"body": paid, "applied": sum(part, amounts.ZERO)})
    today = _today(app, company)
    return render(
        "invoice.html",
        **_common(request, company, "invoices"),
        body=body,
        state=status_of(body, today),
        payments=payments,
        today=today.isoformat(),
    )


def change_invoice(app: Application, request: Request, realm: str, identifier: str) -> Response:
    """Record a payment, or edit, send, void or delete an invoice."""
    form, entity = request.form, ENTITIES["invoice"]
    match form.get("action"):
        case "pay":
            asked = {"operation": "pay", "amount": form.get("amount"), "date": form.get("date")}
            paid = act(app, realm, entity, identifier, asked)
            return done(f"Payment of {amounts.cents(paid['TotalAmt']):,.2f} recorded on {paid['TxnDate']}.")
        case "edit":
            fields = {
                "PrivateNote": form.get("note", ""),
                "CustomerMemo": {"value": form.get("memo", "")} if form.get("memo") else None,
                "DueDate": form.get("due") or None,
            }
            act(app, realm, entity, identifier, {"operation": "update", "fields": fields})
            return done("Saved.")
        case "send":
            act(app, realm, entity, identifier, {"operation": "send", "address": form.get("address")})
            return done("Marked as sent.")
        case "void":
            act(app, realm, entity, identifier, {"operation": "void"})
            return done("Voided.")
        case "delete":
            act(app, realm, entity, identifier, {"operation": "delete"})
            return done("", f"/companies/{realm}/invoices?done=Invoice+deleted.")
    raise ValueError("There is no such action.")


def invoice_pdf(app: Application, request: Request, realm: str, identifier: str) -> Response:
    """The PDF of an invoice."""
    with app.store.reading() as tx:
        company = _company(tx, realm)
        body = Shelf(tx, realm).get("Invoice", identifier)
    if body is None:
        raise KeyError(identifier)
    return Response(200, pdf.document("Invoice", body, company.name), "application/pdf")


def payment(app: Application, request: Request, realm: str, identifier: str) -> Response:
    """One payment with what it is applied to."""
    with app.store.reading() as tx:
        company = _company(tx, realm)
        body = Shelf(tx, realm).get("Payment", identifier)
    if body is None:
        raise KeyError(identifier)
    return render("payment.html", **_common(request, company, "invoices"), body=body)


def change_payment(app: Application, request: Request, realm: str, identifier: str) -> Response:
    """Unapply, void or delete a payment."""
    action = request.form.get("action", "")
    if action not in ("unapply", "void", "delete"):
        raise ValueError("There is no such action.")
    act(app, realm, ENTITIES["payment"], identifier, {"operation": action})
    if action == "delete":
        return done("", f"/companies/{realm}/invoices?done=Payment+deleted.")
    return done({"unapply": "No longer applied.", "void": "Voided."}[action])


def customers(app: Application, request: Request, realm: str) -> Response:
    """Customers of a company by name."""
    search = request.query.get("search", "").strip()
    with app.store.reading() as tx:
        company = _company(tx, realm)
        rows = tx.execute(
            "SELECT body FROM objects WHERE realm = ? AND entity = 'Customer' AND deleted = 0 AND name LIKE ? "
            "ORDER BY active DESC, name LIMIT 200",
            (realm, f"%{search.casefold()}%"),
        ).fetchall()
    bodies = [amounts.load(row[0]) for row in rows]
    return render("customers.html", **_common(request, company, "customers"), rows=bodies, search=search)


def customer(app: Application, request: Request, realm: str, identifier: str) -> Response:
    """One customer with its newest invoices."""
    with app.store.reading() as tx:
        company = _company(tx, realm)
        shelf = Shelf(tx, realm)
        body = shelf.get("Customer", identifier)
        if body is None:
            raise KeyError(identifier)
        bodies = shelf.find("Invoice", "owner = ?", (identifier,))[-ROWS:][::-1]
    today = _today(app, company)
    listed = [{"body": entry, "status": status_of(entry, today)} for entry in bodies]
    return render("customer.html", **_common(request, company, "customers"), body=body, rows=listed)


def change_customer(app: Application, request: Request, realm: str, identifier: str) -> Response:
    """Edit a customer, or make it inactive or active again."""
    form, entity = request.form, ENTITIES["customer"]
    match form.get("action"):
        case "edit":
            email, phone = form.get("email", "").strip(), form.get("phone", "").strip()
            fields = {
                "DisplayName": form.get("name", "").strip(),
                "PrimaryEmailAddr": {"Address": email} if email else None,
                "PrimaryPhone": {"FreeFormNumber": phone} if phone else None,
            }
            act(app, realm, entity, identifier, {"operation": "update", "fields": fields})
            return done("Saved.")
        case "deactivate" | "reactivate" as operation:
            act(app, realm, entity, identifier, {"operation": operation})
            return done("Made inactive." if operation == "deactivate" else "Made active again.")
    raise ValueError("There is no such action.")


def items(app: Application, request: Request, realm: str) -> Response:
    """Products and services of a company."""
    with app.store.reading() as tx:
        company = _company(tx, realm)
        bodies = Shelf(tx, realm).find("Item", limit=500)
    return render("items.html", **_common(request, company, "items"), rows=bodies)
