"""Payments: the list, the page of one, recording and correcting, voiding and deleting."""

import datetime
import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.visibility import sees_all
from core import registry
from core.properties import definitions, shown
from core.tables.views import pages
from crm.queries.timeline import stretch
from invoices import queries
from invoices.enums import Ending, SyncState
from invoices.models import CreditApplication, CreditUse, Invoice, Payment, PaymentApplication
from invoices.payment_form import PaymentForm, correction_of, next_intent
from invoices.ports import AccountingUnavailable, SyncMark, accounting
from invoices.services import credits, payment_endings, payments
from invoices.services.payments import BadPayment, IntentReused
from invoices.views.answers import by_htmx, needs, toast, told
from qbo_connector.models import Connection

ON_ITS_WAY = (SyncState.CREATING, SyncState.WAITING)
SOON = datetime.timedelta(minutes=2)


@require_GET
@needs("invoices.view")
def payment_list(request: HttpRequest) -> HttpResponse:
    """All payments: search, filters, order, columns and page are in the address."""
    return pages.index(request, "payment", connected=Connection.objects.exists)


@require_GET
@needs("invoices.view")
def payment_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of a payment: what it pays and uses, where the money went; its history comes as a fragment."""
    parts = queries.parts_visible_to(request.user).select_related("invoice").defer("invoice__search").order_by("pk")
    uses = CreditApplication.objects.select_related("credit").defer("credit__search").order_by("pk")
    open_uses = CreditUse.objects.filter(done_at=None, **of_seen(request.user)).select_related("invoice")
    open_uses = open_uses.defer("invoice__search").order_by("pk")
    rows = queries.payments_visible_to(request.user).select_related("connection", "created_by", "ending_by")
    rows = rows.defer("search").prefetch_related(
        Prefetch("applications", parts), Prefetch("credit_applications", uses), Prefetch("uses", open_uses)
    )
    payment = get_object_or_404(rows, pk=pk)
    mark = mark_of("payment", payment.pk)
    return render(
        request,
        "invoices/payments/payment_detail.html",
        {
            "payment": payment,
            "mark": mark,
            "failed": mark.state == SyncState.FAILED,
            "busy": mark.state in ON_ITS_WAY or (bool(payment.ending) and mark.state != SyncState.FAILED),
            "unsent": not payment.external_id and payment.removed_at is None,
            "void_refusal": payment_endings.refusal_of(payment, Ending.VOID),
            "delete_refusal": payment_endings.refusal_of(payment, Ending.DELETE),
            "cards": registry.cards_for("payment", request.user),
            "property_card": shown.card(payment, "payment", request.user, editable=payment.removed_at is None),
        },
    )


def of_seen(user: Any) -> dict[str, Any]:
    """The condition that an invoice is one that ``user`` may see; none for who sees them all."""
    return {} if sees_all(user) else {"invoice__in": queries.visible_to(user).order_by().values("pk")}


def mark_of(object_type: str, pk: int) -> SyncMark:
    """The sync state of one payment or credit document."""
    try:
        return accounting().document_marks(object_type, [pk]).get(pk) or SyncMark(SyncState.NONE)
    except AccountingUnavailable as error:
        return SyncMark(SyncState.WAITING, reason=str(error))


@require_GET
@needs("invoices.view")
def payment_history(request: HttpRequest, pk: int) -> HttpResponse:
    """The timeline of a payment, older entries by key."""
    get_object_or_404(queries.payments_visible_to(request.user), pk=pk)
    return history(request, "payment", pk, reverse("invoices:payment-history", args=[pk]))


def history(request: HttpRequest, object_type: str, pk: int, url: str) -> HttpResponse:
    """A stretch of a record's timeline."""
    before = request.GET.get("before", "")
    told_so_far = stretch(request.user, object_type, pk, before=int(before) if before.isdigit() else 0)
    more = f"{url}?before={told_so_far.older}" if told_so_far.older else ""
    template = "core/_timeline_items.html" if before else "invoices/_history.html"
    context = {"entries": told_so_far.entries, "more": more, "record": f"{object_type}:{pk}"}
    return render(request, template, context)


