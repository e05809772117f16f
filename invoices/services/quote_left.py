"""How much of a quote was invoiced, and the guard that its parts never come to more than the whole."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from core.money import ZERO, formatted
from crm.models import Quote
from invoices.drafts import DraftContent
from invoices.models import Invoice
from invoices.ports import Problem
from invoices.reading import DraftProblems


@dataclass(frozen=True)
class Billed:
    """How much of a quote was invoiced, in its currency, before tax."""

    whole: Decimal
    billed: Decimal
    currency: str

    @property
    def left(self) -> Decimal:
        """What is left to invoice; never less than nothing."""
        return max(self.whole - self.billed, ZERO)


def versions_of(quote: Quote) -> list[int]:
    """The ids of the quote and of all versions before it: what was billed of them is billed of it."""
    ids, before = [quote.pk], quote.replaces_id
    while before is not None and before not in ids:
        ids.append(before)
        before = Quote.objects.filter(pk=before).values_list("replaces_id", flat=True).first()
    return ids


def billed_of(quote: Quote, *, without: int | None = None) -> Billed:
    """What was invoiced of the quote by invoices that still count, but for the invoice ``without``."""
    rows = Invoice.objects.filter(
        quote_id__in=versions_of(quote), voided=False, removed_at=None, currency=quote.currency
    )
    rows = rows.exclude(ending__in=["delete", "void"])
    if without is not None:
        rows = rows.exclude(pk=without)
    sums = rows.values_list("subtotal", "discount_total")
    billed = sum((subtotal - discount for subtotal, discount in sums), ZERO)
    return Billed(quote.amount, billed, quote.currency)


def guard(invoice: Invoice, content: DraftContent) -> None:
    """Refuse an invoice with which more than the whole quote would be billed; a written reason lets it through.

    To be called before the invoice is written, in its transaction: other parts of the quote wait. Raises DraftProblems.
    """
    if invoice.quote_id is None or content.override_reason.strip():
        return
    quote = Quote.objects.select_for_update(of=("self",)).filter(pk=invoice.quote_id).first()
    if quote is None or quote.currency != invoice.currency:
        return
    billed = billed_of(quote, without=invoice.pk)
    amount = invoice.subtotal - invoice.discount_total
    if billed.billed and amount > billed.left:
        words = {
            "left": formatted(billed.left, quote.currency),
            "quote": quote.number or str(quote),
            "amount": formatted(amount, quote.currency),
        }
        text = _("Only %(left)s of quote %(quote)s is left to invoice; this invoice comes to %(amount)s before tax.")
        raise DraftProblems([Problem(text % words, step="products")])


def completes(invoice: Invoice) -> bool:
    """Whether nothing of the quote is left once this invoice counts."""
    return invoice.quote is not None and billed_of(invoice.quote).left == ZERO
