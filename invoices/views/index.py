"""The index of all invoices."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from core.tables.saved import views_of
from core.tables.views import pages
from invoices.ports import AccountingUnavailable
from invoices.tables import TABLE
from invoices.views.answers import needs
from qbo_connector.models import Connection


@require_GET
@needs("invoices.view")
def invoice_list(request: HttpRequest) -> HttpResponse:
    """All invoices: search, filters, order, columns and page are in the address."""
    about = {
        "perms_create": request.user.has_perm("invoices.create"),
        "perms_connect": request.user.has_perm("qbo_connector.connect"),
        "connected": Connection.objects.exists,
    }
    try:
        return pages.index(request, "invoice", **about)
    except AccountingUnavailable as error:
        unread = {"reason": str(error), "table": TABLE, "views": views_of(TABLE, request.user, request.GET)}
        return render(request, "invoices/invoice_list.html", about | unread)
