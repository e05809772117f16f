"""What invoices add to quotes: the estimate in QuickBooks, what was invoiced, invoices of a part."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import require
from crm.models import Quote
from crm.queries import quotes
from invoices import queries
from invoices.forms_estimates import EstimateForm, PartForm
from invoices.models import Estimate, Invoice
from invoices.ports import accounting
from invoices.services import default_account, estimates, quote_billing, quote_left, quote_rules
from invoices.services.estimates import PUBLISHABLE, NoEstimate
from invoices.services.quote_billing import BadPart
from invoices.views.answers import needs


@require_GET
@needs("invoices.view")
def quote_card(request: HttpRequest, pk: int) -> HttpResponse:
    """The estimate of a quote, and what was invoiced of it."""
    quote = _quote(request, pk)
    estimate = Estimate.objects.select_related("connection").filter(quote=quote).first()
    marks = accounting().document_marks("estimate", [estimate.pk]) if estimate else {}
    rows = Invoice.objects.filter(quote_id__in=quote_left.versions_of(quote)).defer("search").order_by("-pk")
    visible = queries.visible_to(request.user)
    invoices = list(visible.filter(pk__in=rows.values("pk")).order_by("-pk")[:20])
    billed = quote_left.billed_of(quote)
    may_bill = not quote_rules.refusal(quote) and request.user.has_perm("invoices.create")
    context = {
        "quote": quote,
        "estimate": estimate,
        "mark": marks.get(estimate.pk) if estimate else None,
        "invoices": invoices,
        "billed": billed,
        "may_send": quote.status in PUBLISHABLE
        and quote.archived_at is None
        and (estimate is None or estimate.removed_at is not None)
        and request.user.has_perm("invoices.post")
        and any(account.usable for account in accounting().accounts()),
        "may_bill": may_bill and (billed.left > 0 or not billed.billed),
    }
    return render(request, "invoices/quotes/_card.html", context)


@require_http_methods(["GET", "POST"])
@needs("invoices.post")
def estimate_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose company, customer and tax codes, and send the quote to QuickBooks as an estimate."""
    quote = _quote(request, pk)
    accounts = [account for account in accounting().accounts() if account.usable]
    asked = request.POST.get("connection") or request.GET.get("connection") or ""
    chosen = next((a for a in accounts if str(a.connection_id) == asked), None)
    if chosen is None:
        found = default_account.proposed(accounts, deal=quote.deal, currency=quote.currency)
        chosen = found.account if found else None
    context: dict[str, Any] = {"quote": quote, "accounts": accounts, "chosen": chosen}
    if chosen is None:
        context["problem"] = _("No QuickBooks company is connected.")
        return render(request, "invoices/quotes/estimate_form.html", context)
    proposal = estimates.propose(quote, chosen.connection_id)
    if not proposal.customers and not proposal.new_customer["name"]:
        context["problem"] = estimates.nobody()
        return render(request, "invoices/quotes/estimate_form.html", context)
    form = EstimateForm(request.POST if request.method == "POST" else None, proposal=proposal)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                estimates.request(quote, form.wanted(), by=request.user)
            except NoEstimate as refusal:
                context["problem"] = str(refusal)
            else:
                messages.success(request, _("The estimate is on its way to QuickBooks."))
                return redirect("crm:quote-detail", pk)
    context |= {"form": form, "proposal": proposal}
    return render(request, "invoices/quotes/estimate_form.html", context, status=status)


@require_POST
@needs("invoices.post")
def estimate_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a refused estimate again."""
    quote = _quote(request, pk)
    estimate = get_object_or_404(Estimate, quote=quote)
    if accounting().retry_document("estimate", estimate.pk):
        messages.success(request, _("Sent again."))
    else:
        messages.info(request, _("Nothing waits to be sent."))
    return redirect("crm:quote-detail", pk)


@require_GET
@needs("invoices.view")
def estimate_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """An estimate is shown on the page of its quote."""
    estimate = get_object_or_404(Estimate.objects.filter(quote__in=quotes.visible_to(request.user)), pk=pk)
    return redirect("crm:quote-detail", estimate.quote_id)


@require_http_methods(["GET", "POST"])
@needs("invoices.create")
def quote_invoice(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose which part of the quote to invoice; the wizard opens with it."""
    quote = _quote(request, pk)
    billed = quote_left.billed_of(quote)
    typed = request.POST if request.method == "POST" else None
    form = PartForm(typed, quote=quote, started=bool(billed.billed))
    problem, status = quote_rules.refusal(quote), 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and not problem:
            try:
                draft = quote_billing.start_part(quote, form.part(), by=request.user)
            except (BadPart, quote_rules.QuoteNotUsable) as refusal:
                problem = str(refusal)
            else:
                return redirect("invoices:draft-open", draft.request_id)
    context = {"quote": quote, "form": form, "billed": billed, "problem": problem}
    return render(request, "invoices/quotes/invoice_form.html", context, status=status)


def _quote(request: HttpRequest, pk: int) -> Quote:
    require(request.user, "invoices.view")
    return get_object_or_404(quotes.record(request.user), pk=pk)
