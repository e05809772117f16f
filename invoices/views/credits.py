"""Credit memos, refunds and sales receipts: lists, page, credit an invoice, use credit, cards on records."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.money import formatted
from core.properties import shown
from core.tables.views import pages
from crm.queries import companies, contacts, deals
from invoices import payment_queries, queries
from invoices.credit_form import ApplyForm, CreditForm
from invoices.enums import CreditKind, Ending, SyncState
from invoices.models import CreditApplication, CreditDocument, Invoice
from invoices.ports import accounting
from invoices.services import credit_endings, credit_memos, credits
from invoices.services.payments import BadPayment
from invoices.views.answers import by_htmx, needs, toast, told
from invoices.views.payments import ON_ITS_WAY, history, mark_of, retried
from qbo_connector.models import Connection


@require_GET
@needs("invoices.view")
def creditmemo_list(request: HttpRequest) -> HttpResponse:
    """All credit memos."""
    return pages.index(request, str(CreditKind.CREDIT_MEMO), connected=Connection.objects.exists)


@require_GET
@needs("invoices.view")
def refund_list(request: HttpRequest) -> HttpResponse:
    """All refund receipts."""
    return pages.index(request, str(CreditKind.REFUND), connected=Connection.objects.exists)


@require_GET
@needs("invoices.view")
def salesreceipt_list(request: HttpRequest) -> HttpResponse:
    """All sales receipts."""
    return pages.index(request, str(CreditKind.SALES_RECEIPT), connected=Connection.objects.exists)


@require_GET
@needs("invoices.view")
def credit_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of a credit memo, refund or sales receipt; its history comes as a fragment."""
    uses = CreditApplication.objects.filter(payment__removed_at=None).select_related("payment").order_by("pk")
    uses = uses.defer("payment__search").prefetch_related("payment__applications__invoice")
    rows = (
        _visible(request)
        .select_related("connection", "invoice", "deal", "created_by")
        .defer("invoice__search", "deal__search")
    )
    document = get_object_or_404(rows.prefetch_related(Prefetch("applications", uses)), pk=pk)
    mark = mark_of(document.kind, document.pk)
    may_use = request.user.has_perm("invoices.record_payment")
    may_end = request.user.has_perm("invoices.void") and document.living and not document.ending
    endings = credit_endings.ENDINGS.get(CreditKind(document.kind), ()) if may_end else ()
    context = {
        "document": document,
        "lines": credit_memos.shown_lines(document),
        "used": document.total - document.remaining,
        "mark": mark,
        "failed": mark.state == SyncState.FAILED,
        "busy": mark.state in ON_ITS_WAY or (bool(document.ending) and mark.state != SyncState.FAILED),
        "usable": credits.usable_for(document, request.user) if may_use else [],
        "endings": endings,
        "ending_refusal": credit_endings.refusal_of(document) if endings else "",
        "unsent": not document.external_id and document.removed_at is None,
        "list_url": reverse(f"invoices:{document.kind}-list"),
        "property_card": shown.card(document, document.kind, request.user, editable=document.removed_at is None),
    }
    return render(request, "invoices/payments/credit_detail.html", context)


def _visible(request: HttpRequest) -> QuerySet[CreditDocument]:
    return payment_queries.credits_visible_to(request.user)


@require_GET
@needs("invoices.view")
def credit_history(request: HttpRequest, pk: int) -> HttpResponse:
    """The timeline of a document, older entries by key."""
    document = get_object_or_404(_visible(request), pk=pk)
    return history(request, document.kind, pk, reverse("invoices:credit-history", args=[pk]))


