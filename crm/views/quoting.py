"""What people do with a quote: approval, publication, versions, its public address, answers by phone."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import require
from crm.enums import QuoteStatus
from crm.models import Quote
from crm.queries import quotes as queries
from crm.services import quote_life, quotes, records
from crm.views.editing import to


@require_POST
def quote_publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish a draft; what speaks against it is said in words."""
    return _act(request, pk, lambda quote: quotes.publish(quote, by=request.user), _("Quote published."))


@require_POST
def quote_ask_approval(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for approval of a discount that passes the limit."""
    done = _("Sent for approval. It is published as soon as somebody approves it.")
    return _act(request, pk, lambda quote: quote_life.ask_for_approval(quote, by=request.user), done)


@require_POST
def quote_approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve the discount and publish."""
    require(request.user, "crm.approve_quote")
    return _act(request, pk, lambda quote: quote_life.approve(quote, by=request.user), _("Approved and published."))


@require_POST
def quote_reject(request: HttpRequest, pk: int) -> HttpResponse:
    """Make it a draft again: an approver gives a reason, whoever asked takes it back."""
    reason = request.POST.get("reason", "")
    done = _("The quote is a draft again.")

    def act(quote: Quote) -> Quote:
        if quote.approval_asked_by_id != request.user.pk:
            require(request.user, "crm.approve_quote")
        return quote_life.reject(quote, by=request.user, reason=reason)

    return _act(request, pk, act, done)


@require_POST
def quote_revise(request: HttpRequest, pk: int) -> HttpResponse:
    """Start the next version and go there."""
    done = _("This is the next version. The published one counts until you publish this.")
    return _act(request, pk, lambda quote: quote_life.revise(quote, by=request.user), done)


@require_POST
def quote_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that the customer said yes or no on paper or by phone."""
    status = QuoteStatus.ACCEPTED if request.POST.get("answer") == "accepted" else QuoteStatus.DECLINED
    reason = request.POST.get("reason", "")
    done = _("Noted.")
    return _act(request, pk, lambda quote: quote_life.answer_for(quote, status, by=request.user, reason=reason), done)


@require_POST
def quote_link(request: HttpRequest, pk: int) -> HttpResponse:
    """Close the public address (``act=close``), or make another one."""
    if request.POST.get("act") == "close":
        closed = _("The public address is closed.")
        return _act(request, pk, lambda quote: quote_life.close_link(quote, by=request.user), closed)
    made = _("The quote has a new public address. The old one leads nowhere now.")
    return _act(request, pk, lambda quote: quote_life.new_link(quote, by=request.user), made)


def _act(request: HttpRequest, pk: int, act: Callable[[Quote], Quote], done: str) -> HttpResponse:
    require(request.user, "crm.edit")
    quote = get_object_or_404(queries.visible_to(request.user), pk=pk)
    try:
        quote = act(quote)
    except tuple(REFUSALS) as refusal:
        messages.error(request, str(REFUSALS[type(refusal)]()))
    else:
        messages.success(request, done)
    return to(request, resolve_url("crm:quote-detail", quote.pk))


REFUSALS: dict[type[Exception], Callable[[], Any]] = {
    quotes.NotADraft: lambda: _("This quote was published already."),
    quotes.NoLines: lambda: _("Add a line item before you publish the quote."),
    quotes.Expired: lambda: _("The expiry date has passed. Choose a later one first."),
    quotes.NeedsApproval: lambda: _("The discount passes the limit. Ask for approval instead."),
    quote_life.NotWaiting: lambda: _("This quote does not wait for approval."),
    quote_life.NotOpen: lambda: _("This quote can't be answered any more."),
    quote_life.NotRevisable: lambda: _("There is a newer version already, or nothing published to revise."),
    records.Archived: lambda: _("This record is archived. Restore it to change it."),
}
