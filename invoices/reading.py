"""Read a draft: numbers and dates out of what was typed, or what is wrong with it, in words. Pure."""

import datetime
import re
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from core import money
from invoices.drafts import CREATE, EXISTING, TEXT, DraftContent, DraftLine, ReadDraft, ReadLine
from invoices.enums import TaxMode
from invoices.ports import Account, Problem
from invoices.reading_money import ReadMoney, read_discount, read_money
from invoices.totals import discounted, line_amount, plain, subtotal

_CANONICAL = re.compile(r"-?\d{1,15}(\.\d{1,10})?", re.ASCII)
# QuickBooks refuses amounts of more than eleven digits before the point.
LARGEST_AMOUNT = Decimal("99999999999.99")
LARGEST_NUMBER = Decimal("99999999999")
LONGEST_MESSAGE = 1000
LONGEST_DESCRIPTION = 4000
LONGEST_NAME = 500
LONGEST_ITEM_NAME = 100
LONGEST_NOTE = 3900  # the marker of the invoice goes below it
LONGEST_COPY = 200
LONGEST_ADDRESS_LINE = 255


class DraftProblems(Exception):
    """The draft can't become an invoice yet; ``problems`` say what to change, each with its step and line."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


def number(text: str) -> Decimal:
    """A typed number, canonical or in the reader's notation. Raises core.money.NotAnAmount."""
    cleaned = text.strip()
    if _CANONICAL.fullmatch(cleaned):
        return Decimal(cleaned)
    if re.search(r"[^\d.,\s'$£€¥-]", cleaned):
        raise money.NotAnAmount(text)
    return money.parsed(cleaned)


def canonical_number(text: str) -> str:
    """``1,234.50`` as ``1234.5``; what can't be read stays as it was typed."""
    try:
        return plain(number(text))
    except money.NotAnAmount:
        return text.strip()


def date(text: str) -> datetime.date | None:
    """A typed date, None when nothing was typed. Raises ValueError."""
    return datetime.date.fromisoformat(text.strip()) if text.strip() else None


def read(content: DraftContent, account: Account | None) -> ReadDraft:
    """The draft as values. Raises DraftProblems with everything that has to change, in the order of the steps."""
    problems = [
        *_account_problems(content, account),
        *_customer_problems(content),
    ]
    lines, found = _read_lines(content, account)
    problems += found
    issued_on, due_on, found = _read_dates(content)
    problems += found
    money_read, found = read_money(content, account, number, LARGEST_AMOUNT)
    problems += [*found, *_total_problems(lines, money_read, content.currency), *_address_problems(content)]
    if len(content.message) > LONGEST_MESSAGE:
        text = _("The message may have at most %(limit)d characters; it has %(length)d.")
        values = {"limit": LONGEST_MESSAGE, "length": len(content.message)}
        problems.append(Problem(text % values, step="message", field="message"))
    if len(content.private_note) > LONGEST_NOTE:
        text = _("A private note may have at most 3,900 characters.")
        problems.append(Problem(text, step="message", field="private_note"))
    if problems or issued_on is None or content.connection_id is None:
        raise DraftProblems(problems)
    return ReadDraft(
        content=content,
        connection_id=content.connection_id,
        lines=tuple(lines),
        issued_on=issued_on,
        due_on=due_on,
        subtotal=subtotal(line.amount for line in lines),
        discount_percent=money_read.discount.percent if money_read.discount else None,
        discount_amount=(money_read.discount.amount or Decimal(0)) if money_read.discount else Decimal(0),
        shipping=money_read.shipping,
        deposit=money_read.deposit,
        exchange_rate=money_read.exchange_rate,
        number=money_read.number,
    )


def _total_problems(lines: list[ReadLine], read_values: ReadMoney, currency: str) -> list[Problem]:
    """What only shows in the sum: a discount that is more than there is, a total below zero."""
    together = subtotal(line.amount for line in lines)
    off = read_values.discount.of(together) if read_values.discount else Decimal(0)
    if off > max(together, Decimal(0)):
        text = _("The discount is more than the lines come to (%(sum)s).")
        values = {"sum": money.formatted(together, currency or "USD")}
        return [Problem(text % values, step="products", field="discount")]
    left = together - off + read_values.shipping
    if left < 0:
        return [Problem(_("The total of an invoice can't be less than 0."), step="products", field="lines")]
    if together > LARGEST_AMOUNT:
        return [Problem(_("The amount is larger than QuickBooks can take."), step="products", field="lines")]
    return []


