"""How an invoice looks: QuickBooks' PDF in a frame, and the CRM's own page where QuickBooks can't be reached."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from invoices import queries
from invoices.models import Invoice
from invoices.ports import AccountingUnavailable, accounting
from invoices.views.answers import needs

# The PDF alone may be framed, by our own pages; the browser's viewer styles it inline.
PDF_POLICY = {"frame-ancestors": ["'self'"], "object-src": ["'self'"], "style-src": ["'self'", "'unsafe-inline'"]}
# The CRM's own print of an invoice holds what customers and accountants typed: nothing in it may run or call.
PRINT_POLICY = {
    "default-src": ["'none'"],
    "style-src": ["'self'"],
    "font-src": ["'self'"],
    "img-src": ["'self'"],
    "script-src": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'self'"],
    "sandbox": ["allow-same-origin", "allow-modals", "allow-popups", "allow-top-navigation-by-user-activation"],
}


def _visible(request: HttpRequest, pk: int) -> Invoice:
    return get_object_or_404(queries.visible_to(request.user).select_related("connection", "deal"), pk=pk)


@require_GET
@needs("invoices.view")
def invoice_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The preview for the side panel: QuickBooks' PDF in a frame."""
    return render(request, "invoices/_preview.html", {"invoice": _visible(request, pk), "drawer": True})


@require_GET
@xframe_options_sameorigin
@needs("invoices.view")
def invoice_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """QuickBooks' PDF of an invoice; where it can't be had the reason, above the CRM's own print.

    May be framed by our own pages.
    """
    invoice = _visible(request, pk)
    try:
        if not invoice.external_id:
            raise AccountingUnavailable(_("QuickBooks does not have this invoice yet."))
        pdf = accounting().pdf(invoice)
    except AccountingUnavailable as error:
        return _print(request, pk, reason=str(error), status=503)
    name = "".join(letter for letter in f"invoice-{invoice}" if letter.isalnum() or letter in "-_")
    kind = "attachment" if request.GET.get("download") else "inline"
    headers = {"Content-Disposition": f'{kind}; filename="{name}.pdf"', "X-Content-Type-Options": "nosniff"}
    return _under(PDF_POLICY, HttpResponse(pdf, content_type="application/pdf", headers=headers))


@require_GET
@xframe_options_sameorigin
@needs("invoices.view")
def invoice_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The invoice as the CRM knows it, on one page of paper."""
    return _print(request, pk)


def _print(request: HttpRequest, pk: int, *, reason: str = "", status: int = 200) -> HttpResponse:
    invoice = get_object_or_404(
        queries.visible_to(request.user).select_related("connection").prefetch_related("lines"), pk=pk
    )
    addresses = [
        (title, [part for part in _address(stored) if part])
        for title, stored in ((_("Bill to"), invoice.billing_address), (_("Ship to"), invoice.shipping_address))
    ]
    context = {"invoice": invoice, "reason": reason, "addresses": addresses, "taxed": invoice.tax_mode != "automatic"}
    return _under(PRINT_POLICY, render(request, "invoices/print.html", context, status=status))


def _under(policy: dict[str, list[str]], response: HttpResponse) -> HttpResponse:
    """``csp_replace`` for one answer of a view that has two kinds."""
    response._csp_replace = policy  # type: ignore[attr-defined]  # as the decorator does
    return response


def _address(stored: dict[str, str]) -> list[str]:
    lines = [stored.get(f"line{number}", "") for number in range(1, 6)]
    town = " ".join(filter(None, [stored.get("city"), stored.get("region"), stored.get("postal_code")]))
    return [*lines, town, stored.get("country", "")]