@require_GET
@needs("invoices.view")
def invoice_payments(request: HttpRequest, pk: int) -> HttpResponse:
    """What has been paid of an invoice, what is on its way, and which credit could be used."""
    invoice = _invoice(request, pk)
    noted = bool(definitions("payment")) and request.user.has_perm("invoices.create")
    applications = list(queries.payments_of(invoice))
    marks = accounting().document_marks("payment", [each.payment_id for each in applications if _unsettled(each)])
    living = bool(invoice.external_id) and invoice.removed_at is None and not invoice.voided and not invoice.ending
    may = living and request.user.has_perm("invoices.record_payment")
    uses = list(CreditUse.objects.filter(invoice=invoice, done_at=None).select_related("payment").order_by("pk"))
    memos = list(invoice.credit_documents.filter(removed_at=None).defer("search").order_by("-pk"))
    under_way = any(_soon(mark) for mark in marks.values()) or any(not use.refused_at for use in uses)
    context = {
        "invoice": invoice,
        "rows": [(each, marks.get(each.payment_id)) for each in applications],
        "uses": uses,
        "memos": memos,
        # Looked at again by itself; a refused credit memo waits for a person and is not asked about all the time.
        "busy": under_way or any(not memo.settled and memo.created_at > timezone.now() - SOON for memo in memos),
        "noted": noted,
        "may": may,
        "credit": credits.usable(invoice) if may and invoice.balance > 0 else None,
    }
    return render(request, "invoices/_payments.html", context)


def _soon(mark: SyncMark) -> bool:
    """Whether it may change any second; what has waited for long (QuickBooks away, read-only mode) is not asked for."""
    return mark.state in ON_ITS_WAY and (mark.since is None or timezone.now() - mark.since < SOON)


def _unsettled(application: PaymentApplication) -> bool:
    return not application.payment.external_id or bool(application.payment.ending)


def _invoice(request: HttpRequest, pk: int) -> Invoice:
    return get_object_or_404(queries.visible_to(request.user).select_related("connection", "deal"), pk=pk)


def _form(request: HttpRequest, invoice: Invoice, request_id: uuid.UUID, before: Payment | None = None) -> PaymentForm:
    return PaymentForm(
        request.POST if request.method == "POST" else None,
        invoice=invoice,
        user=request.user,
        methods=accounting().payment_methods(invoice.connection_id),
        accounts=accounting().deposit_accounts(invoice.connection_id),
        today=accounting().today(invoice.connection_id),
        request_id=request_id,
        before=before,
    )


@require_http_methods(["GET", "POST"])
@needs("invoices.record_payment")
def payment_record(request: HttpRequest, pk: int) -> HttpResponse:
    """Record a payment of an invoice and others of its customer; QuickBooks gets it, then the balances change."""
    invoice = _invoice(request, pk)
    form = _form(request, invoice, next_intent(invoice))
    return _recording(
        request, invoice, form, lambda: payments.record(form.received(), by=request.user, **_intent(form))
    )


