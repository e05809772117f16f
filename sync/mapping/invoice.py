"""Invoice <-> invoice. QuickBooks' totals win: they are taken as they come and never recomputed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from invoices.enums import LineKind, TaxMode
from invoices.models import Invoice, InvoiceLine
from invoices.synced import SyncedInvoice, SyncedInvoiceLine
from invoices.tax import TaxCodeRates
from sync.mapping.reading import (
    BadPayload,
    Payload,
    address,
    amount,
    date,
    moment,
    named,
    part,
    parts,
    quickbooks_address,
    text,
)
from sync.mapping.sales_lines import (
    discount_line,
    discount_of,
    gross,
    gross_price,
    is_shipping,
    item_line,
    plain_number,
    shipping_line,
    shipping_of,
    text_line,
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
    classes: Mapping[str, str] = field(default_factory=dict)
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
    tax_mode = _TAX_MODES.get(text(payload, "GlobalTaxCalculation"), TaxMode.AUTOMATIC)
    raw_lines = parts(payload, "Line")
    lines = [line for raw in raw_lines for line in _lines(raw, names, inclusive=tax_mode == TaxMode.INCLUSIVE)]
    percent, discount = discount_of(raw_lines)
    shipping, shipping_code = shipping_of(raw_lines)
    return SyncedInvoice(
        id=invoice_id,
        external_id=text(payload, "Id"),
        number=text(payload, "DocNumber")[:60],
        customer_external_id=customer,
        customer_name=named(payload, "CustomerRef")[:500],
        recipient=text(payload, "BillEmail", "Address")[:500],
        cc=text(payload, "BillEmailCc", "Address")[:500],
        bcc=text(payload, "BillEmailBcc", "Address")[:500],
        class_external_id=text(payload, "ClassRef", "value"),
        class_name=_class_name(payload, names),
        location_external_id=text(payload, "DepartmentRef", "value"),
        location_name=named(payload, "DepartmentRef")[:500],
        payment_url=text(payload, "InvoiceLink"),
        billing_address=address(payload, "BillAddr"),
        shipping_address=address(payload, "ShipAddr"),
        issued_on=issued_on,
        due_on=date(payload, "DueDate"),
        terms_external_id=text(payload, "SalesTermRef", "value"),
        terms_name=names.terms.get(text(payload, "SalesTermRef", "value"), named(payload, "SalesTermRef"))[:120],
        message=text(payload, "CustomerMemo", "value"),
        private_note=note_without_marker(text(payload, "PrivateNote")),
        currency=(text(payload, "CurrencyRef", "value") or names.home_currency)[:3],
        exchange_rate=amount(payload, "ExchangeRate") or Decimal(1),
        tax_mode=tax_mode,
        subtotal=sum((_net(raw) for raw in raw_lines), ZERO),
        discount_percent=percent,
        discount_total=discount,
        tax_after_discount=tax_mode != TaxMode.AUTOMATIC or payload.get("ApplyTaxAfterDiscount") is True,
        shipping_total=shipping,
        shipping_tax_code_external_id=shipping_code,
        deposit=amount(payload, "Deposit") or ZERO,
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


def _class_name(payload: Payload, names: Names) -> str:
    """QuickBooks does not always name the class that it refers to."""
    class_id = text(payload, "ClassRef", "value")
    return (named(payload, "ClassRef") or names.classes.get(class_id, ""))[:500]


def _net(raw: Payload) -> Decimal:
    """What a payload line adds to the subtotal, before tax: discount and shipping stand below it."""
    kind = text(raw, "DetailType")
    if kind in ("SubTotalLineDetail", "DiscountLineDetail") or is_shipping(raw):
        return ZERO
    if kind == "GroupLineDetail":
        return sum((_net(member) for member in parts(part(raw, kind), "Line")), ZERO)
    return amount(raw, "Amount") or ZERO


def _lines(raw: Payload, names: Names, *, inclusive: bool) -> list[SyncedInvoiceLine]:
    """The lines that a payload line stands for: a bundle has its members, a subtotal and shipping are none."""
    kind = text(raw, "DetailType")
    if kind == "SubTotalLineDetail" or is_shipping(raw):
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
            item_name=named(detail, "GroupItemRef")[:500],
            quantity=amount(detail, "Quantity"),
        )
        members = (line for member in parts(detail, "Line") for line in _lines(member, names, inclusive=inclusive))
        return [head, *(replace(line, kind=LineKind.MEMBER) for line in members)]
    if kind != "SalesItemLineDetail":
        return [SyncedInvoiceLine(**common, kind=LineKind.TEXT)]
    detail = part(raw, "SalesItemLineDetail")
    item, code = text(detail, "ItemRef", "value"), text(detail, "TaxCodeRef", "value")
    common["amount"] = gross(raw) if inclusive else common["amount"]
    return [
        SyncedInvoiceLine(
            **common,
            product_id=names.products.get(item),
            item_external_id=item,
            item_name=named(detail, "ItemRef")[:500],
            quantity=amount(detail, "Qty"),
            unit_price=gross_price(raw) if inclusive else amount(detail, "UnitPrice"),
            service_on=date(detail, "ServiceDate"),
            tax_code_external_id=code,
            tax_code_name=(names.tax_codes.get(code) or _PSEUDO_CODES.get(code, ""))[:120],
            discount_percent=amount(detail, "DiscountRate"),
            discount_amount=amount(detail, "DiscountAmt") or ZERO,
            class_external_id=text(detail, "ClassRef", "value"),
            class_name=_class_name(detail, names),
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
    home_currency: str = "",
    rate_chosen: bool = False,
    codes: Mapping[str, TaxCodeRates] | None = None,
) -> dict[str, Any]:
    """A new Invoice. ``customer`` and ``items`` (by line id) are QuickBooks ids or placeholders for them.

    US companies get no tax code and no TxnTaxDetail: QuickBooks adds the tax. Elsewhere every line carries a code;
    ``codes`` are needed where prices include tax. No number is sent unless the company numbers its documents itself,
    no exchange rate unless one was chosen, and no e-mail status ever: sending is an act of its own.
    """
    inclusive = not in_us and invoice.tax_mode == TaxMode.INCLUSIVE
    rates = codes or {}
    written = [
        text_line(line)
        if line.kind == LineKind.TEXT
        else item_line(line, items[line.pk], currency=invoice.currency, in_us=in_us, inclusive=inclusive, codes=rates)
        for line in lines
    ]
    if invoice.discount_total:
        written.append(discount_line(invoice.discount_percent, invoice.discount_total))
    if invoice.shipping_total:
        code = invoice.shipping_tax_code_external_id
        written.append(shipping_line(invoice.shipping_total, code, inclusive=inclusive, codes=rates))
    payload: dict[str, Any] = {
        "CustomerRef": {"value": customer},
        "TxnDate": invoice.issued_on.isoformat(),
        "Line": written,
        "PrivateNote": "\n".join(part for part in (invoice.private_note.strip()[:3900], marker(invoice)) if part),
    }
    if invoice.due_on:
        payload["DueDate"] = invoice.due_on.isoformat()
    if invoice.message:
        payload["CustomerMemo"] = {"value": invoice.message}
    references = {
        "SalesTermRef": invoice.terms_external_id,
        "ClassRef": invoice.class_external_id,
        "DepartmentRef": invoice.location_external_id,
    }
    payload |= {name: {"value": value} for name, value in references.items() if value}
    addresses = {"BillEmail": invoice.recipient, "BillEmailCc": invoice.cc, "BillEmailBcc": invoice.bcc}
    payload |= {name: {"Address": value} for name, value in addresses.items() if value}
    if number:
        payload["DocNumber"] = number
    if multicurrency:
        payload["CurrencyRef"] = {"value": invoice.currency}
        if (rate_chosen or invoice.exchange_rate != 1) and invoice.currency != home_currency:
            payload["ExchangeRate"] = plain_number(invoice.exchange_rate)
    if not in_us:
        payload["GlobalTaxCalculation"] = _TAX_CALCULATIONS.get(TaxMode(invoice.tax_mode), "TaxExcluded")
    elif invoice.discount_total:
        payload["ApplyTaxAfterDiscount"] = invoice.tax_after_discount
    if invoice.deposit:
        payload["Deposit"] = plain_number(invoice.deposit)
    for name, lines_of in (("BillAddr", invoice.billing_address), ("ShipAddr", invoice.shipping_address)):
        if found := quickbooks_address(lines_of):
            payload[name] = found
    return payload
