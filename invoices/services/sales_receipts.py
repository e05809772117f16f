"""A sale that is paid for at once: from a draft to a sales receipt; `sync` carries it to QuickBooks."""

import hashlib
import json
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.properties import put_defaults
from invoices.drafts import CREATE, TEXT, DraftContent, ReadLine
from invoices.enums import CreditKind, LineKind
from invoices.line_discounts import priced, with_words
from invoices.models import InvoiceDraft, SalesReceipt
from invoices.ports import accounting
from invoices.reckoning import reckoned
from invoices.services.create import IntentReused, checked, digest_of, new_customer_of, new_item_of
from invoices.services.credit_memos import tell
from invoices.totals import Totals, plain

KIND = str(CreditKind.SALES_RECEIPT)


@transaction.atomic
def create_from_draft(draft: InvoiceDraft, *, by: Any) -> SalesReceipt:
    """The sales receipt of what a draft says, on its way to QuickBooks; its request id again gives the same one.

    Prices are before tax, as deals and quotes have them; the money goes where QuickBooks puts it by itself, to
    undeposited funds. Raises DraftProblems, IntentReused and PermissionDenied.
    """
    if by is not None and not (by.has_perm("invoices.post") or by.has_perm("invoices.approve")):
        raise PermissionDenied(_("Your role does not let you post sales receipts."))
    digest = hashlib.sha256(json.dumps([KIND, digest_of(draft.data)]).encode()).hexdigest()
    if made := _made_before(draft, digest):
        return made
    read, account = checked(DraftContent.from_json(draft.data))
    content, totals = read.content, reckoned(read.content, account)
    customer, created = content.customer, content.customer.mode == CREATE
    known = None if created else accounting().customer(account.connection_id, customer.external_id)
    lines = [_line(line, content.currency or account.currency) for line in read.lines]
    receipt = SalesReceipt(
        connection_id=account.connection_id,
        kind=KIND,
        request_id=draft.request_id,
        intent_digest=digest,
        deal_id=draft.deal_id,
        new_customer=new_customer_of(customer) if created else None,
        customer_external_id="" if created else customer.external_id,
        customer_name=known.name if known else customer.name.strip(),
        recipient=content.recipient.strip() or customer.email.strip(),
        issued_on=read.issued_on,
        currency=content.currency or account.currency,
        subtotal=totals.subtotal,
        discount_total=totals.discount,
        tax_total=totals.tax or Decimal(0),
        total=totals.total,
        message=content.message.strip(),
        note=content.private_note.strip(),
        lines=[*lines, *_discount(totals, read.discount_percent)],
        created_by=by,
    )
    put_defaults(KIND, [receipt])
    try:
        with transaction.atomic():
            receipt.save(force_insert=True)
    except IntegrityError:
        if made := _made_before(draft, digest):
            return made
        raise
    tell("salesreceipt.requested", receipt, by=by)
    return receipt


def _made_before(draft: InvoiceDraft, digest: str) -> SalesReceipt | None:
    made = SalesReceipt.objects.filter(request_id=draft.request_id).defer("search").first()
    if made is not None and made.intent_digest != digest:
        raise IntentReused(made)
    return made


def _line(line: ReadLine, currency: str) -> dict[str, Any]:
    """A line as documents keep it: with the price after its discount, which its description tells."""
    draft = line.draft
    said = {"name": draft.item.name or draft.name, "description": draft.description, "tax_code": "", "tax_name": ""}
    if draft.item.mode == TEXT:
        return {**said, "kind": str(LineKind.TEXT), "item": "", "quantity": "", "unit_price": "", "amount": "0"}
    typed = f"{draft.discount.value}%" if draft.discount.kind == "percent" else draft.discount.value
    price = priced(line.quantity, line.unit_price, typed if draft.discount.kind else "", currency)
    return {
        **said,
        "kind": str(LineKind.ITEM),
        "item": "" if draft.item.mode == CREATE else draft.item.external_id,
        "new_item": new_item_of(line) if draft.item.mode == CREATE else None,
        "product": draft.product_id,
        "description": with_words(draft.description, price.words),
        "quantity": plain(line.quantity),
        "unit_price": plain(price.unit_price or line.unit_price),
        "amount": plain(line.amount),
        "tax_code": draft.tax_code,
        "tax_name": draft.tax_code_name,
        "class": draft.class_id,
    }


def _discount(totals: Totals, percent: Decimal | None) -> list[dict[str, str]]:
    if not totals.discount:
        return []
    empty = dict.fromkeys(("name", "item", "description", "quantity", "unit_price"), "")
    figures = {"amount": plain(totals.discount), "percent": plain(percent) if percent else ""}
    return [{**empty, **figures, "kind": str(LineKind.DISCOUNT)}]
