"""What differs between an invoice here and as QuickBooks has it, and what that means. Pure: no query, no clock."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.events import Draft
from invoices.enums import InvoiceStatus
from invoices.models import Invoice, InvoiceLine
from invoices.status import status_of
from invoices.synced import SyncedInvoice, SyncedInvoiceLine
from invoices.totals import plain, stored_money, stored_percent, stored_rate

MONEY = ("subtotal", "discount_total", "shipping_total", "deposit", "tax_total", "total", "balance")
# Columns that hold what QuickBooks says without any change of form.
AS_THEY_COME = (
    *("external_id", "number", "customer_external_id", "customer_name", "recipient", "cc", "bcc"),
    *("issued_on", "due_on", "terms_external_id", "terms_name", "message", "private_note"),
    *("class_external_id", "class_name", "location_external_id", "location_name"),
    *("currency", "tax_mode", "tax_after_discount", "shipping_tax_code_external_id"),
    *("emailed", "emailed_at", "voided", "remote_updated_at"),
)
# What a reader of the invoice would call an edit; the rest changes by itself (payments, sending, time).
EDITS = (
    "number",
    "customer_name",
    "recipient",
    "issued_on",
    "due_on",
    "terms_name",
    "message",
    "currency",
    "total",
)
LINE_FIELDS = (
    "kind",
    "external_id",
    "item_external_id",
    "item_name",
    "description",
    "quantity",
    "unit_price",
    "amount",
    "service_on",
    "tax_code_external_id",
    "tax_code_name",
    "discount_percent",
    "discount_amount",
    "class_external_id",
    "class_name",
)


def columns(row: SyncedInvoice, today: datetime.date) -> dict[str, Any]:
    """The columns of ``row``, with the decimals that the database keeps, and its status."""
    values: dict[str, Any] = {name: getattr(row, name) for name in AS_THEY_COME}
    values |= {
        "billing_address": dict(row.billing_address),
        "shipping_address": dict(row.shipping_address),
        "exchange_rate": stored_rate(row.exchange_rate),
        "discount_percent": stored_percent(row.discount_percent),
        "removed_at": None,
    }
    if row.payment_url:
        values["payment_url"] = row.payment_url
    values |= {name: stored_money(getattr(row, name)) for name in MONEY}
    values["status"] = status_of(
        total=row.total,
        balance=row.balance,
        due_on=row.due_on,
        emailed=row.emailed,
        voided=row.voided,
        today=today,
    )
    return values


def differing(invoice: Invoice, values: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Old and new value of each column that differs."""
    return {name: (getattr(invoice, name), new) for name, new in values.items() if getattr(invoice, name) != new}


def older(invoice: Invoice, row: SyncedInvoice) -> bool:
    """Whether ``row`` is an older state than the one here: a page that came late must not undo a newer one."""
    if invoice.remote_updated_at is None or row.remote_updated_at is None:
        return False
    if invoice.removed_at is not None:
        return row.remote_updated_at <= invoice.remote_updated_at
    return row.remote_updated_at < invoice.remote_updated_at


def line_columns(line: SyncedInvoiceLine) -> dict[str, Any]:
    """The columns of a synced line, except its product."""
    return {
        "kind": line.kind,
        "external_id": line.external_id,
        "item_external_id": line.item_external_id,
        "item_name": line.item_name,
        "description": line.description,
        "quantity": None if line.quantity is None else stored_rate(line.quantity),
        "unit_price": None if line.unit_price is None else stored_rate(line.unit_price),
        "amount": stored_money(line.amount),
        "service_on": line.service_on,
        "tax_code_external_id": line.tax_code_external_id,
        "tax_code_name": line.tax_code_name,
        "discount_percent": stored_percent(line.discount_percent),
        "discount_amount": stored_money(line.discount_amount),
        "class_external_id": line.class_external_id,
        "class_name": line.class_name,
    }


