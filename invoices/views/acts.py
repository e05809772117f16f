"""What a person does with an invoice that QuickBooks has: void it, delete it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from invoices import queries
from invoices.models import Invoice
from invoices.services import endings
from invoices.views.answers import needs


def _visible(request: HttpRequest, pk: int) -> Invoice:
    return get_object_or_404(queries.visible_to(request.user).select_related("connection", "deal"), pk=pk)


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
