"""Send an invoice by e-mail through QuickBooks, and see what became of it."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from invoices import queries
from invoices.enums import SendState
from invoices.models import Invoice, InvoiceSend
from invoices.ports import Delivery, accounting
from invoices.send_form import SendForm
from invoices.services import send
from invoices.views.answers import by_htmx, needs

SHOWN = 20


def _visible(request: HttpRequest, pk: int) -> Invoice:
    return get_object_or_404(queries.visible_to(request.user).select_related("connection", "deal"), pk=pk)


@require_http_methods(["GET", "POST"])
@needs("invoices.send")
def invoice_send(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask QuickBooks to send an invoice: to whom, with copies for whom."""
    invoice = _visible(request, pk)
    last = InvoiceSend.objects.filter(invoice=invoice).order_by("-pk").first()
    doubt = last if last is not None and last.state == SendState.DOUBTFUL else None
    initial = {"request_id": uuid.uuid4(), "recipient": invoice.recipient, "cc": invoice.cc, "bcc": invoice.bcc}
    form = SendForm(request.POST if request.method == "POST" else None, initial=initial, doubtful=doubt is not None)
    if request.method == "POST" and form.is_valid() and _sent(request, invoice, form):
        messages.success(request, _("QuickBooks sends it. This page shows as soon as it has."))
        if by_htmx(request):
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        return redirect("invoices:invoice-detail", pk)
    context = {
        "invoice": invoice, "form": form, "in_panel": by_htmx(request), "doubt": doubt,
        "refusal": "" if form.is_bound else send.refusal(invoice, despite_doubt=True),
        "again": invoice.emailed or last is not None,
    }  # fmt: skip
    template = "invoices/send/_form.html" if by_htmx(request) else "invoices/send/page.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _sent(request: HttpRequest, invoice: Invoice, form: SendForm) -> bool:
    given: dict[str, Any] = form.cleaned_data
    addresses = send.Addresses(given["recipient"], given["cc"], given["bcc"])
    despite_doubt = bool(given.get("despite_doubt"))
    try:
        send.send(invoice, addresses, request_id=given["request_id"], by=request.user, despite_doubt=despite_doubt)
    except send.BadAddress as bad:
        form.add_error(bad.field, str(bad))
    except send.NotSendable as refused:
        form.add_error(None, str(refused))
    else:
        return True
    return False


@require_GET
@needs("invoices.view")
def invoice_sends(request: HttpRequest, pk: int) -> HttpResponse:
    """The e-mails of an invoice, the newest first; the fragment asks again while one is on its way."""
    invoice = _visible(request, pk)
    sends = list(InvoiceSend.objects.filter(invoice=invoice).select_related("asked_by").order_by("-pk")[:SHOWN])
    delivery = accounting().delivery(invoice) if invoice.emailed else Delivery()
    busy = any(each.state == SendState.WAITING for each in sends)
    # One that QuickBooks sent without us.
    known = {each.sent_at for each in sends}
    there = delivery.at if delivery.at and delivery.at not in known else None
    context = {"invoice": invoice, "sends": sends, "delivery": delivery, "there": there, "busy": busy}
    response = render(request, "invoices/send/_list.html", context)
    if "busy" in request.GET and not busy:
        # Its status changed with the e-mail: the page is asked for anew.
        response["HX-Refresh"] = "true"
    return response
