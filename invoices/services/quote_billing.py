"""Invoice a quote or estimate in parts: what is left of it, and drafts of a deposit, a share, some lines or the rest.

Amounts are before tax. A part is billed by lines of quantity 1 that name what they are a part of, so that the parts of
a quote come to the whole to the cent, whatever the currency rounds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.access import needs
from core.money import ZERO, decimals, formatted, formatted_number, rounded
from crm import amounts
from crm.models import Quote, QuoteLine
from invoices.drafts import DraftContent, DraftDiscount, DraftItem, DraftLine
from invoices.enums import InvoiceSource
from invoices.models import Estimate, InvoiceDraft
from invoices.services import drafts
from invoices.services.quote_left import Billed, billed_of
from invoices.totals import plain

WHOLE, REMAINING, DEPOSIT, PERCENT, LINES = "whole", "remaining", "deposit", "percent", "lines"
WAYS = (WHOLE, DEPOSIT, PERCENT, REMAINING, LINES)
HUNDRED = Decimal(100)


class BadPart(ValueError):
    """This part of the quote can't be invoiced; the message says why."""


@dataclass(frozen=True)
class Part:
    """Which part: ``way`` is one of WAYS, ``value`` a percentage, ``amount`` money, ``lines`` ids of quote lines."""

    way: str
    value: Decimal | None = None
    amount: Decimal | None = None
    lines: Sequence[int] = ()


@needs("invoices.create")
@transaction.atomic
def start_part(quote: Quote, part: Part, *, by: Any, override_reason: str = "") -> InvoiceDraft:
    """A wizard with this part of the quote; its estimate's customer and items where it has one.

    Raises BadPart, and quote_rules.QuoteNotUsable for a quote that may not be invoiced.
    """
    if part.way not in WAYS:
        raise BadPart(_("Choose what to invoice."))
    billed = billed_of(quote)
    if quote.amount > 0 and billed.left == ZERO:
        raise BadPart(_("All of this quote was invoiced already."))
    estimate = Estimate.objects.select_related("connection", "quote__deal").filter(quote=quote, removed_at=None).first()
    lines = None
    if part.way != WHOLE or billed.billed:
        lines = _lines(quote, part, billed, estimate)
    draft = drafts.start_from(
        InvoiceSource.ESTIMATE if estimate else InvoiceSource.QUOTE,
        quote=quote,
        estimate=estimate,
        lines=lines,
        override_reason=override_reason,
        again=True,
        by=by,
    )
    if lines is not None:
        drafts.save(draft, _only_lines)
    return draft


def _only_lines(content: DraftContent) -> None:
    # What is off the whole, and shipping, are in the parts already, or stay for the last one.
    content.discount, content.shipping, content.deposit = DraftDiscount(), "", ""


def _lines(quote: Quote, part: Part, billed: Billed, estimate: Estimate | None) -> list[DraftLine]:
    stored = list(quote.lines.all())
    by_percent = part.way in (DEPOSIT, PERCENT) and part.amount is None
    if by_percent and (part.value is None or not ZERO < part.value <= HUNDRED):
        raise BadPart(_("Type a percentage between 0 and 100."))
    if part.way == DEPOSIT:
        amount = part.amount
        if amount is None:
            amount = rounded(quote.amount * (part.value or ZERO) / HUNDRED, quote.currency)
        _check(amount, billed)
        return [_deposit(quote, amount, part)]
    if part.way == LINES:
        stored = [line for line in stored if line.pk in part.lines]
        if not stored:
            raise BadPart(_("Choose at least one line."))
    nets = net_amounts(quote)
    whole = sum((nets[line.pk] for line in stored), ZERO)
    wanted = whole
    if part.way == PERCENT:
        wanted = rounded(quote.amount * (part.value or ZERO) / HUNDRED, quote.currency)
    elif part.way in (REMAINING, WHOLE):
        wanted = billed.left
    _check(wanted, billed)
    shares = allocate({line.pk: nets[line.pk] for line in stored}, wanted, quote.currency)
    items = _items(estimate)
    return [
        _part_line(quote, line, shares[line.pk], nets[line.pk], items.get(position), f"l{position}")
        for position, line in enumerate(stored, 1)
        if shares[line.pk] or not wanted
    ]


def _check(amount: Decimal, billed: Billed) -> None:
    if amount <= 0:
        raise BadPart(_("There is nothing to invoice in this part."))
    if amount > billed.left:
        words = {"amount": formatted(amount, billed.currency), "left": formatted(billed.left, billed.currency)}
        raise BadPart(_("This part comes to %(amount)s; only %(left)s is left to invoice.") % words)


def net_amounts(quote: Quote) -> dict[int, Decimal]:
    """What each line adds to the quote's amount, its share of the discount on the whole taken off."""
    gross = {line.pk: amounts.line_amount(line, quote.currency) for line in quote.lines.all()}
    return allocate(gross, quote.amount, quote.currency)


def allocate(weights: Mapping[int, Decimal], wanted: Decimal, currency: str) -> dict[int, Decimal]:
    """``wanted`` shared out in proportion to ``weights``, to the currency's decimals and to the last of them exact."""
    total = sum(weights.values(), ZERO)
    if not total:
        return dict.fromkeys(weights, ZERO)
    step = Decimal(1).scaleb(-decimals(currency))
    exact = {key: wanted * weight / total for key, weight in weights.items()}
    shares = {key: value.quantize(step, rounding=ROUND_DOWN) for key, value in exact.items()}
    missing = int((wanted - sum(shares.values(), ZERO)) / step)
    order = sorted(exact, key=lambda key: abs(exact[key] - shares[key]), reverse=True)
    for number in range(abs(missing)):
        shares[order[number % len(order)]] += step if missing > 0 else -step
    return shares


def _items(estimate: Estimate | None) -> dict[int, DraftItem]:
    """The items of the estimate's lines by position, from 1, where they stand beside the quote's lines."""
    if estimate is None:
        return {}
    lines = [line for line in estimate.lines.all() if line.kind not in ("discount", "bundle")]
    return {
        position: DraftItem("existing", line.item_external_id, line.item_name)
        for position, line in enumerate(lines, 1)
        if line.item_external_id
    }


def _part_line(
    quote: Quote, line: QuoteLine, amount: Decimal, net: Decimal, item: DraftItem | None, key: str
) -> DraftLine:
    whole = amount == net
    words = line.description or line.name
    if not whole and net:
        percent = formatted_number((amount * HUNDRED / net).quantize(Decimal("0.01")).normalize())
        of = {"percent": percent, "whole": formatted(net, quote.currency), "quote": quote.number}
        words = f"{words}\n{_('%(percent)s%% of %(whole)s (quote %(quote)s)') % of}"
    plain_line = whole and amount == rounded(line.quantity * line.unit_price, quote.currency)
    return DraftLine(
        key=key,
        product_id=line.product_id,
        item=item or DraftItem(),
        name=line.name,
        description=words,
        quantity=plain(line.quantity) if plain_line else "1",
        unit_price=plain(line.unit_price) if plain_line else plain(amount),
    )


def _deposit(quote: Quote, amount: Decimal, part: Part) -> DraftLine:
    of = {"quote": quote.number or str(quote), "whole": formatted(quote.amount, quote.currency)}
    words = _("Deposit on quote %(quote)s over %(whole)s") % of
    if part.amount is None and part.value is not None:
        words = f"{words} ({formatted_number(part.value)}%)"
    return DraftLine(key="l1", name=_("Deposit"), description=words, quantity="1", unit_price=plain(amount))
