"""Invoice <-> invoice. QuickBooks' totals win: they are taken as they come and never recomputed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from invoices.enums import LineKind, TaxMode
from invoices.models import Invoice, InvoiceLine
from invoices.synced import SyncedInvoice, SyncedInvoiceLine
from sync.mapping.reading import (
    BadPayload,
    Payload,
    address,
    amount,
    date,
    moment,
    part,
    parts,
    quickbooks_address,
    text,
)

ZERO = Decimal(0)
_TAX_MODES = {
    "TaxExcluded": TaxMode.EXCLUSIVE,
    "TaxInclusive": TaxMode.INCLUSIVE,
    "NotApplicable": TaxMode.NOT_APPLICABLE,
}
_TAX_CALCULATIONS = {ours: theirs for theirs, ours in _TAX_MODES.items()}
# US companies mark lines with these instead of the id of a tax code.
_PSEUDO_CODES = {"TAX": "Taxable", "NON": "Not taxable"}


@dataclass(frozen=True)
class Names:
    """What an invoice refers to, by QuickBooks id, looked up once for a whole batch."""

    terms: Mapping[str, str] = field(default_factory=dict)
    tax_codes: Mapping[str, str] = field(default_factory=dict)
    products: Mapping[str, int] = field(default_factory=dict)
    contacts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    companies: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    home_currency: str = "USD"


def marker(invoice: Invoice) -> str:
    """The last line of PrivateNote of every invoice that we create: by it the document is found again."""
    return f"CRM {invoice.request_id}"


def marked_request_id(payload: Payload) -> str:
    """The intent id in an invoice's marker, empty when it carries none."""
    lines = text(payload, "PrivateNote").strip().splitlines()
    last = lines[-1].strip() if lines else ""
    return last.removeprefix("CRM ").strip() if last.startswith("CRM ") else ""


def note_without_marker(note: str) -> str:
    """A private note as people wrote it."""
    lines = note.strip().splitlines()
    return "\n".join(lines[:-1]).strip() if lines and lines[-1].strip().startswith("CRM ") else note.strip()


def note_with_marker(note: str, current: str) -> str:
    """``note`` with the marker that the note has in QuickBooks, if it has one."""
    lines = current.strip().splitlines()
    kept = lines[-1].strip() if lines and lines[-1].strip().startswith("CRM ") else ""
    return "\n".join(part for part in (note.strip()[:3900], kept) if part)


def is_voided(payload: Payload) -> bool:
    """QuickBooks has no flag: a void sets all amounts to zero and puts "Voided" in front of the note."""
    return amount(payload, "TotalAmt") == 0 and text(payload, "PrivateNote").strip().startswith("Voided")


def from_invoice(payload: Payload, names: Names, *, invoice_id: int | None, tracked: bool) -> SyncedInvoice:
    """An Invoice payload in the CRM's words. Raises BadPayload naming the field."""
    customer = text(payload, "CustomerRef", "value")
    issued_on = date(payload, "TxnDate")
    total, balance = amount(payload, "TotalAmt"), amount(payload, "Balance")
    if issued_on is None or total is None or balance is None:
        missing = [n for n, v in (("TxnDate", issued_on), ("TotalAmt", total), ("Balance", balance)) if v is None]
        raise BadPayload(f"{', '.join(missing)} is missing.")
    lines = [line for raw in parts(payload, "Line") for line in _lines(raw, names)]
    subtotal = sum((line.amount for line in lines if line.kind != LineKind.DISCOUNT), ZERO)
    return SyncedInvoice(
        id=invoice_id,
        external_id=text(payload, "Id"),
        number=text(payload, "DocNumber")[:60],
        customer_external_id=customer,
        customer_name=text(payload, "CustomerRef", "name")[:500],
        recipient=text(payload, "BillEmail", "Address")[:500],
        billing_address=address(payload, "BillAddr"),
        shipping_address=address(payload, "ShipAddr"),
        issued_on=issued_on,
        due_on=date(payload, "DueDate"),
        terms_external_id=text(payload, "SalesTermRef", "value"),
        terms_name=names.terms.get(text(payload, "SalesTermRef", "value"), text(payload, "SalesTermRef", "name"))[:120],
        message=text(payload, "CustomerMemo", "value"),
        private_note=note_without_marker(text(payload, "PrivateNote")),
        currency=(text(payload, "CurrencyRef", "value") or names.home_currency)[:3],
        exchange_rate=amount(payload, "ExchangeRate") or Decimal(1),
        tax_mode=_TAX_MODES.get(text(payload, "GlobalTaxCalculation"), TaxMode.AUTOMATIC),
        subtotal=subtotal,
        discount_total=sum((line.amount for line in lines if line.kind == LineKind.DISCOUNT), ZERO),
        tax_total=amount(payload, "TxnTaxDetail", "TotalTax") or ZERO,
        total=total,
        balance=balance,
        emailed=text(payload, "EmailStatus") == "EmailSent",
        emailed_at=moment(payload, "DeliveryInfo", "DeliveryTime"),
        voided=is_voided(payload),
        remote_updated_at=moment(payload, "MetaData", "LastUpdatedTime"),
        lines=tuple(lines),
        contact_ids=names.contacts.get(customer, ()),
        company_ids=names.companies.get(customer, ()),
        tracked=tracked,
    )


