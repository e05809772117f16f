"""Cards on pages of others: invoices of a deal, contact or company, and what needs somebody on the home page."""

import hashlib
import re

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.queries import companies, contacts, deals
from invoices import attention, queries
from invoices.cards import card
from invoices.ports import AccountingUnavailable, accounting
from invoices.views.answers import needs, toast, told

_TOKEN = re.compile(r'<input type="hidden" name="csrfmiddlewaretoken" value="[^"]*">')


@require_GET
@needs("invoices.view")
def deal_card(request: HttpRequest, pk: int) -> HttpResponse:
    """The invoices of a deal."""
    deal = get_object_or_404(deals.visible_to(request.user).select_related("billing").defer("search"), pk=pk)
    url = reverse("invoices:deal-card", args=[pk])
    return _answer(request, card("deal", pk, user=request.user, url=url, deal=deal))


@require_GET
@needs("invoices.view")
def contact_card(request: HttpRequest, pk: int) -> HttpResponse:
    """The invoices of a contact."""
    get_object_or_404(contacts.visible_to(request.user), pk=pk)
    return _answer(request, card("contact", pk, user=request.user, url=reverse("invoices:contact-card", args=[pk])))


@require_GET
@needs("invoices.view")
def company_card(request: HttpRequest, pk: int) -> HttpResponse:
    """The invoices of a company."""
    get_object_or_404(companies.visible_to(request.user), pk=pk)
    return _answer(request, card("company", pk, user=request.user, url=reverse("invoices:company-card", args=[pk])))


def _answer(request: HttpRequest, shown: object) -> HttpResponse:
    """The card; nothing at all when the page has just this already, so that a poll does not disturb its reader."""
    body = render_to_string("invoices/_card.html", {"card": shown, "seen": "SEEN"}, request)
    # A token is another one each time, although it says the same.
    digest = hashlib.sha256(_TOKEN.sub("", body).encode()).hexdigest()[:16]
    if request.GET.get("seen") == digest:
        return HttpResponse(status=204)
    response = HttpResponse(body.replace("?seen=SEEN", f"?seen={digest}", 1))
    if "seen" in request.GET:
        # What else the page says of these invoices (properties, timeline) is older than this card now.
        response["HX-Trigger-After-Swap"] = "invoices:shown"
    return response


@require_GET
@needs("invoices.view")
def home_card(request: HttpRequest) -> HttpResponse:
    """Invoices that need something: refused, overdue, not sent, or with another total than expected."""
    try:
        rows = queries.needing_something(request.user)
        companies_today = accounting().todays() if rows else {}
    except AccountingUnavailable as error:
        return render(request, "invoices/_home_card.html", {"reason": str(error)})
    lines = [
        (row, queries.days_overdue(row.invoice, companies_today[row.invoice.connection_id]))
        for row in rows
        if row.invoice.connection_id in companies_today
    ]
    context = {
        "lines": lines,
        "to_send": attention.to_send(request.user),
        "differing": attention.differing(request.user),
    }
    return render(request, "invoices/_home_card.html", context)


@require_POST
@needs("invoices.view")
def sync_now(request: HttpRequest) -> HttpResponse:
    """Ask for a pull of the companies that a card shows; the card sees the result by itself."""
    ids = request.POST.get("connections", "")
    try:
        wanted = [int(each) for each in ids.split(",") if each]
    except ValueError as error:
        raise Http404 from error
    known = {account.connection_id for account in accounting().accounts() if account.usable}
    asked = [pk for pk in wanted if pk in known]
    if not asked:
        return told(toast(_("QuickBooks can't be asked just now: the company is not connected."), "error"))
    accounting().request_pull(asked, by=request.user)
    asked_toast = toast(_("Asked QuickBooks. What changed appears here by itself."), "info")
    return told({"invoices:changed": {}, **asked_toast})
