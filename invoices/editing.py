"""What can be edited of an invoice that QuickBooks has, in one notation for comparing and merging. Pure."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.plain import plain
from invoices.enums import LineKind
from invoices.models import Invoice, InvoiceLine
from invoices.synced import SyncedInvoice, SyncedInvoiceLine
from invoices.totals import line_amount

FIELDS = (
    "number",
    "issued_on",
    "due_on",
    "terms_external_id",
    "recipient",
    "message",
    "private_note",
    "billing_address",
    "shipping_address",
    "cc",
    "bcc",
    "class_external_id",
    "location_external_id",
    "tax_after_discount",
    "shipping_total",
    "shipping_tax_code_external_id",
    "deposit",
)
# What of them no field mapping carries: it always goes both ways. ``discount`` is the discount of the whole as text.
UNMAPPED = (
    *("cc", "bcc", "class_external_id", "location_external_id", "discount", "tax_after_discount"),
    *("shipping_total", "shipping_tax_code_external_id", "deposit"),
)
LINE_FIELDS = (
    "item_external_id",
    "description",
    "quantity",
    "unit_price",
    "amount",
    "service_on",
    "tax_code_external_id",
    "class_external_id",
)
ZERO = Decimal(0)


@dataclass(frozen=True)
class EditedLine:
    """A line as somebody wants it. ``pk`` of a line that the invoice has, None for a new one; amounts as typed numbers.

    Only products and services can be edited; texts, discounts and bundles stay as QuickBooks has them.
    """

    pk: int | None
    item_external_id: str
    item_name: str = ""
    product_id: int | None = None
    description: str = ""
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    amount: Decimal | None = None
    service_on: datetime.date | None = None
    tax_code_external_id: str = ""
    tax_code_name: str = ""
    class_external_id: str = ""
    class_name: str = ""
    as_it_is: bool = False  # nobody changed it: the row stays, whatever its figures are

    def total(self, currency: str) -> Decimal:
        """Quantity times price; the given amount for a line without them."""
        if self.quantity is not None and self.unit_price is not None:
            return line_amount(self.quantity, self.unit_price, currency)
        return self.amount or ZERO


def fields_of(invoice: Invoice | SyncedInvoice) -> dict[str, Any]:
    """The editable values of an invoice's head."""
    return {**{name: getattr(invoice, name) for name in FIELDS}, "discount": discount_text(invoice)}


def discount_text(of: Invoice | SyncedInvoice | InvoiceLine) -> str:
    """The discount of the whole, or of a line: ``10%``, ``25.5`` before tax, or nothing."""
    if of.discount_percent:
        return f"{plain(of.discount_percent)}%"
    amount = of.discount_amount if isinstance(of, InvoiceLine) else of.discount_total
    return str(plain(amount) or "") if amount else ""


def discount_columns(words: str) -> dict[str, Decimal | None]:
    """``discount_percent`` and, for an amount, ``discount_total`` of a discount in that notation."""
    if words.endswith("%"):
        return {"discount_percent": Decimal(words[:-1])}
    return {"discount_percent": None, "discount_total": Decimal(words or 0)}


def line_of(line: InvoiceLine | SyncedInvoiceLine) -> dict[str, Any]:
    """A line with what tells it apart (``id``, its QuickBooks id; ``kind``) and its editable values."""
    return {
        "id": line.external_id,
        "kind": str(line.kind),
        **{name: plain(getattr(line, name)) for name in LINE_FIELDS},
    }


def base_of(invoice: Invoice, lines: Iterable[InvoiceLine]) -> dict[str, Any]:
    """What both sides have before the first edit, as ``InvoiceEdit.base`` keeps it."""
    return {
        "fields": {name: plain(value) for name, value in fields_of(invoice).items()},
        "lines": [line_of(line) for line in lines],
    }


def base_of_synced(row: SyncedInvoice) -> dict[str, Any]:
    """The same of an invoice as QuickBooks has it."""
    return {
        "fields": {name: plain(value) for name, value in fields_of(row).items()},
        "lines": [line_of(line) for line in row.lines],
    }


def lines_total(lines: Sequence[InvoiceLine]) -> tuple[Decimal, Decimal]:
    """Subtotal and discount of some lines."""
    subtotal = sum((line.amount for line in lines if line.kind != LineKind.DISCOUNT), ZERO)
    return subtotal, sum((line.amount for line in lines if line.kind == LineKind.DISCOUNT), ZERO)


def changed_fields(invoice: Invoice, wanted: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Old and new value of each field that ``wanted`` would really change."""
    return {
        name: (getattr(invoice, name), value)
        for name, value in wanted.items()
        if plain(getattr(invoice, name)) != plain(value)
    }
