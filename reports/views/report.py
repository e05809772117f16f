"""One report: its answer, as a page and as a file; copying and deleting it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.tables import sheets
from reports import exporting
from reports import page_queries as queries
from reports.answers import answer, may_export, with_range
from reports.definition import BadReport, read
from reports.models import Report
from reports.querying import TooMuch
from reports.ranges import RANGES
from reports.ready.registry import NoSuchReport
from reports.services import reports
from reports.shown import shown
from reports.views.building import too_much
from reports.views.shared import VIEW, needs


def _report(request: HttpRequest, pk: int) -> Report:
    return get_object_or_404(queries.visible_to(request.user), pk=pk)


def _range(request: HttpRequest) -> str:
    asked = request.GET.get("range", "")
    return asked if asked in RANGES else ""


@require_GET
@needs(VIEW)
def report_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The report with its picture and its table."""
    report, range_ = _report(request, pk), _range(request)
    context: dict[str, Any] = {
        "report": report,
        "may_change": reports.may_change(report, request.user),
        "may_export": may_export(report, request.user),
        "range": range_,
        "schedules": queries.schedules_of(report) if reports.may_change(report, request.user) else [],
    }
    try:
        context["shown"] = shown(answer(report, request.user, range_=range_))
    except (BadReport, NoSuchReport) as bad:
        context["problems"] = getattr(bad, "problems", None) or [_("You may not see what this report is about.")]
    except TooMuch:
        context |= too_much(read(with_range(report.definition, range_), request.user))
    return render(request, "reports/report.html", context)


@require_GET
@needs(VIEW)
def report_export(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The report's table as a file."""
    report = _report(request, pk)
    if kind not in sheets.FORMATS:
        raise Http404(kind)
    if not may_export(report, request.user):
        raise PermissionDenied(_("Your role does not let you export."))
    try:
        result = answer(report, request.user, range_=_range(request))
    except (BadReport, NoSuchReport, TooMuch):
        messages.error(request, _("This report can’t be exported as it stands."))
        return redirect("reports:report", report.pk)
    return exporting.response(result, kind)


@require_POST
@needs(VIEW)
def report_clone(request: HttpRequest, pk: int) -> HttpResponse:
    """A copy of one's own."""
    made = reports.clone(_report(request, pk), by=request.user)
    messages.success(request, _("This is your own copy. Nobody else sees it."))
    return redirect("reports:report" if made.ready else "reports:edit", made.pk)


@require_POST
@needs(VIEW)
def report_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete it for everybody."""
    try:
        reports.delete(_report(request, pk), by=request.user)
    except reports.ReportRefused as refused:
        raise PermissionDenied(str(refused)) from refused
    messages.success(request, _("The report was deleted."))
    return redirect("reports:list")