def _address_problems(content: DraftContent) -> list[Problem]:
    problems = []
    for name, limit in (("cc", LONGEST_COPY), ("bcc", LONGEST_COPY)):
        text: str = getattr(content, name)
        if not valid_emails(text):
            problems.append(Problem(_not_an_email(text), step="message", field=name))
        elif len(text) > limit:
            message = _("QuickBooks takes at most %d characters of e-mail addresses here.") % limit
            problems.append(Problem(message, step="message", field=name))
    for name in ("billing_address", "shipping_address"):
        if any(len(value) > LONGEST_ADDRESS_LINE for value in getattr(content, name).values()):
            message = _("A line of an address may have at most %d characters.") % LONGEST_ADDRESS_LINE
            problems.append(Problem(message, step="message", field=name))
    return problems


def _account_problems(content: DraftContent, account: Account | None) -> list[Problem]:
    if content.connection_id is None or account is None:
        return [Problem(_("Choose the QuickBooks company to create the invoice in."), step="account")]
    if not account.usable:
        problem = account.problem or _("This QuickBooks company can't be used just now.")
        return [Problem(problem, step="account")]
    return []


def _customer_problems(content: DraftContent) -> list[Problem]:
    customer, problems = content.customer, []
    if (customer.mode == EXISTING and not customer.external_id) or customer.mode not in (EXISTING, CREATE):
        problems.append(Problem(_("Choose a customer, or create a new one."), step="customer", field="customer"))
    if customer.mode == CREATE:
        name = customer.name.strip()
        if not name:
            problems.append(Problem(_("The new customer needs a name."), step="customer", field="name"))
        elif len(name) > LONGEST_NAME:
            problems.append(Problem(_("A name may have at most 500 characters."), step="customer", field="name"))
        elif re.search(r"[:\t\n]", name):
            message = _("QuickBooks does not allow colons, tabs or line breaks in a customer's name.")
            problems.append(Problem(message, step="customer", field="name"))
        if not valid_emails(customer.email):
            problems.append(Problem(_not_an_email(customer.email), step="customer", field="email"))
    if not valid_emails(content.recipient):
        problems.append(Problem(_not_an_email(content.recipient), step="customer", field="recipient"))
    return problems


def _not_an_email(text: str) -> str:
    return _("“%(text)s” is not an e-mail address.") % {"text": text}


def valid_emails(text: str) -> bool:
    """Whether ``text`` is empty or holds e-mail addresses with commas between them."""
    try:
        for address in filter(None, (part.strip() for part in text.split(","))):
            validate_email(address)
    except ValidationError:
        return False
    return True


def _read_lines(content: DraftContent, account: Account | None) -> tuple[list[ReadLine], list[Problem]]:
    if all(line.item.mode == TEXT for line in content.lines):
        message = _("An invoice needs at least one line. Add a product from QuickBooks.")
        return [], [Problem(message, step="products", field="lines")]
    lines, problems = [], []
    for index, line in enumerate(content.lines):
        read_line, found = read_line_of(line, index, content.currency, account, content.tax_mode)
        problems += found
        if read_line is not None:
            lines.append(read_line)
    return lines, problems


