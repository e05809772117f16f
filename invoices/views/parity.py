"""What HubSpot said of invoices beside QuickBooks': a page with filters, and as a file."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import require, require_all_records
from core.tables import sheets
from crm.models import Deal, HubspotImport
from crm.services.changes import plain
from invoices.models import HubspotMatch
from invoices.services import parity
from invoices.views.answers import needs

SHOWN = 100
Outcome = HubspotMatch.Outcome
TONES = {
    Outcome.MATCHED: ("good", "circle-check"), Outcome.STATUS: ("info", "info-circle"),
    Outcome.AMOUNT: ("warning", "alert-triangle"), Outcome.SEVERAL: ("warning", "alert-triangle"),
    Outcome.CUSTOMER: ("warning", "alert-triangle"), Outcome.UNKNOWN: ("danger", "alert-circle"),
}  # fmt: skip


def _found(request: HttpRequest, pk: int) -> HubspotImport:
    """The import that the reader may see: a person's own; those who manage users see all."""
    user: Any = request.user
    require(user, "crm.import")
    require_all_records(user)
    rows = HubspotImport.objects.all()
    batch: HubspotImport = get_object_or_404(
        rows if user.has_perm("accounts.manage") else rows.filter(owner=user.pk), pk=pk
    )
    return batch


def _rows(request: HttpRequest, batch: HubspotImport) -> "QuerySet[HubspotMatch]":
    """The outcomes that the filters let through, the worst first within the order of the file."""
    rows = HubspotMatch.objects.filter(claim__job__batch=batch).select_related("claim", "invoice")
    if (outcome := request.GET.get("outcome", "")) in Outcome.values:
        rows = rows.filter(outcome=outcome)
    if text := request.GET.get("q", "").strip():
        rows = rows.filter(
            Q(claim__number__icontains=text) | Q(claim__recipient__icontains=text) | Q(claim__customer__icontains=text)
        )
    return rows.order_by("claim_id")


@require_GET
@needs("invoices.view")
def hubspot_parity(request: HttpRequest, pk: int) -> HttpResponse:
    """What matched, what did not, and why."""
    batch = _found(request, pk)
    everything = HubspotMatch.objects.filter(claim__job__batch=batch)
    counts = dict(everything.values_list("outcome").annotate(Count("pk")).order_by())
    after = request.GET.get("after", "")
    rows = _rows(request, batch).filter(claim_id__gt=int(after) if after.isdecimal() and len(after) < 18 else 0)
    matches = list(rows[: SHOWN + 1])
    names = Deal.objects.filter(pk__in=[each.deal_id for each in matches if each.deal_id])
    deals = dict(names.values_list("pk", "name"))
    following = request.GET.copy()
    following["after"] = str(matches[SHOWN - 1].pk) if len(matches) > SHOWN else ""
    context = {
        "batch": batch, "outcome": request.GET.get("outcome", ""), "q": request.GET.get("q", ""),
        "outcomes": [
            {"value": value, "label": label, "count": counts.get(value, 0), "icon": TONES[Outcome(value)][1]}
            for value, label in Outcome.choices
        ],
        "lines": [
            {"match": each, "tone": TONES[Outcome(each.outcome)][0], "icon": TONES[Outcome(each.outcome)][1],
             "deal": deals.get(each.deal_id or 0, "")}
            for each in matches[:SHOWN]
        ],
        "next": following.urlencode() if following["after"] else "",
        "query": "&".join(f"{name}={request.GET[name]}" for name in ("outcome", "q") if request.GET.get(name)),
        "compared": bool(counts),
    }  # fmt: skip
    return render(request, "invoices/hubspot/parity.html", context)


@require_POST
@needs("invoices.view")
def hubspot_compare(request: HttpRequest, pk: int) -> HttpResponse:
    """Compare once more, now that QuickBooks may have more."""
    batch = _found(request, pk)
    if batch.state in (HubspotImport.State.DONE, HubspotImport.State.STOPPED, HubspotImport.State.FAILED):
        parity.ask(batch)
    return redirect("invoices:hubspot-parity", pk)


@require_GET
@needs("invoices.view")
def hubspot_parity_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The same as CSV, with the filters."""
    batch = _found(request, pk)
    response = StreamingHttpResponse(_lines(_rows(request, batch)), content_type=sheets.TYPES[sheets.CSV])
    response["Content-Disposition"] = f'attachment; filename="hubspot-parity-{batch.pk}.csv"'
    return response


def _lines(rows: "QuerySet[HubspotMatch]") -> Iterator[bytes]:
    heads = [
        _("Outcome"), _("Why"), _("Told by"), _("HubSpot ID"), _("Invoice number"), _("HubSpot: amount"),
        _("HubSpot: currency"), _("HubSpot: status"), _("HubSpot: due date"), _("HubSpot: recipient"),
        _("QuickBooks: total"), _("QuickBooks: currency"), _("QuickBooks: status"), _("QuickBooks: due date"),
        _("QuickBooks: customer"), _("Put on the deal"), _("Properties taken over"),
    ]  # fmt: skip
    yield (sheets.BOM + sheets.csv_lines([heads])).encode()
    for match in rows.iterator(chunk_size=500):
        claim, invoice = match.claim, match.invoice
        ours: list[Any] = [""] * 5
        if invoice is not None:
            status = invoice.get_status_display()
            ours = [invoice.total, invoice.currency, status, invoice.due_on, invoice.customer_name]
        said = [claim.amount, claim.currency, claim.status, claim.due_on, claim.recipient or claim.customer]
        cells = [
            match.get_outcome_display(), match.why, claim.get_source_display(), claim.hubspot_id, claim.number, *said,
            *ours, match.linked, match.taken_over,
        ]  # fmt: skip
        texts = [sheets.safe(cell) if isinstance(cell, str) else plain(cell) for cell in cells]
        yield sheets.csv_lines([["" if cell is None else cell for cell in texts]]).encode()
