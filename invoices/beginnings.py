"""What the first page of the wizard offers: open drafts, quotes, the deal's lines, scratch, earlier invoices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Prefetch, Q

from crm.models import Deal, Quote
from crm.queries import quotes
from invoices import queries
from invoices.models import Invoice, InvoiceDraft
from invoices.ports import Account, accounting
from invoices.services import drafts, quote_rules

QUOTES_SHOWN = 20
COPIES_SHOWN = 10
LONGEST_SEARCH = 200


@dataclass(frozen=True)
class QuoteSource:
    """A quote of the deal: usable, or with the reason why it is not, and the invoices it became already."""

    quote: Quote
    refusal: str
    invoices: Sequence[Invoice]
    lines: int


@dataclass(frozen=True)
class Beginning:
    """Everything the page prints."""

    deal: Deal | None
    url: str
    drafts: Sequence[InvoiceDraft] = ()
    quotes: Sequence[QuoteSource] = ()
    lines: int = 0
    usable: Sequence[Account] = ()
    problems: Sequence[Account] = ()
    may_connect: bool = False
    may_override: bool = False
    copies: bool = False
    reason: str = ""
    asked: Quote | None = None  # it was invoiced already; the page asks whether to do so again
    asked_invoices: Sequence[Invoice] = ()
    wrong: str = ""  # why the chosen quote was refused
    wrong_quote: int = 0
    typed_reason: str = ""

    @property
    def fits(self) -> Sequence[QuoteSource]:
        """Quotes that may become invoices."""
        return [each for each in self.quotes if not each.refusal]

    @property
    def misfits(self) -> Sequence[QuoteSource]:
        """Quotes that may not, with their reasons."""
        return [each for each in self.quotes if each.refusal]


def beginning(deal: Deal | None, *, user: Any, url: str, **said: Any) -> Beginning:
    """The page for ``user``. Raises AccountingUnavailable."""
    accounts = accounting().accounts()
    return Beginning(
        deal=deal,
        url=url,
        drafts=drafts.open_drafts(deal, by=user),
        quotes=_quotes(deal, user) if deal is not None else [],
        lines=deal.lines.count() if deal is not None else 0,
        usable=[account for account in accounts if account.usable],
        problems=[account for account in accounts if not account.usable],
        may_connect=user.has_perm("qbo_connector.connect"),
        may_override=user.has_perm(quote_rules.OVERRIDE),
        copies=queries.visible_to(user).filter(removed_at=None).exists(),
        **said,
    )


def _quotes(deal: Deal, user: Any) -> list[QuoteSource]:
    standing = Invoice.objects.filter(voided=False, removed_at=None).defer("search").order_by("-pk")
    found = (
        quotes.visible_to(user)
        .filter(deal=deal, archived_at=None)
        .defer("search")
        .annotate(line_count=Count("lines"))
        .prefetch_related(Prefetch("invoices", standing, to_attr="made"))
        .order_by("-updated_at", "-pk")[:QUOTES_SHOWN]
    )
    return [QuoteSource(quote, quote_rules.refusal(quote), quote.made, quote.line_count) for quote in found]


def copies(deal: Deal | None, text: str, *, user: Any) -> list[Invoice]:
    """Invoices to copy: by number, customer or amount; without a search those of the deal and of its customer."""
    found = queries.visible_to(user).filter(removed_at=None).exclude(external_id="")
    if text.strip():
        found = found.filter(queries.found_by(text))
    elif deal is not None:
        own = Q(deal=deal) | Q(contacts__in=deal.contacts.all())
        if deal.company_id:
            own |= Q(companies=deal.company_id)
        found = found.filter(pk__in=Invoice.objects.filter(own).values("pk"))
    return list(found.select_related("connection", "deal").order_by("-issued_on", "-pk")[:COPIES_SHOWN])
