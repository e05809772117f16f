"""What a draft comes to while it is typed, line by line, mistakes and all; see ``invoices.reckoning``."""

from dataclasses import dataclass
from decimal import Decimal

from core.money import NotAnAmount
from invoices import reading, reading_money, reckoning
from invoices.drafts import TEXT, DraftContent, DraftLine
from invoices.ports import Account
from invoices.totals import Totals, discounted, line_amount


@dataclass(frozen=True)
class DraftTotals:
    """The totals, and whether something that can't be read yet is missing in them."""

    totals: Totals
    incomplete: bool
    by_line: tuple[Decimal | None, ...]


def of_draft(content: DraftContent, account: Account | None) -> DraftTotals:
    """The totals of ``content`` with the tax codes of ``account``; two reads, however many lines."""
    by_line = tuple(line_total(line, content.currency) for line in content.lines)
    _read, problems = reading_money.read_money(content, account, reading.number, reading.LARGEST_AMOUNT)
    wrong = any(problem.field in ("discount", "shipping", "deposit") for problem in problems)
    return DraftTotals(reckoning.reckoned(content, account), wrong or None in by_line, by_line)


def line_total(line: DraftLine, currency: str) -> Decimal | None:
    """What a line comes to after its own discount, or None while its numbers can't be read."""
    if line.item.mode == TEXT:
        return Decimal(0)
    try:
        amount = line_amount(reading.number(line.quantity), reading.number(line.unit_price), currency or "USD")
        discount, problem = reading_money.read_discount(line.discount, reading.number)
        return None if problem else discounted(amount, discount, currency or "USD")
    except (NotAnAmount, ArithmeticError):
        return None
