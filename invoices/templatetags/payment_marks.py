"""How pages mark payments and credit documents."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django import template

from core.money import formatted, formatted_number
from invoices.enums import CreditKind
from invoices.models import CreditDocument, Payment
from invoices.payment_states import credit_state, payment_state

register = template.Library()


@dataclass(frozen=True)
class Pill:
    """A state in print."""

    label: str
    tone: str
    icon: str


@register.simple_tag
def money_pill(record: Payment | CreditDocument) -> Pill:
    """The state of a payment or credit document."""
    label = payment_state(record) if isinstance(record, Payment) else credit_state(record)
    if record.removed_at is not None:
        return Pill(label, "neutral", "trash")
    if record.voided:
        return Pill(label, "neutral", "ban")
    if isinstance(record, Payment):
        return Pill(
            label, "warning" if record.unapplied > 0 else "success", "coins" if record.unapplied > 0 else "circle-check"
        )
    if not record.settled:
        return Pill(label, "info", "clock")
    if record.kind != CreditKind.CREDIT_MEMO or record.remaining <= 0:
        return Pill(label, "neutral", "circle-check")
    return Pill(label, "info", "coins")


@register.filter
def text_money(value: Any, currency: str) -> str:
    """An amount that is kept as text, printed; nothing for none."""
    number = _decimal(value)
    return "" if number is None else formatted(number, currency)


@register.filter
def text_number(value: Any) -> str:
    """A number that is kept as text, printed; nothing for none."""
    number = _decimal(value)
    return "" if number is None else formatted_number(number)


def _decimal(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value)) if value not in (None, "") else None
    except InvalidOperation:
        return None