@require_http_methods(["GET", "POST"])
@needs("invoices.record_payment")
def payment_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Record another payment in place of one that QuickBooks refused."""
    payment = get_object_or_404(queries.payments_visible_to(request.user).prefetch_related("applications"), pk=pk)
    invoice_id = next((part.invoice_id for part in payment.applications.all() if part.invoice_id), 0)
    invoice = _invoice(request, invoice_id or 0)
    form = _form(request, invoice, correction_of(payment), payment)
    act = lambda: payments.correct_payment(payment, form.received(), by=request.user, **_intent(form))  # noqa: E731
    return _recording(request, invoice, form, act)


def _intent(form: PaymentForm) -> dict[str, uuid.UUID]:
    return {"request_id": form.cleaned_data["request_id"]}


def _recording(request: HttpRequest, invoice: Invoice, form: PaymentForm, act: Callable[[], Payment]) -> HttpResponse:
    """The form, or what became of it."""
    if request.method == "POST" and form.is_valid():
        try:
            made = act()
        except (BadPayment, payments.NotDiscardable) as refused:
            form.add_error(None, str(refused))
        except IntentReused:
            form.add_error(None, _("This payment was recorded already, with other figures. Open the form again."))
        else:
            messages.success(request, _("Recorded. The balance changes as soon as QuickBooks has the payment."))
            if by_htmx(request):
                return HttpResponse(status=204, headers={"HX-Refresh": "true"})
            paid = [part.invoice_id for part in made.applications.all()]
            return redirect("invoices:invoice-detail", invoice.pk if invoice.pk in paid or not paid else paid[0])
    lines = form.lines()
    context = {"invoice": invoice, "form": form, "in_panel": by_htmx(request), "before": form.before}
    context |= {"lines": lines, "outcome": form.outcome(lines), "address": request.path}
    template = "invoices/payments/_form.html" if by_htmx(request) else "invoices/payments/form.html"
    return render(request, template, context, status=422 if form.errors else 200)


@require_POST
@needs("invoices.record_payment")
def payment_parts(request: HttpRequest, pk: int) -> HttpResponse:
    """How the typed amount is spread over the invoices, and what that comes to; nothing is recorded."""
    invoice = _invoice(request, pk)
    form = _form(request, invoice, next_intent(invoice))
    lines = form.lines(spread_again=request.GET.get("spread") == "1")
    context = {"invoice": invoice, "form": form, "lines": lines, "outcome": form.outcome(lines)}
    return render(request, "invoices/payments/_parts.html", context)


@require_POST
@needs("invoices.void")
def payment_void(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask QuickBooks to void a payment."""
    return _end(request, pk, payment_endings.void, _("It is being voided in QuickBooks."))


@require_POST
@needs("invoices.void")
def payment_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask QuickBooks to delete a payment."""
    return _end(request, pk, payment_endings.delete, _("It is being deleted in QuickBooks."))


@require_POST
@needs("invoices.void")
def payment_keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a wish to void or delete that QuickBooks refused."""
    return _end(request, pk, payment_endings.withdraw, _("It stays as it is."))


def _end(request: HttpRequest, pk: int, act: Callable[..., Any], told_then: str) -> HttpResponse:
    payment = get_object_or_404(queries.payments_visible_to(request.user), pk=pk)
    try:
        act(payment, by=request.user)
    except payment_endings.NotPossible as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, told_then)
    return redirect("invoices:payment-detail", pk)


@require_POST
@needs("invoices.record_payment")
def payment_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Give up a payment that QuickBooks refused or does not have yet."""
    payment = get_object_or_404(queries.payments_visible_to(request.user), pk=pk)
    try:
        payments.discard_payment(payment, by=request.user)
    except payments.NotDiscardable as refused:
        messages.error(request, str(refused))
        return redirect("invoices:payment-detail", pk)
    messages.success(request, _("Discarded. It counts for nothing any more."))
    invoice_id = payment.applications.exclude(invoice=None).values_list("invoice_id", flat=True).first()
    return redirect("invoices:invoice-detail", invoice_id) if invoice_id else redirect("invoices:payment-detail", pk)


@require_POST
@needs("invoices.record_payment")
def payment_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a refused payment, or what was wished of it, again."""
    payment = get_object_or_404(queries.payments_visible_to(request.user), pk=pk)
    return retried(request, "payment", payment.pk, reverse("invoices:payment-detail", args=[pk]))


def retried(request: HttpRequest, object_type: str, pk: int, page: str) -> HttpResponse:
    """Another try, and the way back to the page."""
    if mark_of(object_type, pk).state == SyncState.FAILED and accounting().retry_document(object_type, pk):
        text, level = _("Sent to QuickBooks again."), "success"
    else:
        text, level = _("This is not waiting for a retry."), "info"
    if by_htmx(request):
        return told({"invoices:changed": {}, **toast(text, level)})
    messages.add_message(request, messages.SUCCESS if level == "success" else messages.INFO, text)
    return redirect(page)


@require_POST
@needs("invoices.record_payment")
def use_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Give up using an unapplied payment that QuickBooks refused to apply."""
    use = get_object_or_404(CreditUse.objects.filter(payment__in=queries.payments_visible_to(request.user)), pk=pk)
    invoice_id = use.invoice_id
    if credits.give_up_use(use, by=request.user):
        messages.success(request, _("Given up. The payment stays as it is."))
    else:
        messages.info(request, _("This is under way or done."))
    return redirect("invoices:invoice-detail", invoice_id)
