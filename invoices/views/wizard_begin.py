"""The beginning of the wizard: go on with a draft, or start from a quote, lines, scratch or an earlier invoice."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_http_methods

from crm.models import Deal, Quote
from crm.queries import deals, quotes
from invoices import beginnings, queries
from invoices.enums import InvoiceSource
from invoices.models import InvoiceDraft
from invoices.ports import AccountingUnavailable
from invoices.services import drafts
from invoices.services.quote_rules import QuoteInvoiced, QuoteNotUsable
from invoices.views.answers import needs
from invoices.views.wizard import render_part, show_step

STARTS = (InvoiceSource.DEAL, InvoiceSource.SCRATCH, InvoiceSource.QUOTE, InvoiceSource.COPY)


@require_http_methods(["GET", "POST"])
@needs("invoices.create")
def draft_new(request: HttpRequest, pk: int) -> HttpResponse:
    """The beginning for a deal."""
    return _begin(request, get_object_or_404(deals.visible_to(request.user), pk=pk))


@require_http_methods(["GET", "POST"])
@needs("invoices.create")
def draft_blank(request: HttpRequest) -> HttpResponse:
    """The same without a deal."""
    return _begin(request, None)


@require_GET
@needs("invoices.create")
def draft_copies(request: HttpRequest) -> HttpResponse:
    """Earlier invoices to copy: the deal's and its customer's, or what a search finds."""
    pk, words = request.GET.get("deal", ""), request.GET.get("q", "")[: beginnings.LONGEST_SEARCH]
    deal = get_object_or_404(deals.visible_to(request.user), pk=int(pk)) if pk.isdecimal() and len(pk) < 19 else None
    found = beginnings.copies(deal, words, user=request.user)
    return render(request, "invoices/draft/_copies.html", {"invoices": found, "q": words.strip(), "deal": deal})


def _begin(request: HttpRequest, deal: Deal | None) -> HttpResponse:
    if request.method == "POST":
        return _started(request, deal)
    return _page(request, deal)


def _started(request: HttpRequest, deal: Deal | None) -> HttpResponse:
    post = request.POST
    source = post.get("source", "")
    quote: Quote | None = None
    try:
        if source == InvoiceSource.QUOTE:
            visible = quotes.visible_to(request.user).select_related("deal")
            quote = get_object_or_404(visible.filter(deal=deal) if deal else visible, pk=_number(post.get("quote")))
            draft = drafts.start_from(
                source,
                deal=deal,
                quote=quote,
                override_reason=post.get(f"reason-{quote.pk}", ""),
                again=post.get("again") == "yes",
                by=request.user,
            )
        elif source == InvoiceSource.COPY:
            invoice = get_object_or_404(queries.visible_to(request.user), pk=_number(post.get("invoice")))
            draft = drafts.start_from(source, deal=deal, invoice=invoice, by=request.user)
        else:
            draft = _plain(request, deal, source)
    except QuoteNotUsable as refused:
        typed = post.get(f"reason-{quote.pk}", "") if quote else ""
        said = {"wrong": str(refused), "wrong_quote": quote.pk if quote else 0, "typed_reason": typed}
        return _page(request, deal, status=422, **said)
    except QuoteInvoiced as asked:
        typed = post.get(f"reason-{quote.pk}", "") if quote else ""
        return _page(request, deal, asked=quote, asked_invoices=asked.invoices, typed_reason=typed)
    return show_step(request, draft, draft.step)


def _plain(request: HttpRequest, deal: Deal | None, source: str) -> InvoiceDraft:
    chosen = InvoiceSource.DEAL if deal is not None and source == InvoiceSource.DEAL else InvoiceSource.SCRATCH
    return drafts.start_from(chosen, deal=deal, by=request.user)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 19 else 0


def _page(request: HttpRequest, deal: Deal | None, *, status: int = 200, **said: Any) -> HttpResponse:
    try:
        begin = beginnings.beginning(deal, user=request.user, url=request.path, **said)
    except AccountingUnavailable as error:
        begin = beginnings.Beginning(deal=deal, url=request.path, reason=str(error))
    return render_part(request, "invoices/draft/_begin.html", {"begin": begin}, status=status)
