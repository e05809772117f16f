"""Totals of a draft and of an invoice: what of them goes into ``invoices.totals.reckon``."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from core.money import NotAnAmount
from invoices import reading, reading_money
from invoices.drafts import CREATE, EXISTING, DraftContent, DraftLine
from invoices.enums import LineKind, TaxMode
from invoices.models import Invoice, InvoiceLine
from invoices.ports import Account, accounting
from invoices.synced import SyncedInvoice, SyncedInvoiceLine
from invoices.tax import TaxCodeRates
from invoices.totals import NOT_TAXABLE, TAXABLE, Discount, PricedLine, Totals, discounted, line_amount, reckon

ZERO = Decimal(0)
Codes = Mapping[str, TaxCodeRates] | None


def mode_of(content: DraftContent, account: Account | None) -> TaxMode:
    """How tax relates to the amounts: US companies leave it to QuickBooks, all others choose."""
    if account is None or not account.needs_tax_codes:
        return TaxMode.AUTOMATIC
    chosen = TaxMode(content.tax_mode) if content.tax_mode in TaxMode.values else TaxMode.EXCLUSIVE
    return TaxMode.EXCLUSIVE if chosen == TaxMode.AUTOMATIC else chosen


def reckoned(content: DraftContent, account: Account | None) -> Totals:
    """What a draft comes to as it stands: lines and amounts that can't be read count as nothing. Two queries at most.

    ``tax`` is None where QuickBooks adds it, or a line's tax code is still missing.
    """
    read, _problems = reading_money.read_money(content, account, reading.number, reading.LARGEST_AMOUNT)
    mode = mode_of(content, account)
    codes: Codes = None
    if account is not None:
        customer = content.customer.external_id if content.customer.mode == EXISTING else ""
        codes = accounting().tax_rates(account.connection_id, customer_external_id=customer)
    marks = _us_marks(content, account) if mode == TaxMode.AUTOMATIC and codes is not None else {}
    lines = [
        PricedLine(
            amount_of(line, content.currency),
            marks.get(line.item.external_id, NOT_TAXABLE) if mode == TaxMode.AUTOMATIC else line.tax_code,
        )
        for line in content.lines
    ]
    return reckon(
        lines,
        currency=content.currency or "USD",
        discount=read.discount,
        shipping=read.shipping,
        shipping_tax_code=content.shipping_tax_code,
        deposit=read.deposit,
        mode=mode,
        tax_after_discount=content.tax_after_discount,
        codes=codes,
    )


def _us_marks(content: DraftContent, account: Account | None) -> dict[str, str]:
    """TAX for the items on which sales tax is due; an item that is created on the way is not taxable."""
    wanted = [line.item.external_id for line in content.lines if line.item.mode != CREATE]
    found = accounting().taxable_items(account.connection_id, wanted) if account is not None else frozenset()
    return dict.fromkeys(found, TAXABLE)


def amount_of(line: DraftLine, currency: str) -> Decimal:
    """What is left of a line after its own discount; 0 while its numbers can't be read."""
    try:
        amount = line_amount(reading.number(line.quantity), reading.number(line.unit_price), currency or "USD")
        discount, _problem = reading_money.read_discount(line.discount, reading.number)
    except (NotAnAmount, ArithmeticError):
        return ZERO
    return discounted(amount, discount, currency or "USD")


def totals_of(
    invoice: Invoice | SyncedInvoice, lines: Iterable[InvoiceLine | SyncedInvoiceLine], codes: Codes
) -> Totals:
    """What an invoice's lines, discount, shipping and deposit come to under ``codes``; see ``reckon`` for these."""
    counted = priced(lines)

    def totals(discount: Discount | None) -> Totals:
        return reckon(
            counted,
            currency=invoice.currency,
            discount=discount,
            shipping=shipping_as_typed(invoice, codes),
            shipping_tax_code=invoice.shipping_tax_code_external_id,
            deposit=invoice.deposit,
            mode=TaxMode(invoice.tax_mode),
            tax_after_discount=invoice.tax_after_discount,
            codes=codes,
        )

    if invoice.discount_percent:
        return totals(Discount(percent=invoice.discount_percent))
    if not invoice.discount_total:
        return totals(None)
    if invoice.tax_mode != TaxMode.INCLUSIVE:
        return totals(Discount(amount=invoice.discount_total))
    # Invoices keep their discount before tax; what was agreed is the part of the prices with tax.
    net, gross = totals(None).subtotal, sum((line.amount for line in counted), ZERO)
    return totals(Discount(amount=invoice.discount_total * gross / net if net else invoice.discount_total))


def priced(lines: Iterable[InvoiceLine | SyncedInvoiceLine]) -> Sequence[PricedLine]:
    """The lines that carry an amount and a tax code."""
    counted = (LineKind.ITEM, LineKind.MEMBER, LineKind.TEXT)
    return [PricedLine(line.amount, line.tax_code_external_id) for line in lines if line.kind in counted]


def shipping_as_typed(invoice: Invoice | SyncedInvoice, codes: Codes) -> Decimal:
    """Shipping with tax where prices include it; invoices keep it before tax."""
    code = (codes or {}).get(invoice.shipping_tax_code_external_id)
    if invoice.tax_mode != TaxMode.INCLUSIVE or code is None or not code.known:
        return invoice.shipping_total
    return invoice.shipping_total * (1 + code.factor())
