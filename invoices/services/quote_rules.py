"""Which quotes may become invoices, and what is written down when somebody uses another one all the same."""

import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core import company as own_company
from core.events import emit
from crm.enums import QuoteStatus
from crm.models import Quote
from invoices.drafts import DraftContent
from invoices.models import Invoice

OVERRIDE = "invoices.override_quote"
USABLE = (QuoteStatus.PUBLISHED, QuoteStatus.ACCEPTED)


class QuoteNotUsable(Exception):
    """The quote is not published or has expired; ``str`` says which. A permission and a reason override it."""


class QuoteInvoiced(Exception):
    """The quote became an invoice before; ``invoices`` are those. Asking again makes another one."""

    def __init__(self, invoices: list[Invoice]) -> None:
        super().__init__(_("This quote was invoiced already."))
        self.invoices = invoices


def refusal(quote: Quote, *, today: datetime.date | None = None) -> str:
    """Why ``quote`` may not become an invoice, in words; empty if it may."""
    if quote.archived_at is not None:
        return _("It was archived.")
    if quote.status == QuoteStatus.DECLINED:
        return _("The customer declined it.")
    if quote.status == QuoteStatus.REPLACED:
        return _("A newer version replaced it.")
    if quote.status == QuoteStatus.CLOSED:
        return _("It was closed in QuickBooks.")
    if quote.status not in USABLE:
        return _("It is not published yet.")
    if quote.status == QuoteStatus.ACCEPTED:
        return ""  # what the customer accepted in time is owed, also in parts later on
    if quote.expires_on is not None and quote.expires_on < (today or own_company.today()):
        return _("It expired on %s.") % date_format(quote.expires_on, "DATE_FORMAT")
    return ""


def invoices_of(quote: Quote) -> QuerySet[Invoice]:
    """The invoices that were made from the quote and still stand, the latest first."""
    return quote.invoices.filter(voided=False, removed_at=None).defer("search").order_by("-pk")


def check(quote: Quote, *, reason: str, again: bool, by: Any) -> None:
    """Raises QuoteNotUsable or QuoteInvoiced unless this person may, and wants to, invoice ``quote`` all the same."""
    wrong = refusal(quote)
    if wrong and not (reason.strip() and by is not None and by.has_perm(OVERRIDE)):
        raise QuoteNotUsable(wrong)
    if not again and (made := list(invoices_of(quote)[:5])):
        raise QuoteInvoiced(made)


def tell_override(invoice: Invoice, content: DraftContent, *, by: Any) -> None:
    """Write on deal and invoice why a quote was used that is not published, or expired."""
    if content.quote_id is None or not content.override_reason.strip():
        return
    quote = Quote.objects.filter(pk=content.quote_id).first()
    emit(
        "invoice.quote_overridden",
        invoice,
        by=by,
        about=[invoice.deal] if invoice.deal else [],
        quote=str(quote) if quote else "",
        why=refusal(quote) if quote else "",
        reason=content.override_reason.strip(),
        number=invoice.number,
    )
