"""The form of an invoice: fields as texts, lines, and the request that they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qbo_simulator import amounts, faults
from qbo_simulator.company import Company
from qbo_simulator.pages.frame import (
    choices,
    company_of,
    done,
    frame,
    named,
    object_of,
    proposals,
    submit,
    today_of,
)
from qbo_simulator.pages.rendering import number, render
from qbo_simulator.shelf import Shelf
from qbo_simulator.store import Transaction
from qbo_simulator.wire import Request, Response

if TYPE_CHECKING:
    from qbo_simulator.application import Application

Body = dict[str, Any]
Values = dict[str, str]
_LINE = ("id", "keep", "item", "description", "qty", "price", "amount", "tax")
_SPARE, _MOST = 3, 500
#: Computed anew when a line is written again.
_DERIVED = ("TaxInclusiveAmt", "ItemAccountRef")


def new(app: Application, request: Request, realm: str) -> Response:
    """An empty form, for a customer where one is named."""
    with app.store.reading() as tx:
        company = company_of(tx, realm)
        buyer = request.query.get("customer")
        name = object_of(tx, realm, "Customer", buyer)["FullyQualifiedName"] if buyer else ""
    values = {"customer": name, "date": today_of(app, company).isoformat(), "how": "TaxExcluded"}
    return _show(app, request, realm, None, values, [])


def edit(app: Application, request: Request, realm: str, identifier: str) -> Response:
    """The form with what the invoice holds."""
    with app.store.reading() as tx:
        body = object_of(tx, realm, "Invoice", identifier)
        customer = Shelf(tx, realm).get("Customer", (body.get("CustomerRef") or {}).get("value")) or {}
    return _show(app, request, realm, identifier, _values(body, customer), _stored_lines(body))


def create(app: Application, request: Request, realm: str) -> Response:
    """Make an invoice, or show more lines."""
    return _write(app, request, realm, None)


def save(app: Application, request: Request, realm: str, identifier: str) -> Response:
    """Write an invoice with all its lines, or show more of them."""
    return _write(app, request, realm, identifier)


def _write(app: Application, request: Request, realm: str, identifier: str | None) -> Response:
    form = request.form
    if form.get("action") == "lines":
        return _show(app, request, realm, identifier, form, _typed_lines(form))

    def again(text: str) -> Response:
        return _show(app, request, realm, identifier, form, _typed_lines(form), refused=text)

    def then(made: Body) -> Response:
        word = "Saved." if identifier else f"Invoice {made.get('DocNumber') or made['Id']} made."
        return done(word, f"/companies/{realm}/invoices/{made['Id']}")

    def asked() -> Body:
        with app.store.reading() as tx:
            stored = object_of(tx, realm, "Invoice", identifier) if identifier else None
            return _request(tx, company_of(tx, realm), form, stored)

    return submit(app, realm, "Invoice", identifier, asked, again, then)


def _show(
    app: Application,
    request: Request,
    realm: str,
    identifier: str | None,
    values: Values,
    lines: list[Values],
    refused: str | None = None,
) -> Response:
    with app.store.reading() as tx:
        company = company_of(tx, realm)
        body = object_of(tx, realm, "Invoice", identifier) if identifier else {}
        known = {
            "customers": proposals(tx, realm, "Customer"),
            "items": proposals(tx, realm, "Item"),
            "terms": choices(tx, realm, "Term"),
            "codes": [(i, n) for i, n in choices(tx, realm, "TaxCode") if i not in ("TAX", "NON")],
        }
    return render(
        "invoice_form.html",
        status=400 if refused else 200,
        **{**frame(request, "invoices", company), "refused": refused},
        **known,
        body=body,
        values=values,
        lines=[*lines, *({"qty": "", "tax": ""} for _ in range(_SPARE))],
    )


# -- from the books to texts --------------------------------------------------------------------------------------


def _values(body: Body, customer: Body) -> Values:
    discount = next((e for e in body.get("Line") or () if e.get("DetailType") == "DiscountLineDetail"), {})
    percent = (discount.get("DiscountLineDetail") or {}).get("DiscountPercent")
    return {
        "token": str(body.get("SyncToken", "")),
        "customer": str(customer.get("FullyQualifiedName") or (body.get("CustomerRef") or {}).get("name", "")),
        "date": str(body.get("TxnDate", "")),
        "due": str(body.get("DueDate", "")),
        "term": str((body.get("SalesTermRef") or {}).get("value", "")),
        "number": str(body.get("DocNumber", "")),
        "email": str((body.get("BillEmail") or {}).get("Address", "")),
        "memo": str((body.get("CustomerMemo") or {}).get("value", "")),
        "note": str(body.get("PrivateNote", "")),
        "code": str(((body.get("TxnTaxDetail") or {}).get("TxnTaxCodeRef") or {}).get("value", "")),
        "how": str(body.get("GlobalTaxCalculation", "TaxExcluded")),
        "percent": number(percent) if percent is not None else "",
        "discount": number(discount["Amount"]) if discount and percent is None else "",
    }


def _stored_lines(body: Body) -> list[Values]:
    shown = []
    for place, line in enumerate(body.get("Line") or ()):
        kind, detail = line.get("DetailType"), line.get("SalesItemLineDetail") or {}
        if kind in ("SubTotalLineDetail", "DiscountLineDetail"):
            continue
        entry: Values = {"id": str(line.get("Id", "")), "description": str(line.get("Description", ""))}
        if kind != "SalesItemLineDetail":
            name = (line.get("GroupLineDetail") or {}).get("GroupItemRef", {}).get("name") or "Text"
            shown.append(entry | {"keep": str(place), "label": str(name)})
            continue
        whole = detail.get("Qty") is not None and detail.get("UnitPrice") is not None
        shown.append(
            entry
            | {
                "item": str((detail.get("ItemRef") or {}).get("name", "")),
                "qty": number(detail["Qty"]) if whole else "",
                "price": number(detail["UnitPrice"]) if whole else "",
                "amount": "" if whole else number(line.get("Amount", "")),
                "tax": str((detail.get("TaxCodeRef") or {}).get("value", "")),
            }
        )
    return shown


def _typed_lines(form: Values) -> list[Values]:
    """Return the lines that were filled in."""
    lines = []
    for place in range(_MOST):
        if f"line-{place}-description" not in form:
            break
        entry = {name: form.get(f"line-{place}-{name}", "").strip() for name in _LINE}
        if any(value for name, value in entry.items() if name not in ("id", "tax")):
            lines.append(entry)
    return lines


# -- from texts to a request --------------------------------------------------------------------------------------


def _request(tx: Transaction, company: Company, form: Values, stored: Body | None) -> Body:
    """Return the fields that a form asks for. Raises ValueError or Refused."""
    if stored is not None and form.get("token") != stored.get("SyncToken"):
        raise faults.stale_object()
    lines = [_line(tx, company, entry, stored) for entry in _typed_lines(form)]
    percent, discount = form.get("percent", "").strip(), form.get("discount", "").strip()
    if percent or discount:
        detail: Body = {"PercentBased": bool(percent)} | ({"DiscountPercent": percent} if percent else {})
        line: Body = {"DetailType": "DiscountLineDetail", "DiscountLineDetail": detail}
        lines.append(line if percent else line | {"Amount": discount})
    if not form.get("customer", "").strip():
        raise faults.required("CustomerRef")
    fields: Body = {
        "CustomerRef": {"value": named(tx, company.realm, "Customer", form["customer"])["Id"]},
        "TxnDate": form.get("date") or None,
        "DueDate": form.get("due") or None,
        "SalesTermRef": {"value": form["term"]} if form.get("term") else None,
        "BillEmail": {"Address": form["email"].strip()} if form.get("email", "").strip() else None,
        "CustomerMemo": {"value": form["memo"]} if form.get("memo") else None,
        "PrivateNote": form.get("note") or None,
        "Line": lines,
        "TxnTaxDetail": {"TxnTaxCodeRef": {"value": form["code"]}} if form.get("code") else None,
    }
    if not company.in_us:
        fields["GlobalTaxCalculation"] = form.get("how") or "TaxExcluded"
    if form.get("number", "").strip() != (stored or {}).get("DocNumber", ""):
        fields["DocNumber"] = form.get("number", "").strip() or None
    return {"operation": "update", "fields": fields} if stored is not None else fields


def _line(tx: Transaction, company: Company, entry: Values, stored: Body | None) -> Body:
    before = (stored or {}).get("Line") or []
    if entry["keep"]:
        return dict(before[int(entry["keep"])])
    if not entry["item"] and not any(entry[name] for name in ("qty", "price", "amount")):
        return {
            "Description": entry["description"],
            "DetailType": "DescriptionOnly",
            "DescriptionLineDetail": {},
        }
    same = next((line for line in before if entry["id"] and line.get("Id") == entry["id"]), {})
    detail = {n: v for n, v in (same.get("SalesItemLineDetail") or {}).items() if n not in _DERIVED}
    for name in ("Qty", "UnitPrice", "ItemRef", "TaxCodeRef"):
        detail.pop(name, None)
    if entry["item"]:
        item = named(tx, company.realm, "Item", entry["item"])
        detail["ItemRef"] = {"value": item["Id"]}
        if not same:
            # A new line takes from its item what was left empty, as in QuickBooks.
            entry = entry | {"description": entry["description"] or str(item.get("Description", ""))}
            if not entry["price"] and not entry["amount"]:
                entry |= {"price": number(item.get("UnitPrice") or 0)}
    if entry["tax"]:
        detail["TaxCodeRef"] = {"value": entry["tax"]}
    amount = entry["amount"]
    if not amount:
        quantity, price = amounts.decimal_of(entry["qty"] or 1), amounts.decimal_of(entry["price"])
        detail |= {"Qty": quantity, "UnitPrice": price}
        amount = str(amounts.cents(quantity * price))
    line: Body = {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    if entry["id"]:
        line["Id"] = entry["id"]
    return line | ({"Description": entry["description"]} if entry["description"] else {})
