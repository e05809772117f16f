"""What a draft says about money beside its lines' prices: discounts, shipping, deposit, rate, number. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from core import money
from invoices.drafts import DraftContent, DraftDiscount
from invoices.enums import TaxMode
from invoices.ports import Account, Problem
from invoices.totals import Discount, kept

ZERO = Decimal(0)
HUNDRED = Decimal(100)
LONGEST_NUMBER = 21
LARGEST_RATE = Decimal(1_000_000)
Number = Callable[[str], Decimal]


@dataclass(frozen=True)
class ReadMoney:
    """The values; what could not be read is as if it were not there."""

    discount: Discount | None = None
    shipping: Decimal = ZERO
    deposit: Decimal = ZERO
    exchange_rate: Decimal | None = None
    number: str = ""


def read_money(
    content: DraftContent, account: Account | None, number: Number, largest: Decimal
) -> tuple[ReadMoney, list[Problem]]:
    """The draft's money, and what is wrong with it, each with step and field. ``number`` reads a typed number."""
    problems: list[Problem] = []
    discount, message = read_discount(content.discount, number)
    if message:
        problems.append(Problem(message, step="products", field="discount"))
    amounts: dict[str, Decimal] = {}
    for name, negative in (
        ("shipping", _("Shipping can't be less than 0.")),
        ("deposit", _("A deposit can't be less than 0.")),
    ):
        value, message = _amount(getattr(content, name), number, negative, largest)
        amounts[name] = kept(value, content.currency or "USD")
        if message:
            problems.append(Problem(message, step="products", field=name))
    taxed = account is not None and account.needs_tax_codes and content.tax_mode != TaxMode.NOT_APPLICABLE
    if amounts["shipping"] and taxed and not content.shipping_tax_code:
        problems.append(Problem(_("Choose a tax code for shipping."), step="products", field="shipping_tax_code"))
    rate, message = _rate(content, account, number)
    if message:
        problems.append(Problem(message, step="terms", field="exchange_rate"))
    document_number = content.number.strip()
    if len(document_number) > LONGEST_NUMBER:
        message = _("A number may have at most %d characters in QuickBooks.") % LONGEST_NUMBER
        problems.append(Problem(message, step="terms", field="number"))
    return ReadMoney(discount, amounts["shipping"], amounts["deposit"], rate, document_number), problems


def read_discount(typed: DraftDiscount, number: Number) -> tuple[Discount | None, str]:
    """A discount as typed, or what is wrong with it."""
    if not typed.kind or not typed.value.strip():
        return None, ""
    try:
        value = number(typed.value)
    except money.NotAnAmount:
        return None, _("“%(text)s” is not a number. Type it like 1,234.50.") % {"text": typed.value}
    if value < 0:
        return None, _("A discount can't be less than 0.")
    if not value:
        return None, ""
    if typed.kind == "amount":
        return Discount(amount=value), ""
    if value > HUNDRED:
        return None, _("A discount can't be more than 100%.")
    if value != round(value, 4):
        return None, _("A percentage may have at most four decimals.")
    return Discount(percent=value), ""


def _amount(text: str, number: Number, negative: str, largest: Decimal) -> tuple[Decimal, str]:
    if not text.strip():
        return ZERO, ""
    try:
        value = number(text)
    except money.NotAnAmount:
        return ZERO, _("“%(text)s” is not a number. Type it like 1,234.50.") % {"text": text}
    if value < 0:
        return ZERO, negative
    if value > largest:
        return ZERO, _("The amount is larger than QuickBooks can take.")
    return value, ""


def _rate(content: DraftContent, account: Account | None, number: Number) -> tuple[Decimal | None, str]:
    if not content.exchange_rate.strip() or account is None or content.currency in ("", account.currency):
        return None, ""
    try:
        value = number(content.exchange_rate)
    except money.NotAnAmount:
        return None, _("“%(text)s” is not a number. Type it like 1,234.50.") % {"text": content.exchange_rate}
    if value <= 0 or value > LARGEST_RATE or not round(value, 10):
        return None, _("The exchange rate has to be more than 0, and at most 1,000,000.")
    return round(value, 10), ""
