"""Where QuickBooks' total differs from what was reckoned when the invoice was created, and why, in words.

QuickBooks' figures always count. ``Invoice.expected_tax`` and ``expected_total`` keep what was shown before posting;
an empty ``expected_tax`` says that QuickBooks was left to find the tax.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.translation import gettext as _

from core.models import Event
from core.money import formatted
from invoices.enums import TaxMode
from invoices.models import Invoice, InvoiceLine
from invoices.ports import accounting
from invoices.reckoning import Codes, priced, totals_of
from invoices.tax import cents
from invoices.totals import reckon

ZERO = Decimal(0)
# Who changes an invoice after it was created.
_HERE, _THERE = "invoice.changed", "invoice.edited"


@dataclass(frozen=True)
class Difference:
    """``cause`` names it for tests and styles; ``words`` are for people. Amounts are in the invoice's currency."""

    cause: str  # quickbooks_tax, edited_here, edited_there, rate, per_line, discount, automated_tax, unknown
    words: str
    expected_total: Decimal
    total: Decimal
    expected_tax: Decimal | None
    tax: Decimal

    @property
    def amount(self) -> Decimal:
        """How much more QuickBooks has than was expected."""
        return self.total - self.expected_total

    @property
    def harmless(self) -> bool:
        """Whether it was announced before posting: QuickBooks added the tax, or somebody edited the invoice."""
        return self.cause in ("quickbooks_tax", "edited_here", "edited_there")


def differs(invoice: Invoice) -> bool:
    """Whether there is a difference to explain; asks no query."""
    if invoice.expected_total is None or not invoice.external_id or invoice.voided or invoice.removed_at is not None:
        return False
    return bool(invoice.total != invoice.expected_total)


def explain(invoice: Invoice) -> Difference | None:
    """The difference and its cause; None where there is none. Queries only where there is one."""
    if not differs(invoice) or invoice.expected_total is None:
        return None
    found = Difference("unknown", "", invoice.expected_total, invoice.total, invoice.expected_tax, invoice.tax_total)
    cause = _cause(invoice)
    return replace(found, cause=cause, words=_words(cause, invoice))


def _cause(invoice: Invoice) -> str:
    assert invoice.expected_total is not None
    before_tax = invoice.expected_total - (invoice.expected_tax or ZERO)
    if invoice.total - invoice.tax_total != before_tax:
        return _edited(invoice) or "unknown"
    if invoice.expected_tax is None:
        return "quickbooks_tax"
    if accounting().form_options(invoice.connection_id).automated_tax:
        return "automated_tax"
    lines = list(invoice.lines.all())
    codes = accounting().tax_rates(invoice.connection_id, customer_external_id=invoice.customer_external_id)
    if totals_of(invoice, lines, codes).tax == invoice.tax_total:
        # The same lines under the rates of today come to what QuickBooks has.
        return _edited(invoice) or "rate"
    if _per_line(invoice, lines, codes) == invoice.tax_total:
        return "per_line"
    if _other_way_round(invoice, lines, codes) == invoice.tax_total:
        return "discount"
    return _edited(invoice) or "unknown"


def _edited(invoice: Invoice) -> str:
    """Who edited it last since it was created, if anybody did."""
    told = Event.objects.filter(
        links__object_type="invoice", links__object_id=invoice.pk, name__in=[_HERE, _THERE]
    ).order_by("-pk")
    return {_HERE: "edited_here", _THERE: "edited_there"}.get(told.values_list("name", flat=True).first() or "", "")


def _per_line(invoice: Invoice, lines: Sequence[InvoiceLine], codes: Codes) -> Decimal | None:
    """The tax if each line's were rounded by itself."""
    taxes = [
        reckon([line], currency=invoice.currency, mode=TaxMode(invoice.tax_mode), codes=codes).tax
        for line in priced(lines)
    ]
    known = [tax for tax in taxes if tax is not None]
    return cents(sum(known, ZERO)) if len(known) == len(taxes) and not invoice.discount_total else None


def _other_way_round(invoice: Invoice, lines: Sequence[InvoiceLine], codes: Codes) -> Decimal | None:
    """The tax if the discount were taken off before tax instead of after, or the other way round."""
    if not invoice.discount_total or invoice.tax_mode != TaxMode.AUTOMATIC:
        return None
    turned = Invoice(
        currency=invoice.currency,
        tax_mode=invoice.tax_mode,
        discount_percent=invoice.discount_percent,
        discount_total=invoice.discount_total,
        tax_after_discount=not invoice.tax_after_discount,
        shipping_total=invoice.shipping_total,
        shipping_tax_code_external_id=invoice.shipping_tax_code_external_id,
    )
    return totals_of(turned, lines, codes).tax


def _words(cause: str, invoice: Invoice) -> str:
    tax = formatted(invoice.tax_total, invoice.currency)
    expected = formatted(invoice.expected_tax, invoice.currency)
    values = {"tax": tax, "expected": expected}
    texts = {
        "quickbooks_tax": _("QuickBooks added sales tax of %(tax)s."),
        "automated_tax": _(
            "QuickBooks found the sales tax itself by the place of delivery: %(tax)s instead of %(expected)s."
        ),
        "edited_here": _("The invoice was changed here after it was created."),
        "edited_there": _("The invoice was edited in QuickBooks after it was created."),
        "rate": _("The tax rate changed in QuickBooks: the tax is %(tax)s, where %(expected)s was expected."),
        "per_line": _(
            "QuickBooks rounded the tax of each line by itself: %(tax)s instead of %(expected)s for all together."
        ),
        "discount": _(
            "QuickBooks took the discount off before or after tax, other than expected: "
            "the tax is %(tax)s instead of %(expected)s."
        ),
        "unknown": _("QuickBooks came to another result: its tax is %(tax)s, where %(expected)s was expected.")
        if invoice.expected_tax is not None
        else _("QuickBooks came to another result."),
    }
    return texts[cause] % values
