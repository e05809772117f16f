"""What a draft comes to while it is typed, mistakes and all; the reckoning itself is ``invoices.totals.reckon``."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.money import NotAnAmount
from invoices.drafts import CREATE, DraftContent, DraftDiscount, DraftLine
from invoices.enums import TaxMode
from invoices.ports import Account, accounting
from invoices.reading import number
from invoices.tax import TaxCodeRates
from invoices.totals import NOT_TAXABLE, TAXABLE, Discount, PricedLine, Totals, discounted, line_amount, reckon

ZERO = Decimal(0)
PERCENT = "percent"


@dataclass(frozen=True)
class DraftTotals:
    """The totals, and whether something that can't be read yet is missing in them."""

    totals: Totals
    incomplete: bool
    by_line: tuple[Decimal | None, ...]


def discount_of(typed: DraftDiscount) -> Discount | None:
    """A typed discount as numbers; None for none. Raises NotAnAmount."""
    if not typed.kind or not typed.value.strip():
        return None
    value = number(typed.value)
    return Discount(percent=value) if typed.kind == PERCENT else Discount(amount=value)


def line_total(line: DraftLine, currency: str) -> Decimal | None:
    """What a line comes to after its own discount, or None while its numbers can't be read."""
    currency = currency or "USD"
    try:
        amount = line_amount(number(line.quantity), number(line.unit_price), currency)
        return discounted(amount, discount_of(line.discount), currency)
    except (NotAnAmount, ArithmeticError):
        return None


def of_draft(content: DraftContent, account: Account | None) -> DraftTotals:
    """The totals of ``content`` with the tax codes of ``account``; three reads, however many lines."""
    currency = content.currency or (account.currency if account else "USD")
    by_line = tuple(line_total(line, currency) for line in content.lines)
    codes: Mapping[str, TaxCodeRates] | None = None
    mode = TaxMode.AUTOMATIC
    taxable: frozenset[str] = frozenset()
    if account is not None:
        codes = accounting().tax_rates(account.connection_id, customer_external_id=content.customer.external_id)
        mode = TaxMode(content.tax_mode) if account.needs_tax_codes else TaxMode.AUTOMATIC
        if mode == TaxMode.AUTOMATIC and codes is not None:
            sold = [line.item.external_id for line in content.lines if line.item.external_id]
            taxable = accounting().taxable_items(account.connection_id, sold)
    lines = [
        PricedLine(amount, code_of(line, mode, taxable))
        for line, amount in zip(content.lines, by_line, strict=True)
        if amount is not None
    ]
    wrong = [None in by_line]
    discount = None
    try:
        discount = discount_of(content.discount)
    except NotAnAmount:
        wrong.append(True)
    totals = reckon(
        lines,
        currency=currency,
        discount=discount,
        shipping=_amount(content.shipping, wrong),
        shipping_tax_code=content.shipping_tax_code,
        deposit=_amount(content.deposit, wrong),
        mode=mode,
        tax_after_discount=content.tax_after_discount,
        codes=codes,
    )
    return DraftTotals(totals, any(wrong), by_line)


def code_of(line: DraftLine, mode: TaxMode, taxable: frozenset[str]) -> str:
    """The code that taxes a line: in US companies whether its item is taxable; new items are."""
    if mode != TaxMode.AUTOMATIC:
        return line.tax_code
    return TAXABLE if line.item.mode == CREATE or line.item.external_id in taxable else NOT_TAXABLE


def _amount(typed: str, wrong: list[bool]) -> Decimal:
    try:
        return number(typed) if typed.strip() else ZERO
    except NotAnAmount:
        wrong.append(True)
        return ZERO
