"""What a person does with an invoice that QuickBooks has: record a payment, void it, delete it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from invoices import queries
from invoices.forms import PaymentForm
from invoices.models import Invoice
from invoices.ports import accounting
from invoices.services import endings, payments
from invoices.views.answers import by_htmx, needs


def _visible(request: HttpRequest, pk: int) -> Invoice:
    return get_object_or_404(queries.visible_to(request.user).select_related("connection", "deal"), pk=pk)


@require_http_methods(["GET", "POST"])
@needs("invoices.record_payment")
def payment_record(request: HttpRequest, pk: int) -> HttpResponse:
    """Record a payment of an invoice; QuickBooks gets it, and then the balance changes."""
    invoice = _visible(request, pk)
    form = PaymentForm(
        request.POST if request.method == "POST" else None,
        invoice=invoice,
        methods=list(accounting().payment_methods(invoice.connection_id)),
        today=accounting().today(invoice.connection_id),
    )
    if request.method == "POST" and form.is_valid():
        try:
            payments.record(form.received(), request_id=form.cleaned_data["request_id"], by=request.user)
        except payments.BadPayment as refused:
            form.add_error(None, str(refused))
        except payments.IntentReused:
            form.add_error(None, _("This payment was recorded already, with other figures. Open the form again."))
        else:
            messages.success(request, _("Recorded. The balance changes as soon as QuickBooks has the payment."))
            if by_htmx(request):
                return HttpResponse(status=204, headers={"HX-Refresh": "true"})
            return redirect("invoices:invoice-detail", pk)
    context = {"invoice": invoice, "form": form, "in_panel": by_htmx(request)}
    template = "invoices/_payment_form.html" if by_htmx(request) else "invoices/payment_form.html"
    return render(request, template, context, status=422 if form.errors else 200)


@require_POST
@needs("invoices.void")
def invoice_void(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask QuickBooks to void an invoice."""
    return _end(request, pk, endings.void, _("It is being voided in QuickBooks."))


@require_POST
@needs("invoices.void")
def invoice_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask QuickBooks to delete an invoice."""
    return _end(request, pk, endings.delete, _("It is being deleted in QuickBooks."))


@require_POST
@needs("invoices.void")
def invoice_keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back a wish to void or delete that QuickBooks refused."""
    return _end(request, pk, endings.withdraw, _("It stays as it is."))


def _end(request: HttpRequest, pk: int, act: Callable[..., Any], told: str) -> HttpResponse:
    invoice = _visible(request, pk)
    try:
        act(invoice, by=request.user)
    except endings.NotPossible as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, told)
    return redirect("invoices:invoice-detail", pk)
