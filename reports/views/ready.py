"""A ready report: its answer to what the address asks, as a page and as a file; keeping it with its filters."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.tables import sheets
from reports import exporting
from reports.forms.filters import FilterForm, asked_in
from reports.ready import ReadyReport, registry
from reports.services import reports
from reports.shown import shown
from reports.views.shared import VIEW, needs

EXPORT = "invoices.export"


def _report(request: HttpRequest, key: str) -> ReadyReport:
    try:
        return registry.found(key, request.user)
    except registry.NoSuchReport as unknown:
        raise Http404(key) from unknown


@require_GET
@needs(VIEW)
def ready_report(request: HttpRequest, key: str) -> HttpResponse:
    """The report with its filters, its picture and its table."""
    report, values = _report(request, key), asked_in(request.GET)
    context: dict[str, Any] = {
        "report": report,
        "form": FilterForm(values, user=request.user, asks=report.asks, by=report.by),
        "asked": urlencode(values),
        "may_export": request.user.has_perm(EXPORT),
        "shown": shown(registry.run(key, request.user, values)),
    }
    return render(request, "reports/ready/report.html", context)


@require_GET
@needs(VIEW)
def ready_export(request: HttpRequest, key: str, kind: str) -> HttpResponse:
    """The report's table as a file."""
    _report(request, key)
    if kind not in sheets.FORMATS:
        raise Http404(kind)
    if not request.user.has_perm(EXPORT):
        raise PermissionDenied(_("Your role does not let you export."))
    return exporting.response(registry.run(key, request.user, asked_in(request.GET)), kind)


@require_POST
@needs(VIEW)
def ready_keep(request: HttpRequest, key: str) -> HttpResponse:
    """Keep it with its filters as a report of one's own: to be shared, sent by e-mail, put on a dashboard."""
    report = _report(request, key)
    values = asked_in(QueryDict(request.POST.get("asked", "")))
    made = reports.create(by=request.user, name=str(report.name), definition=values, ready=key)
    messages.success(request, _("This report is kept with its filters. Nobody else sees it yet."))
    return redirect("reports:report", made.pk)
