"""What a draft takes over from a deal, quote, estimate or earlier invoice. Reads their lines, writes nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from core.money import NotAnAmount
from crm.models import Deal, DealLine, Quote, QuoteLine
from invoices import reading
from invoices.drafts import EXISTING, TEXT, DraftContent, DraftDiscount, DraftItem, DraftLine
from invoices.enums import LineKind
from invoices.totals import plain

WHOLE = Decimal(100)
PERCENT, AMOUNT = "percent", "amount"


def lines_of_deal(deal: Deal) -> list[DraftLine]:
    """The deal's lines with their discounts."""
    return _sold(deal.lines.select_related("product"))


def lines_of_quote(quote: Quote) -> list[DraftLine]:
    """The quote's lines with their discounts."""
    return _sold(quote.lines.select_related("product"))


def _sold(lines: Iterable[DealLine | QuoteLine]) -> list[DraftLine]:
    return [
        DraftLine(
            key=f"l{number}",
            product_id=line.product_id,
            name=line.name,
            description=line.description or (line.product.description if line.product else ""),
            quantity=plain(line.quantity),
            unit_price=plain(line.unit_price),
            discount=_discount(line),
        )
        for number, line in enumerate(lines, 1)
    ]


def discount_of_quote(quote: Quote) -> DraftDiscount:
    """What is taken off the whole of a quote."""
    if quote.discount_amount and not quote.discount_percent:
        return DraftDiscount(AMOUNT, plain(quote.discount_amount))
    return _percent(quote.discount_percent)


def _discount(line: DealLine | QuoteLine) -> DraftDiscount:
    """A line's discount; both kinds at once are told as the amount that they come to."""
    if not line.discount_amount:
        return _percent(line.discount_percent)
    off = line.quantity * line.unit_price * line.discount_percent / WHOLE + line.discount_amount
    return DraftDiscount(AMOUNT, plain(off))


def _percent(percent: Decimal | None) -> DraftDiscount:
    return DraftDiscount(PERCENT, plain(percent)) if percent else DraftDiscount()


def lines_of_document(document: Any) -> list[DraftLine]:
    """The lines of an invoice or estimate, each with its item. Mere text stays a line, a bundle gives its members.

    Those of a voided invoice come without prices: QuickBooks has set them to 0, and nobody meant that.
    """
    found: list[DraftLine] = []
    voided = getattr(document, "voided", False)
    for line in document.lines.all():
        if line.kind == LineKind.TEXT and line.description and not line.amount:
            found.append(text_line(f"l{len(found) + 1}", line.description))
        if line.kind not in (LineKind.ITEM, LineKind.MEMBER):
            continue
        copied = _of_document(line, f"l{len(found) + 1}")
        found.append(replace(copied, unit_price="") if voided and not line.unit_price else copied)
    return found


def text_line(key: str, words: str = "") -> DraftLine:
    """A line without a product."""
    return DraftLine(key=key, item=DraftItem(TEXT), description=words, quantity="")


def _of_document(line: Any, key: str) -> DraftLine:
    quantity = line.quantity if line.quantity else Decimal(1)
    price = line.unit_price if line.unit_price is not None else line.amount / quantity
    discount = _percent(line.discount_percent)
    if not discount.kind and line.discount_amount:
        discount = DraftDiscount(AMOUNT, plain(line.discount_amount))
    item = DraftItem(EXISTING, line.item_external_id, line.item_name) if line.item_external_id else DraftItem()
    return DraftLine(
        key=key,
        item=item,
        product_id=line.product_id,
        name=line.item_name,
        description=line.description,
        quantity=plain(quantity),
        unit_price=plain(price),
        service_on="",  # the day of the earlier sale; this one has its own
        tax_code=line.tax_code_external_id,
        tax_code_name=line.tax_code_name,
        discount=discount,
        class_id=line.class_external_id,
        class_name=line.class_name,
    )


def copy_document(content: DraftContent, document: Any) -> None:
    """Texts, addresses and figures of an invoice or estimate, as far as the draft's company is the same.

    Not its number, dates, deposit and exchange rate: those belong to that one document.
    """
    content.message, content.private_note = document.message, document.private_note
    content.recipient = document.recipient
    content.cc, content.bcc = getattr(document, "cc", ""), getattr(document, "bcc", "")
    content.billing_address, content.shipping_address = dict(document.billing_address), dict(document.shipping_address)
    content.class_id, content.class_name = document.class_external_id, document.class_name
    content.location_id, content.location_name = document.location_external_id, document.location_name
    content.tax_mode = document.tax_mode
    content.tax_after_discount = document.tax_after_discount
    content.discount = _percent(document.discount_percent)
    if not content.discount.kind and document.discount_total:
        content.discount = DraftDiscount(AMOUNT, plain(document.discount_total))
    content.shipping = plain(document.shipping_total) if document.shipping_total else ""
    content.shipping_tax_code = document.shipping_tax_code_external_id
    content.properties = {str(pk): value for pk, value in document.properties.items()}


def take_share(content: DraftContent, share: Decimal) -> None:
    """Bill ``share`` percent of everything: quantities, and amounts that don't follow from them."""
    for line in content.lines:
        line.quantity = _part(line.quantity, share)
        if line.discount.kind == AMOUNT:
            line.discount.value = _part(line.discount.value, share)
    if content.discount.kind == AMOUNT:
        content.discount.value = _part(content.discount.value, share)
    content.shipping = _part(content.shipping, share)


def _part(text: str, share: Decimal) -> str:
    try:
        return plain(reading.number(text) * share / WHOLE) if text.strip() else text
    except NotAnAmount:
        return text


def keyed(lines: Sequence[DraftLine]) -> list[DraftLine]:
    """The lines with keys of their own, whatever they were called where they come from."""
    for number, line in enumerate(lines, 1):
        line.key = f"l{number}"
    return list(lines)