def new_lines(old: Sequence[InvoiceLine], synced: Sequence[SyncedInvoiceLine]) -> list[InvoiceLine] | None:
    """The lines to store instead of ``old``, or None when nothing differs.

    A line whose item is not linked to a product keeps the product that it had here.
    """
    products = {line.item_external_id: line.product_id for line in old if line.item_external_id and line.product_id}
    wanted = []
    for position, line in enumerate(synced):
        product = line.product_id or products.get(line.item_external_id)
        if product is None and position < len(old) and not old[position].item_external_id:
            product = old[position].product_id
        wanted.append(InvoiceLine(position=position, product_id=product, **line_columns(line)))
    if [_line_key(line) for line in old] == [_line_key(line) for line in wanted]:
        return None
    return wanted


def _line_key(line: InvoiceLine) -> tuple[Any, ...]:
    return (line.product_id, *(getattr(line, name) for name in LINE_FIELDS))


@dataclass(frozen=True)
class Before:
    """What an invoice was before a change, as far as events compare it."""

    status: str = InvoiceStatus.WAITING
    total: Decimal = Decimal(0)
    balance: Decimal = Decimal(0)
    emailed: bool = False
    voided: bool = False
    known: bool = False  # QuickBooks had it already
    here: bool = False  # it was made in the CRM, or mirrored before

    @classmethod
    def of(cls, invoice: Invoice) -> "Before":
        """The state of a stored invoice."""
        return cls(
            status=invoice.status,
            total=invoice.total,
            balance=invoice.balance,
            emailed=invoice.emailed,
            voided=invoice.voided,
            known=bool(invoice.external_id),
            here=True,
        )


def event_data(invoice: Invoice) -> dict[str, Any]:
    """What every event about an invoice carries."""
    return {
        "number": invoice.number,
        "customer": invoice.customer_name,
        "currency": invoice.currency,
        "total": plain(invoice.total),
        "balance": plain(invoice.balance),
        "status": str(invoice.status),
        "due_on": invoice.due_on.isoformat() if invoice.due_on else None,
    }


def events_of(
    before: Before,
    invoice: Invoice,
    changed: Mapping[str, tuple[Any, Any]],
    about: Sequence[tuple[str, int]],
    *,
    lines_changed: bool,
) -> list[Draft]:
    """The events that tell what happened to ``invoice``, in the order in which a reader expects them."""
    names: list[tuple[str, dict[str, Any]]] = []
    if not before.here:
        names.append(("invoice.created_in_quickbooks", {}))
    elif not before.known:
        names.append(("invoice.created", {}))
    elif not (invoice.voided and not before.voided):
        edits = {name: [_text(old), _text(new)] for name, (old, new) in changed.items() if name in EDITS}
        if edits or lines_changed:
            names.append(("invoice.edited", {"changes": edits, "lines": lines_changed}))
    names += [(name, data) for name, data in _steps(before, invoice)]
    shared = event_data(invoice)
    return [Draft(name, "invoice", invoice.pk, about, {**shared, **data}) for name, data in names]


def _steps(before: Before, invoice: Invoice) -> list[tuple[str, dict[str, Any]]]:
    if invoice.voided:
        return [] if before.voided else [("invoice.voided", {})]
    steps: list[tuple[str, dict[str, Any]]] = []
    if invoice.emailed and not before.emailed:
        steps.append(("invoice.sent", {"recipient": invoice.recipient}))
    paid_before = before.total - before.balance if before.known else Decimal(0)
    paid_now = invoice.total - invoice.balance
    if invoice.status == InvoiceStatus.PAID and before.status != InvoiceStatus.PAID:
        steps.append(("invoice.paid", {}))
    elif Decimal(0) < paid_now and paid_now > paid_before and invoice.balance > 0:
        steps.append(("invoice.partly_paid", {"amount": plain(paid_now - paid_before)}))
    elif before.status == InvoiceStatus.PAID and invoice.status != InvoiceStatus.PAID:
        steps.append(("invoice.reopened", {}))
    if invoice.status == InvoiceStatus.OVERDUE and before.status != InvoiceStatus.OVERDUE:
        steps.append(("invoice.overdue", {}))
    return steps


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    return "" if value is None else str(value)