@require_http_methods(["GET", "POST"])
@needs("invoices.record_payment")
def credit_apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Use unapplied payments and credit memos of the customer for an invoice."""
    invoice = _invoice(request, pk)
    form, problem = ApplyForm(request.POST if request.method == "POST" else None, invoice=invoice), ""
    if request.method == "POST":
        problem = _("An amount can't be read.") if form.wrong() else ""
        try:
            if not problem:
                credits.apply_credits(
                    invoice,
                    payments=form.chosen_payments(),
                    memos=form.chosen_memos(),
                    request_id=form.request_id,
                    by=request.user,
                )
                return _done(request, _("Applied. The balance changes as soon as QuickBooks has it."), invoice)
        except BadPayment as refused:
            problem = str(refused)
    context = {"invoice": invoice, "form": form, "problem": problem, "in_panel": by_htmx(request)}
    template = "invoices/payments/_apply.html" if by_htmx(request) else "invoices/payments/apply.html"
    return render(request, template, context, status=422 if problem else 200)


@require_POST
@needs("invoices.record_payment")
def credit_use(request: HttpRequest, pk: int, invoice_pk: int) -> HttpResponse:
    """Use as much of a credit memo for an invoice as fits."""
    document = get_object_or_404(_visible(request), pk=pk)
    invoice = _invoice(request, invoice_pk)
    try:
        used = formatted(credits.apply_memo(document, invoice, by=request.user), document.currency)
    except BadPayment as refused:
        if by_htmx(request):
            return told(toast(str(refused), "error"))
        messages.error(request, str(refused))
    else:
        words = _("%(amount)s used for invoice %(invoice)s. The balance changes as soon as QuickBooks has it.")
        words %= {"amount": used, "invoice": invoice}
        if by_htmx(request):
            return told({"invoices:changed": {}, **toast(words)})
        messages.success(request, words)
    return redirect("invoices:credit-detail", pk)


@require_http_methods(["GET", "POST"])
@needs("invoices.record_payment")
def credit_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Credit an invoice, whole or line by line: a credit memo on its way to QuickBooks."""
    invoice = _invoice(request, pk)
    today = accounting().today(invoice.connection_id)
    form = CreditForm(request.POST if request.method == "POST" else None, invoice=invoice, today=today)
    problem = ""
    if request.method == "POST":
        problem = form.problem()
        try:
            if not problem:
                assert form.issued_on is not None
                credit_memos.create_from_invoice(
                    invoice,
                    form.amounts(),
                    issued_on=form.issued_on,
                    message=form.message,
                    note=form.note,
                    request_id=form.request_id,
                    by=request.user,
                )
                return _done(request, _("Credited. The credit memo is on its way to QuickBooks."), invoice)
        except credit_memos.BadCredit as refused:
            problem = str(refused)
        except credit_memos.IntentReused:
            problem = _("This invoice was credited already, with other figures. Open the form again.")
    context = {"invoice": invoice, "form": form, "problem": problem, "in_panel": by_htmx(request)}
    template = "invoices/payments/_credit.html" if by_htmx(request) else "invoices/payments/credit.html"
    return render(request, template, context, status=422 if problem else 200)


def _invoice(request: HttpRequest, pk: int) -> Invoice:
    return get_object_or_404(queries.visible_to(request.user).select_related("connection", "deal"), pk=pk)


def _done(request: HttpRequest, text: str, invoice: Invoice) -> HttpResponse:
    messages.success(request, text)
    if by_htmx(request):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return redirect("invoices:invoice-detail", invoice.pk)


@require_POST
@needs("invoices.record_payment")
def credit_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Give up a credit memo or sales receipt that QuickBooks refused or does not have yet."""
    document = get_object_or_404(_visible(request), pk=pk)
    try:
        credit_memos.discard(document, by=request.user)
    except credit_memos.BadCredit as refused:
        messages.error(request, str(refused))
        return redirect("invoices:credit-detail", pk)
    messages.success(request, _("Discarded. It counts for nothing any more."))
    return (
        redirect("invoices:invoice-detail", document.invoice_id)
        if document.invoice_id
        else redirect("invoices:credit-detail", pk)
    )


@require_POST
@needs("invoices.void")
def credit_void(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask QuickBooks to void a sales receipt."""
    return _end(request, pk, partial(credit_endings.end, ending=Ending.VOID), _("It is being voided in QuickBooks."))


@require_POST
@needs("invoices.void")
def credit_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask QuickBooks to delete a credit memo or sales receipt."""
    return _end(request, pk, partial(credit_endings.end, ending=Ending.DELETE), _("It is being deleted in QuickBooks."))


@require_POST
@needs("invoices.void")
def credit_keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a wish to void or delete that QuickBooks refused."""
    return _end(request, pk, credit_endings.withdraw, _("It stays as it is."))


def _end(request: HttpRequest, pk: int, act: Callable[..., Any], told_then: str) -> HttpResponse:
    document = get_object_or_404(_visible(request), pk=pk)
    try:
        act(document, by=request.user)
    except credit_endings.NotPossible as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, told_then)
    return redirect("invoices:credit-detail", pk)


@require_POST
@needs("invoices.record_payment")
def credit_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a refused credit memo again."""
    document = get_object_or_404(_visible(request), pk=pk)
    return retried(request, document.kind, pk, reverse("invoices:credit-detail", args=[pk]))


@require_GET
@needs("invoices.view")
def deal_money_card(request: HttpRequest, pk: int) -> HttpResponse:
    """Payments and credits of a deal's invoices."""
    return _card(request, "deal", get_object_or_404(deals.visible_to(request.user), pk=pk))


@require_GET
@needs("invoices.view")
def contact_money_card(request: HttpRequest, pk: int) -> HttpResponse:
    """Payments, credits and receipts of a contact."""
    return _card(request, "contact", get_object_or_404(contacts.visible_to(request.user), pk=pk))


@require_GET
@needs("invoices.view")
def company_money_card(request: HttpRequest, pk: int) -> HttpResponse:
    """Payments, credits and receipts of a company."""
    return _card(request, "company", get_object_or_404(companies.visible_to(request.user), pk=pk))


def _card(request: HttpRequest, object_type: str, record: Any) -> HttpResponse:
    if object_type not in ("deal", "contact", "company"):
        raise Http404
    found = payment_queries.money_of(object_type, record.pk, request.user)
    return render(request, "invoices/payments/_money_card.html", {"found": found})