def read_line_of(
    line: DraftLine, index: int, currency: str, account: Account | None, tax_mode: str = ""
) -> tuple[ReadLine | None, list[Problem]]:
    """One line as values, or what is wrong with it; ``index`` counts from 0."""
    problems: list[Problem] = []

    def wrong(message: str, name: str) -> None:
        problems.append(Problem(message, step="products", line=index, field=name))

    if line.item.mode == TEXT:
        return _read_text(line, index)
    title = line.item.name or line.name or _("Line %d") % (index + 1)
    if line.item.mode == EXISTING and line.item.external_id:
        pass
    elif line.item.mode == CREATE:
        if not line.item.name.strip():
            wrong(_("The product to create in QuickBooks needs a name."), "item")
        elif len(line.item.name) > LONGEST_ITEM_NAME:
            wrong(_("A product's name may have at most 100 characters in QuickBooks."), "item")
    else:
        text = _("“%(name)s” has no product in QuickBooks yet: choose one, create it on the way, or remove the line.")
        wrong(text % {"name": title}, "item")
    quantity, message = _read_number(line.quantity, _("Type a quantity."))
    if message:
        wrong(message, "quantity")
    elif quantity is not None and quantity <= 0:
        wrong(_("The quantity has to be more than 0."), "quantity")
    unit_price, message = _read_number(line.unit_price, _("Type a price."))
    if message:
        wrong(message, "unit_price")
    if len(line.description) > LONGEST_DESCRIPTION:
        wrong(_("A description may have at most 4,000 characters."), "description")
    try:
        service_on = date(line.service_on)
    except ValueError:
        service_on = None
        wrong(_("“%(text)s” is not a date.") % {"text": line.service_on}, "service_on")
    needed = account is not None and account.needs_tax_codes and tax_mode != TaxMode.NOT_APPLICABLE
    if needed and not line.tax_code:
        wrong(_("Choose a tax code for “%(name)s”.") % {"name": title}, "tax_code")
    discount, message = read_discount(line.discount, number)
    if message:
        wrong(message, "discount")
    amount = taken = Decimal(0)
    if quantity is not None and unit_price is not None:
        before = line_amount(quantity, unit_price, currency or "USD")
        amount = discounted(before, discount, currency or "USD")
        taken = before - amount
        if discount is not None and abs(taken) > abs(before):
            wrong(_("The discount is more than the line comes to."), "discount")
        if abs(amount) > LARGEST_AMOUNT:
            wrong(_("The amount is larger than QuickBooks can take."), "unit_price")
    if problems or quantity is None or unit_price is None:
        return None, problems
    percent = discount.percent if discount is not None else None
    return ReadLine(line, quantity, unit_price, amount, service_on, percent, taken), []


def costs_nothing(line: DraftLine) -> bool:
    """Whether something is sold at a price of 0: it can be read, and so is allowed, but is seldom what was meant."""
    try:
        return line.item.mode != TEXT and bool(line.unit_price.strip()) and number(line.unit_price) == 0
    except money.NotAnAmount:
        return False


def _read_text(line: DraftLine, index: int) -> tuple[ReadLine | None, list[Problem]]:
    """A line without a product: what is printed on it."""
    message = ""
    if not line.description.strip():
        message = _("Type the text of this line, or remove it.")
    elif len(line.description) > LONGEST_DESCRIPTION:
        message = _("A description may have at most 4,000 characters.")
    if message:
        return None, [Problem(message, step="products", line=index, field="description")]
    nothing = Decimal(0)
    return ReadLine(line, nothing, nothing, nothing, None), []


def _read_number(text: str, missing: str) -> tuple[Decimal | None, str]:
    if not text.strip():
        return None, missing
    try:
        value = number(text)
    except money.NotAnAmount:
        return None, _("“%(text)s” is not a number. Type it like 1,234.50.") % {"text": text}
    if abs(value) > LARGEST_NUMBER:
        return None, _("“%(text)s” is too large.") % {"text": text}
    return value, ""


def _read_dates(content: DraftContent) -> tuple[datetime.date | None, datetime.date | None, list[Problem]]:
    problems: list[Problem] = []
    read_dates: dict[str, datetime.date | None] = {}
    for name in ("issued_on", "due_on"):
        text: str = getattr(content, name)
        try:
            read_dates[name] = date(text)
        except ValueError:
            message = _("“%(text)s” is not a date.") % {"text": text}
            problems.append(Problem(message, step="terms", field=name))
    issued_on, due_on = read_dates.get("issued_on"), read_dates.get("due_on")
    if issued_on is None and "issued_on" in read_dates:
        problems.append(Problem(_("Choose the invoice date."), step="terms", field="issued_on"))
    if issued_on and due_on and due_on < issued_on:
        message = _("The due date lies before the invoice date.")
        problems.append(Problem(message, step="terms", field="due_on"))
    return issued_on, due_on, problems