def _lines(raw: Payload, names: Names) -> list[SyncedInvoiceLine]:
    """The lines that a payload line stands for: a bundle has its members, a subtotal is none."""
    kind = text(raw, "DetailType")
    if kind == "SubTotalLineDetail":
        return []
    common: dict[str, Any] = {
        "external_id": text(raw, "Id"),
        "description": text(raw, "Description"),
        "amount": amount(raw, "Amount") or ZERO,
    }
    if kind == "DiscountLineDetail":
        return [SyncedInvoiceLine(**common, kind=LineKind.DISCOUNT, item_name="Discount")]
    if kind == "GroupLineDetail":
        detail = part(raw, "GroupLineDetail")
        head = SyncedInvoiceLine(
            external_id=text(raw, "Id"),
            description=text(raw, "Description"),
            kind=LineKind.BUNDLE,
            item_external_id=text(detail, "GroupItemRef", "value"),
            item_name=text(detail, "GroupItemRef", "name")[:500],
            quantity=amount(detail, "Quantity"),
        )
        members = (line for member in parts(detail, "Line") for line in _lines(member, names))
        return [head, *(replace(line, kind=LineKind.MEMBER) for line in members)]
    if kind != "SalesItemLineDetail":
        return [SyncedInvoiceLine(**common, kind=LineKind.TEXT)]
    detail = part(raw, "SalesItemLineDetail")
    item, code = text(detail, "ItemRef", "value"), text(detail, "TaxCodeRef", "value")
    return [
        SyncedInvoiceLine(
            **common,
            product_id=names.products.get(item),
            item_external_id=item,
            item_name=text(detail, "ItemRef", "name")[:500],
            quantity=amount(detail, "Qty"),
            unit_price=amount(detail, "UnitPrice"),
            service_on=date(detail, "ServiceDate"),
            tax_code_external_id=code,
            tax_code_name=(names.tax_codes.get(code) or _PSEUDO_CODES.get(code, ""))[:120],
        )
    ]


def to_invoice(
    invoice: Invoice,
    lines: list[InvoiceLine],
    *,
    customer: Any,
    items: Mapping[int, Any],
    in_us: bool,
    multicurrency: bool,
    number: str = "",
) -> dict[str, Any]:
    """A new Invoice. ``customer`` and ``items`` (by line id) are QuickBooks ids or placeholders for them.

    US companies get no tax code: QuickBooks adds the tax. Elsewhere every line carries one. No number is sent unless
    the company numbers its documents itself, and no e-mail status ever: sending is an act of its own.
    """
    payload: dict[str, Any] = {
        "CustomerRef": {"value": customer},
        "TxnDate": invoice.issued_on.isoformat(),
        "Line": [_to_line(line, items[line.pk], in_us=in_us) for line in lines],
        "PrivateNote": "\n".join(part for part in (invoice.private_note.strip()[:3900], marker(invoice)) if part),
    }
    if invoice.due_on:
        payload["DueDate"] = invoice.due_on.isoformat()
    if invoice.terms_external_id:
        payload["SalesTermRef"] = {"value": invoice.terms_external_id}
    if invoice.message:
        payload["CustomerMemo"] = {"value": invoice.message}
    if invoice.recipient:
        payload["BillEmail"] = {"Address": invoice.recipient}
    if number:
        payload["DocNumber"] = number
    if multicurrency:
        payload["CurrencyRef"] = {"value": invoice.currency}
    if not in_us:
        payload["GlobalTaxCalculation"] = _TAX_CALCULATIONS.get(TaxMode(invoice.tax_mode), "TaxExcluded")
    for name, lines_of in (("BillAddr", invoice.billing_address), ("ShipAddr", invoice.shipping_address)):
        if found := quickbooks_address(lines_of):
            payload[name] = found
    return payload


def _to_line(line: InvoiceLine, item: Any, *, in_us: bool) -> dict[str, Any]:
    detail: dict[str, Any] = {"ItemRef": {"value": item}, "Qty": line.quantity, "UnitPrice": line.unit_price}
    if line.service_on:
        detail["ServiceDate"] = line.service_on.isoformat()
    if line.tax_code_external_id and not in_us:
        detail["TaxCodeRef"] = {"value": line.tax_code_external_id}
    payload: dict[str, Any] = {
        "Amount": plain_number(line.amount),
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {name: plain_number(value) for name, value in detail.items()},
    }
    if line.description:
        payload["Description"] = line.description
    return payload


def plain_number(value: Any) -> Any:
    """A Decimal without the zeros that the database column adds."""
    if not isinstance(value, Decimal):
        return value
    stripped = value.normalize()
    return stripped.quantize(Decimal(1)) if stripped == stripped.to_integral_value() else stripped
