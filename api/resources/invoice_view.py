"""How invoices are answered: their fields, lines, payments, and where they stand towards QuickBooks."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from api.described import Schema
from api.form_fields import PROPERTIES
from api.listed import Filter, Listed
from api.listing import Shown, View
from api.printing import plain
from api.schemas import AMOUNT, DAY, ID, MOMENT, array, named, nullable, record, text
from api.scopes import INVOICES_READ
from invoices import queries
from invoices.enums import Ending, InvoiceOrigin, InvoiceSource, InvoiceStatus, LineKind, SyncState, TaxMode
from invoices.models import Invoice, InvoiceLine, PaymentApplication
from invoices.ports import SyncMark, accounting

TAG = "Invoices"
SEES = "invoices.view"
NAMES: Schema = {"type": "string", "description": "QuickBooks' id."}
ADDRESS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
SYNC = named(
    "SyncMark",
    record(
        {
            "state": {"type": "string", "enum": list(SyncState.values)},
            "reason": {"type": "string", "description": "Why, in plain words."},
            "detail": {"type": "string", "description": "QuickBooks' own words."},
            "fix": {"type": "string", "description": "What to do about it."},
            "since": nullable(MOMENT),
        },
        "state",
        "reason",
        "detail",
        "fix",
        "since",
        description="Where a record stands towards QuickBooks.",
    ),
)
LINE = named(
    "InvoiceLine",
    record(
        {
            "id": ID,
            "kind": {"type": "string", "enum": list(LineKind.values)},
            "product": nullable(ID),
            "item": NAMES,
            "name": {"type": "string"},
            "description": {"type": "string"},
            "quantity": nullable(AMOUNT),
            "unit_price": nullable(AMOUNT),
            "discount_percent": nullable(AMOUNT),
            "discount_amount": AMOUNT,
            "amount": AMOUNT,
            "tax_code": NAMES,
            "class": NAMES,
            "service_on": nullable(DAY),
        },
        "id",
        "kind",
        "amount",
    ),
)
PAID = record({"payment": ID, "amount": AMOUNT, "received_on": nullable(DAY), "reference": {"type": "string"}})


def marked(mark: SyncMark | None) -> dict[str, Any]:
    """A sync state as it is answered."""
    mark = mark or SyncMark(SyncState.NONE)
    told = {"reason": str(mark.reason), "detail": str(mark.detail), "fix": str(mark.fix)}
    return {"state": str(mark.state), **told, "since": plain(mark.since)}


def _sync_of(rows: Sequence[Any]) -> Mapping[int, Any]:
    marks = accounting().sync_marks([row.pk for row in rows])
    return {row.pk: marked(marks.get(row.pk)) for row in rows}


def _lines_of(rows: Sequence[Any]) -> Mapping[int, Any]:
    found: dict[int, list[Any]] = {row.pk: [] for row in rows}
    for line in InvoiceLine.objects.filter(invoice__in=found).order_by("invoice_id", "position", "pk"):
        found[line.invoice_id].append(
            {
                "id": line.pk,
                "kind": line.kind,
                "product": line.product_id,
                "item": line.item_external_id,
                "name": line.item_name,
                "description": line.description,
                **{
                    name: plain(getattr(line, name))
                    for name in ("quantity", "unit_price", "discount_percent", "discount_amount", "amount")
                },
                "tax_code": line.tax_code_external_id,
                "class": line.class_external_id,
                "service_on": plain(line.service_on),
            }
        )
    return found


def _paid_of(rows: Sequence[Any]) -> Mapping[int, Any]:
    found: dict[int, list[Any]] = {row.pk: [] for row in rows}
    parts = PaymentApplication.objects.filter(invoice__in=found, payment__removed_at=None).select_related("payment")
    for part in parts.order_by("-payment__received_on", "-pk"):
        payment = part.payment
        told = {"payment": payment.pk, "amount": plain(part.amount), "received_on": plain(payment.received_on)}
        found[part.invoice_id or 0].append({**told, "reference": payment.reference})
    return found


def _linked(model: Any, column: str) -> Any:
    def load(rows: Sequence[Any]) -> Mapping[int, Any]:
        found: dict[int, list[int]] = {row.pk: [] for row in rows}
        links = model.objects.filter(invoice__in=found).order_by("pk").values_list("invoice_id", column)
        for invoice, other in links:
            found[invoice].append(other)
        return found

    return load


_CONTACTS = _linked(Invoice.contacts.through, "contact_id")
_COMPANIES = _linked(Invoice.companies.through, "company_id")


def etag(row: Any) -> str:
    """The version of an invoice, also of what QuickBooks says of it."""
    said = [row.updated_at, row.remote_updated_at, row.status, row.balance, row.total, row.ending, row.removed_at]
    # Other records are merged and linked without a change of the invoice itself.
    said += [
        row.deal_id,
        sorted(row.properties.items()),
        *(linked([row])[row.pk] for linked in (_CONTACTS, _COMPANIES)),
    ]
    return f'"{row.pk}-{hashlib.sha256(repr([str(each) for each in said]).encode()).hexdigest()[:16]}"'


VIEW = View(
    [
        Shown("id", ID),
        Shown("connection", ID, "connection_id"),
        Shown("external_id", {"type": "string", "description": "QuickBooks' id, empty until it has one."}),
        Shown("number", text(60)),
        Shown("status", {"type": "string", "enum": list(InvoiceStatus.values)}),
        Shown("sync", SYNC, load=_sync_of),
        Shown("origin", {"type": "string", "enum": list(InvoiceOrigin.values)}),
        Shown("source", {"type": "string", "enum": ["", *InvoiceSource.values]}),
        Shown("deal", nullable(ID), "deal_id"),
        Shown("quote", nullable(ID), "quote_id"),
        Shown("owner", nullable(ID), "owner_id"),
        Shown("contacts", array(ID), load=_CONTACTS),
        Shown("companies", array(ID), load=_COMPANIES),
        Shown("customer", NAMES, "customer_external_id"),
        Shown("customer_name", {"type": "string"}),
        Shown("recipient", {"type": "string"}),
        Shown("cc", {"type": "string"}),
        Shown("bcc", {"type": "string"}),
        Shown("billing_address", ADDRESS, whole=True),
        Shown("shipping_address", ADDRESS, whole=True),
        Shown("issued_on", DAY),
        Shown("due_on", nullable(DAY)),
        Shown("terms", NAMES, "terms_external_id"),
        Shown("message", {"type": "string"}, whole=True),
        Shown("private_note", {"type": "string"}, whole=True),
        Shown("class", NAMES, "class_external_id"),
        Shown("location", NAMES, "location_external_id"),
        Shown("currency", text(3)),
        Shown("exchange_rate", AMOUNT),
        Shown("tax_mode", {"type": "string", "enum": list(TaxMode.values)}),
        Shown("subtotal", AMOUNT),
        Shown("discount_percent", nullable(AMOUNT)),
        Shown("discount_total", AMOUNT),
        Shown("shipping_total", AMOUNT),
        Shown("deposit", AMOUNT),
        Shown("tax_total", AMOUNT),
        Shown("total", AMOUNT),
        Shown("balance", AMOUNT),
        Shown("emailed_at", nullable(MOMENT)),
        Shown(
            "ending", {"type": "string", "enum": list(Ending.values), "description": "What was asked of QuickBooks."}
        ),
        Shown("voided", {"type": "boolean"}),
        Shown("removed_at", nullable(MOMENT)),
        Shown("lines", array(LINE), load=_lines_of, whole=True),
        Shown("payments", array(PAID), load=_paid_of, whole=True),
        Shown(PROPERTIES, {"type": "object", "description": "Custom properties by id."}),
        Shown("created_at", MOMENT),
        Shown("updated_at", MOMENT),
    ],
    needs=("id", "updated_at", "remote_updated_at", "status", "balance", "total", "ending", "removed_at"),
    sorts=(
        *("-id", "id", "-issued_on", "issued_on", "due_on", "-due_on", "-total", "-balance"),
        *("updated_at", "-updated_at"),
    ),
)
FILTERS = {
    "deal": Filter(ID, "deal_id", "Only those of this deal."),
    "company": Filter(ID, "companies", "Only those of this company."),
    "contact": Filter(ID, "contacts", "Only those of this contact."),
    "status": Filter({"type": "string", "enum": list(InvoiceStatus.values)}, "status", "Only those with this status."),
    "connection": Filter(ID, "connection_id", "Only those of this QuickBooks company."),
}
INVOICES = Listed(
    "invoice", "invoices", TAG, VIEW, queries.visible_to, INVOICES_READ, SEES, "invoice", FILTERS, etag
)  # fmt: skip
