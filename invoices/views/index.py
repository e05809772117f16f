"""The index of all invoices, and the sums of what is filtered."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.properties.lists import columns_for
from invoices import queries
from invoices.enums import InvoiceStatus
from invoices.ports import AccountingUnavailable
from invoices.views.answers import needs

TABS = (
    InvoiceStatus.WAITING,
    InvoiceStatus.SENT,
    InvoiceStatus.PARTIAL,
    InvoiceStatus.OVERDUE,
    InvoiceStatus.PAID,
    InvoiceStatus.VOIDED,
)


@dataclass(frozen=True)
class Tab:
    """A tab over the list: one status."""

    label: str
    href: str
    current: bool


def tabs(query: QueryDict) -> list[Tab]:
    """All, and one tab for each status; the other filters of the address stay."""
    chosen = [value for value in query.getlist("status") if value]

    def address(status: str) -> str:
        changed = query.copy()
        changed.pop("cursor", None)
        changed.pop("status", None)
        if status:
            changed["status"] = status
        return f"?{changed.urlencode()}" if changed else "?"

    first = Tab(_("All"), address(""), not chosen)
    return [first, *(Tab(str(status.label), address(status), chosen == [status]) for status in TABS)]


@require_GET
@needs("invoices.view")
def invoice_list(request: HttpRequest) -> HttpResponse:
    """All invoices: search, filters, order and page are in the address."""
    try:
        listing = queries.listing(request.user, request.GET)
    except AccountingUnavailable as error:
        unread = {"reason": str(error), "tabs": tabs(request.GET)}
        return render(request, "invoices/invoice_list.html", unread)
    companies, owners = queries.filter_choices()
    columns = columns_for(request.user, "invoice", request.GET)
    columns.read([row.invoice for row in listing.rows])
    context: dict[str, Any] = {
        "listing": listing,
        "columns": columns,
        "tabs": tabs(request.GET),
        "statuses": InvoiceStatus.choices,
        "companies": companies if len(companies) > 1 else [],
        "owners": owners,
        "connected": bool(companies),
        "ranges": {name: next(iter(listing.chosen.get(name, [])), "") for name in queries.RANGES},
        "perms_create": request.user.has_perm("invoices.create"),
        "perms_connect": request.user.has_perm("qbo_connector.connect"),
        "address": request.GET.urlencode(),
    }
    return render(request, "invoices/invoice_list.html", context)


@require_GET
@needs("invoices.view")
def invoice_sums(request: HttpRequest) -> HttpResponse:
    """Number, total and balance of what is filtered, by currency: loaded after the rows."""
    try:
        sums = queries.sums(request.user, request.GET)
    except queries.TooManyToSum:
        return render(request, "invoices/_sums.html", {"too_many": True})
    return render(request, "invoices/_sums.html", {"sums": sums})
