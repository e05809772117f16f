"""Credit an invoice, whole or in part: the intent is written here, `sync` carries it to QuickBooks."""

import datetime
import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import needs
from core.events import Draft, emit_many
from core.models import Origin
from core.money import rounded
from core.plain import plain
from core.properties import put_defaults
from invoices.enums import CreditKind, LineKind
from invoices.models import CreditDocument, CreditMemo, Invoice, InvoiceLine
from invoices.ports import accounting
from invoices.services.credits_from_sync import event_data, places_of

ZERO = Decimal(0)
HUNDRED = Decimal(100)
SHIPPING_ITEM = "SHIPPING_ITEM_ID"  # QuickBooks' own word for its shipping line
KIND = str(CreditKind.CREDIT_MEMO)


class BadCredit(ValueError):
    """The invoice can't be credited like this; the message says what to change."""


class IntentReused(Exception):
    """The request id was used before, for another credit memo."""


@dataclass(frozen=True)
class Creditable:
    """A line of an invoice with the quantity and amount that no credit memo has given back yet."""

    line: InvoiceLine
    quantity: Decimal | None
    amount: Decimal


def creditable(invoice: Invoice) -> list[Creditable]:
    """The lines that can be credited, with what is left of each; two statements."""
    credited: dict[str, Decimal] = {}
    rows = CreditDocument.objects.filter(invoice=invoice, kind=KIND, removed_at=None, voided=False)
    for asked in rows.values_list("asked", flat=True):
        for key, amount in asked.items():
            credited[key] = credited.get(key, ZERO) + Decimal(amount)
    found = []
    for line in [*invoice.lines.all(), *_shipping(invoice)]:
        if line.kind not in (LineKind.ITEM, LineKind.MEMBER) or line.amount <= 0 or not line.item_external_id:
            continue
        left = line.amount - credited.get(_key(line), ZERO)
        share = left / line.amount
        quantity = line.quantity * share if line.quantity else None
        found.append(Creditable(line, quantity, max(left, ZERO)))
    return found


def _shipping(invoice: Invoice) -> list[InvoiceLine]:
    """The shipping of an invoice as a line that is no row; QuickBooks has a line for it."""
    if not invoice.shipping_total or any(line.item_external_id == SHIPPING_ITEM for line in invoice.lines.all()):
        return []
    return [
        InvoiceLine(
            pk=0,
            external_id=SHIPPING_ITEM,
            item_external_id=SHIPPING_ITEM,
            item_name=_("Shipping"),
            amount=invoice.shipping_total,
            tax_code_external_id=invoice.shipping_tax_code_external_id,
        )
    ]


@needs("invoices.record_payment")
@transaction.atomic
def create_from_invoice(
    invoice: Invoice,
    amounts: Mapping[int, Decimal],
    *,
    issued_on: datetime.date,
    message: str = "",
    note: str = "",
    request_id: uuid.UUID,
    by: Any,
) -> CreditDocument:
    """A credit memo on its way to QuickBooks. ``amounts`` say how much of each line (by id) is given back.

    Tax and a discount in percent follow as on the invoice. The same ``request_id`` again gives the same memo. Emits
    ``creditmemo.requested``. Raises BadCredit with a sentence, or IntentReused.
    """
    locked = Invoice.objects.select_for_update(of=("self",)).select_related("connection").defer("search")
    invoice = locked.get(pk=invoice.pk)
    wanted = {pk: amount for pk, amount in amounts.items() if amount}
    digest = _digest(invoice, wanted, issued_on)
    if made := _made_before(request_id, digest):
        return made
    lines, asked = _lines(invoice, wanted)
    subtotal = sum((Decimal(line["amount"]) for line in lines), ZERO)
    discount = _discount(invoice, subtotal)
    if discount is not None:
        lines.append(discount)
    discount_total = Decimal(discount["amount"]) if discount else ZERO
    document = CreditMemo(
        connection_id=invoice.connection_id,
        kind=KIND,
        request_id=request_id,
        intent_digest=digest,
        invoice=invoice,
        customer_external_id=invoice.customer_external_id,
        customer_name=invoice.customer_name,
        recipient=invoice.recipient,
        issued_on=issued_on,
        currency=invoice.currency,
        exchange_rate=invoice.exchange_rate,
        subtotal=subtotal,
        discount_total=discount_total,
        total=subtotal - discount_total,
        message=message.strip(),
        note=note.strip(),
        lines=lines,
        asked=asked,
        created_by=by,
    )
    put_defaults(KIND, [document])
    try:
        with transaction.atomic():
            document.save(force_insert=True)
    except IntegrityError:
        if made := _made_before(request_id, digest):
            return made
        raise
    Invoice.objects.filter(pk=invoice.pk).update(tracked=True)
    tell("creditmemo.requested", document, by=by, invoice=invoice.number)
    return document


