"""Bills of vendors: the list, the page, its history. Nothing is changed here."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from core import registry
from core.tables.views import pages
from invoices import bills
from invoices.ports import accounting
from invoices.views.answers import needs
from invoices.views.payments import history
from qbo_connector.models import Connection


@require_GET
@needs("invoices.view")
def bill_list(request: HttpRequest) -> HttpResponse:
    """All bills."""
    return pages.index(request, "bill", connected=Connection.objects.exists)


@require_GET
@needs("invoices.view")
def bill_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of a bill; its tasks and history come as fragments."""
    bill = get_object_or_404(bills.visible_to(request.user).select_related("connection"), pk=pk)
    today = accounting().today(bill.connection_id)
    context = {
        "bill": bill,
        "state": bills.state_of(bill),
        "overdue": not bill.paid and bill.due_on is not None and bill.due_on < today,
        "cards": registry.cards_for("bill", request.user),
    }
    return render(request, "invoices/payments/bill_detail.html", context)


@require_GET
@needs("invoices.view")
def bill_history(request: HttpRequest, pk: int) -> HttpResponse:
    """The timeline of a bill, older entries by key."""
    get_object_or_404(bills.visible_to(request.user), pk=pk)
    return history(request, "bill", pk, reverse("invoices:bill-history", args=[pk]))
