"""The page of one invoice, its PDF, its history, and what may be done with it."""

import hashlib

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import registry
from core.properties import shown
from core.search import matching
from crm.queries import deals
from crm.queries.timeline import kinds, stretch
from invoices import differences, queries, suggestions
from invoices.cards import UNDER_WAY
from invoices.enums import InvoiceSource, SyncState
from invoices.models import Invoice, InvoiceDraft
from invoices.ports import AccountingUnavailable, SyncMark, accounting
from invoices.services import drafts, moves
from invoices.views.answers import needs, toast, told

DEALS_OFFERED = 20


def _visible(request: HttpRequest, pk: int) -> Invoice:
    return get_object_or_404(queries.visible_to(request.user).select_related("connection", "deal"), pk=pk)


@require_GET
@needs("invoices.view")
def invoice_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of an invoice: lines and totals; payments, history and related records come as fragments."""
    invoice = queries.record(request.user, pk)
    if invoice is None:
        raise Http404
    mark = _mark(invoice)
    failed = mark.state == SyncState.FAILED
    draft = InvoiceDraft.objects.filter(invoice=invoice).first() if failed and not invoice.external_id else None
    # A wish that nobody has planned yet is under way too.
    busy = mark.state in UNDER_WAY or (bool(invoice.ending) and not failed)
    context = {"invoice": invoice, "mark": mark, "failed": failed, "draft": draft, "busy": busy}
    context["living"] = bool(invoice.external_id) and invoice.removed_at is None and not invoice.voided
    context["suggestions"] = (
        suggestions.deals_for(invoice, request.user) if request.user.has_perm("invoices.create") else []
    )
    context["version"] = _version(invoice)
    context["difference"] = differences.explain(invoice)
    context["cards"] = registry.cards_for("invoice", request.user)
    context["property_card"] = shown.card(invoice, "invoice", request.user, editable=invoice.removed_at is None)
    return render(request, "invoices/invoice_detail.html", context)


@require_GET
@needs("invoices.view")
def invoice_news(request: HttpRequest, pk: int) -> HttpResponse:
    """Renew the page of an invoice that has changed since it was made; a 204 without an event otherwise.

    Figures that follow from another document (a payment, a merged edit) come with a pull, after the page stopped
    following its own operation.
    """
    same = request.GET.get("seen") == _version(_visible(request, pk))
    return told({} if same else {"invoices:changed": {}})


def _version(invoice: Invoice) -> str:
    """What says that the figures of an invoice's page are others; short, to be compared only."""
    figures = (invoice.remote_updated_at, invoice.status, invoice.balance, invoice.total, invoice.removed_at)
    return hashlib.sha256(repr(figures).encode()).hexdigest()[:16]


def _mark(invoice: Invoice) -> SyncMark:
    try:
        return accounting().sync_marks([invoice.pk]).get(invoice.pk) or SyncMark(SyncState.NONE)
    except AccountingUnavailable as error:
        return SyncMark(SyncState.WAITING, reason=str(error))


@require_GET
@needs("invoices.view")
def invoice_history(request: HttpRequest, pk: int) -> HttpResponse:
    """The timeline of an invoice by kind, older entries by key."""
    invoice = _visible(request, pk)
    there = queries.kinds_told(invoice)
    offered = [(kind, label) for kind, label in kinds() if kind in there]
    chosen = request.GET.get("kind", "")
    chosen = chosen if chosen in dict(offered) else ""
    before = request.GET.get("before", "")
    found = stretch(request.user, "invoice", invoice.pk, kind=chosen, before=int(before) if before.isdecimal() else 0)
    url = reverse("invoices:invoice-history", args=[pk])
    more = f"{url}?kind={chosen}&before={found.older}" if found.older else ""
    template = "core/_timeline_items.html" if before else "invoices/_history.html"
    context = {"entries": found.entries, "more": more, "url": url, "kind": chosen}
    context["record"] = f"invoice:{pk}"
    context["kinds"] = [("", _("All")), *offered] if len(offered) > 1 else []
    return render(request, template, context)


@require_GET
@needs("invoices.view")
def invoice_records(request: HttpRequest, pk: int) -> HttpResponse:
    """Contacts and companies that an invoice belongs to."""
    invoice = _visible(request, pk)
    context = {"invoice": invoice, "contacts": invoice.contacts.all(), "companies": invoice.companies.all()}
    return render(request, "invoices/_records.html", context)


@require_GET
@needs("invoices.view")
def invoice_payment_link(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the customer can pay online; QuickBooks is asked once for each state of the invoice."""
    invoice = _visible(request, pk)
    try:
        context = {"invoice": invoice, "link": accounting().payment_link(invoice)}
    except AccountingUnavailable as error:
        context = {"invoice": invoice, "link": "", "reason": str(error)}
    return render(request, "invoices/_payment_link.html", context)


@require_POST
@needs("invoices.create")
def invoice_copy(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin a new invoice as a copy of this one."""
    invoice = _visible(request, pk)
    draft = drafts.start_from(InvoiceSource.COPY, invoice=invoice, by=request.user)
    return redirect("invoices:draft-open", draft.request_id)


@require_POST
@needs("invoices.create")
def invoice_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a refused invoice again; nothing happens when it was not refused."""
    invoice = _visible(request, pk)
    try:
        mark = accounting().sync_marks([invoice.pk]).get(invoice.pk)
        if mark is None or mark.state != SyncState.FAILED:
            return told({"invoices:changed": {}, **toast(_("This invoice is not waiting for a retry."), "info")})
        accounting().retry(invoice, by=request.user)
    except AccountingUnavailable as error:
        return told(toast(str(error), "error"))
    return told({"invoices:changed": {}, **toast(_("Sent to QuickBooks again."))})


@require_http_methods(["GET", "POST"])
@needs("invoices.view")
def invoice_deal(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose the deal that an invoice counts for, or none; moving it from another deal is confirmed first."""
    invoice = _visible(request, pk)
    if request.method == "POST":
        return _move(request, invoice)
    words = request.GET.get("q", "").strip()
    offered = deals.visible_to(request.user).filter(archived_at=None).select_related("company")
    search = matching(words)
    offered = offered.filter(search=search) if search else offered
    found = offered.order_by("-updated_at", "-pk")[:DEALS_OFFERED]
    template = "invoices/_deal_choices.html" if "q" in request.GET else "invoices/_deal_form.html"
    return render(request, template, {"invoice": invoice, "deals": found, "q": words})


def _move(request: HttpRequest, invoice: Invoice) -> HttpResponse:
    if not request.user.has_perm("invoices.create"):
        raise PermissionDenied(_("Only those who may create invoices may move them between deals."))
    chosen = request.POST.get("deal", "")
    if not chosen:
        moves.unlink(invoice, by=request.user)
    else:
        if not chosen.isdigit():
            raise Http404
        deal = get_object_or_404(deals.visible_to(request.user), pk=int(chosen))
        try:
            moves.link_to_deal(invoice, deal, by=request.user, move=request.POST.get("move") == "yes")
        except moves.OnAnotherDeal as other:
            context = {"invoice": invoice, "deal": deal, "other": other.deal}
            return render(request, "invoices/_deal_move.html", context, status=422)
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})