@needs("invoices.record_payment")
@transaction.atomic
def discard(document: CreditDocument, *, by: Any) -> CreditDocument:
    """Give up a document that QuickBooks does not have. Raises BadCredit with a sentence."""
    locked = CreditDocument.objects.select_for_update(of=("self",)).select_related("connection").defer("search")
    document = locked.get(pk=document.pk)
    if document.external_id or document.request_id is None:
        raise BadCredit(_("QuickBooks has this document. Change it there."))
    if document.removed_at is not None:
        return document
    if refusal := accounting().give_up_credit(document):
        raise BadCredit(refusal)
    document.removed_at = timezone.now()
    document.save(update_fields=["removed_at"])
    tell(f"{document.kind}.discarded", document, by=by)
    return document


def tell(name: str, document: CreditDocument, *, by: Any, **data: Any) -> None:
    """Write an event about a document, shown on the invoice or deal it comes from, and all that this belongs to."""
    about = places_of([document])[document.pk]
    origin = Origin.PERSON if by is not None else Origin.SYNC
    emit_many(
        [Draft(name, str(document.kind), document.pk, about, {**event_data(document), **data})], by=by, origin=origin
    )


def _made_before(request_id: uuid.UUID, digest: str) -> CreditDocument | None:
    made = CreditDocument.objects.filter(request_id=request_id).defer("search").first()
    if made is not None and made.intent_digest != digest:
        raise IntentReused
    return made


def _digest(invoice: Invoice, amounts: Mapping[int, Decimal], issued_on: datetime.date) -> str:
    asked = sorted((pk, plain(amount)) for pk, amount in amounts.items())
    return hashlib.sha256(json.dumps([invoice.pk, asked, issued_on.isoformat()]).encode()).hexdigest()


def _key(line: InvoiceLine) -> str:
    """How a credit memo remembers which line it gives back: rows are replaced when QuickBooks changes them."""
    return line.external_id or f"#{line.pk}"


def _lines(invoice: Invoice, amounts: Mapping[int, Decimal]) -> tuple[list[dict[str, str]], dict[str, str]]:
    if not invoice.external_id or invoice.removed_at is not None or invoice.voided or invoice.ending:
        raise BadCredit(_("Invoice %s can't be credited: QuickBooks does not have it.") % invoice)
    if refusal := accounting().writing_refusal(invoice.connection_id):
        raise BadCredit(refusal)
    lines: list[dict[str, str]] = []
    asked: dict[str, str] = {}
    for each in creditable(invoice):
        amount = amounts.get(each.line.pk, ZERO)
        if not amount:
            continue
        name = each.line.item_name or each.line.description
        if amount < 0 or amount != rounded(amount, invoice.currency):
            raise BadCredit(_("%(amount)s is no amount to credit for “%(line)s”.") % {
                "amount": plain(amount), "line": name,
            })  # fmt: skip
        if amount > each.amount:
            raise BadCredit(_("Of “%(line)s” only %(left)s can still be credited.") % {
                "line": name, "left": plain(each.amount),
            })  # fmt: skip
        lines.append(_line(each.line, amount, invoice.currency))
        asked[_key(each.line)] = plain(amount)
    if not lines:
        raise BadCredit(_("Choose what is credited."))
    return lines, asked


def _line(line: InvoiceLine, amount: Decimal, currency: str) -> dict[str, str]:
    """The line as it is given back: with its price where whole or simple parts of the quantity come out."""
    quantity, price = None, None
    shipping = line.item_external_id == SHIPPING_ITEM
    if line.unit_price:
        quantity, price = amount / line.unit_price, line.unit_price
        exact = quantity.quantize(Decimal("0.00001"))
        quantity = exact if rounded(exact * price, currency) == amount else None
    if quantity is None:
        quantity, price = Decimal(1), amount
    return {
        "kind": str(LineKind.ITEM),
        "name": line.item_name,
        "item": line.item_external_id,
        "description": line.description,
        # A shipping line has an amount only.
        "quantity": "" if shipping else plain(quantity),
        "unit_price": "" if shipping else plain(price or amount),
        "amount": plain(amount),
        "tax_code": line.tax_code_external_id,
        "tax_name": line.tax_code_name,
        "class": line.class_external_id,
    }


def _discount(invoice: Invoice, subtotal: Decimal) -> dict[str, str] | None:
    """The invoice's discount for what is credited: the same percent, or the same share of its amount."""
    gross = sum((line.amount for line in invoice.lines.all() if line.kind != LineKind.DISCOUNT), ZERO)
    if not invoice.discount_total or not gross:
        return None
    percent = invoice.discount_percent
    share = percent / HUNDRED if percent else invoice.discount_total / gross
    amount = rounded(subtotal * share, invoice.currency)
    return {
        "kind": str(LineKind.DISCOUNT),
        "name": "",
        "item": "",
        "description": "",
        "quantity": "",
        "unit_price": "",
        "amount": plain(amount),
        "percent": plain(percent) if percent else "",
    }


def shown_lines(document: CreditDocument) -> Sequence[Mapping[str, str]]:
    """The lines of a document for its page."""
    return [line for line in document.lines if isinstance(line, dict)]
